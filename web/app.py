"""The web application: its routes, its middlewares and what it opens and closes. Running it as a server is in serving.py."""

from collections.abc import Iterable
from datetime import UTC, datetime

from aiohttp import web

from matcher.config import Config
from matcher.database import Database
from matcher.domain.route_policy import IMPORT_BYTES, check_routes
from matcher.routing import Router
from web import (
    check_in_pages,
    coordinator_answer_pages,
    coordinator_contact_pages,
    coordinator_meeting_date_pages,
    coordinator_meeting_edit_pages,
    coordinator_meeting_pages,
    coordinator_pages,
    coordinator_planning_pages,
    coordinator_referral_pages,
    coordinator_roster_always_pages,
    coordinator_roster_edit_pages,
    coordinator_roster_import_pages,
    coordinator_roster_pages,
    coordinator_roster_state_pages,
    coordinator_settle_pages,
    coordinator_source_pages,
    coordinator_source_trying_pages,
    finder_files,
    finder_pages,
    finder_room_pages,
    follow_up_pages,
    health_pages,
    keyworker_afterwards_pages,
    keyworker_amend_pages,
    keyworker_choosing_pages,
    keyworker_next_pages,
    keyworker_pages,
    keyworker_referral_pages,
    keyworker_ringing_pages,
    keyworker_sending_pages,
    keyworker_status_pages,
    keyworker_widening_pages,
    meeting_paper,
    meeting_report_pages,
    newcomer_pages,
    pause_pages,
    public_pages,
    sign_in_pages,
    volunteer_answer_pages,
    volunteer_pages,
)
from web.access import know_actor
from web.form_guard import MOST_FIELDS, check_form, check_host
from web.pages import setup_templates
from web.problem_pages import answer_kindly
from web.safe_headers import add_headers
from web.surroundings import CLOCK, CONFIG, DATABASE, EXTRAS, Clock, Extras
from web.travel_times import ROUTER

PAGES = (
    public_pages,
    finder_files,
    finder_pages,
    finder_room_pages,
    meeting_paper,
    health_pages,
    sign_in_pages,
    keyworker_pages,
    keyworker_referral_pages,
    keyworker_choosing_pages,
    keyworker_sending_pages,
    keyworker_status_pages,
    keyworker_widening_pages,
    keyworker_ringing_pages,
    keyworker_amend_pages,
    keyworker_afterwards_pages,
    keyworker_next_pages,
    volunteer_answer_pages,
    volunteer_pages,
    check_in_pages,
    follow_up_pages,
    pause_pages,
    newcomer_pages,
    meeting_report_pages,
    coordinator_pages,
    coordinator_planning_pages,
    coordinator_referral_pages,
    coordinator_answer_pages,
    coordinator_settle_pages,
    coordinator_contact_pages,
    coordinator_roster_pages,
    coordinator_roster_edit_pages,
    coordinator_roster_always_pages,
    coordinator_roster_state_pages,
    coordinator_roster_import_pages,
    coordinator_meeting_pages,
    coordinator_meeting_edit_pages,
    coordinator_meeting_date_pages,
    coordinator_source_pages,
    coordinator_source_trying_pages,
)
"""The modules of pages, one or more for each audience. Each has `routes: list[web.RouteDef]`, every route named as in route_policy.py."""


def machine_clock() -> datetime:
    """The time of this machine: what every page and action is given, except in the demo."""
    return datetime.now(UTC)


def create_app(
    config: Config,
    database: Database,
    clock: Clock = machine_clock,
    *,
    more_routes: Iterable[web.RouteDef] = (),
    extras: Iterable[Extras] = (),
) -> web.Application:
    """Put the application together. `more_routes` and `extras` are the demo's doors: without it they do not exist.

    Raises Misconfigured where a route has no name or no line in route_policy.py.
    """
    app = web.Application(
        middlewares=[answer_kindly, check_host, know_actor, check_form], client_max_size=IMPORT_BYTES, client_max_fields=MOST_FIELDS
    )
    app[CONFIG], app[DATABASE], app[CLOCK], app[EXTRAS] = config, database, clock, list(extras)
    app[ROUTER] = Router(config.routing)
    setup_templates(app)
    for pages in PAGES:
        app.add_routes(pages.routes)
    app.add_routes(more_routes)
    check_routes(route.resource.name if route.resource is not None else None for route in app.router.routes())
    app.on_response_prepare.append(add_headers)
    return app
