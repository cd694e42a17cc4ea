"""What somebody typed about a meeting, made fit to be kept: ways in apart from public text, links and numbers read as those of a feed are."""

from collections.abc import Mapping
from typing import Any

from matcher.domain.errors import Invalid
from matcher.domain.feed_issue import IssueCode
from matcher.domain.meeting import JoinDetails
from matcher.feeds.reading_online import read_link, read_phone
from matcher.feeds.separating_secrets import separate

PUBLIC_TEXTS = ("name", "venue", "address", "notes", "location_notes", "travel_notes")


def tidy_typed(values: Mapping[str, Any], secrets: Mapping[str, str | None]) -> tuple[dict[str, Any], dict[str, str]]:
    """Public values and ways in. `secrets`: meeting_id and passcode as typed into their own fields. Raises Invalid by field.

    A passcode inside a link or a note goes to the ways in; telephone numbers, addresses of people and bank details are taken out.
    """
    tidy = dict(values)
    joins = {name: value for name, value in secrets.items() if value}
    errors: dict[str, str] = {}
    for name in PUBLIC_TEXTS:
        if tidy.get(name):
            parted = separate(tidy[name], contacts_too=name != "address")
            tidy[name] = parted.text or None
            joins = _kept(parted.joins) | joins
    if tidy.get("conference_url"):
        link = read_link(tidy["conference_url"])
        if link.fault is IssueCode.INVALID_URL or link.url is None:
            errors["conference_url"] = "not_a_link"
        tidy["conference_url"] = link.url
        joins |= {"full_link": link.full_link} if link.full_link else {}
    if tidy.get("conference_phone"):
        phone = read_phone(tidy["conference_phone"])
        if phone.phone is None:
            errors["conference_phone"] = "not_a_number_to_ring"
        tidy["conference_phone"] = phone.phone
        joins |= {"dial_in": phone.dial_in} if phone.dial_in else {}
    if not tidy.get("name", "unchanged"):
        errors["name"] = "empty"
    if errors:
        raise Invalid(errors)
    return tidy, joins


def _kept(joins: JoinDetails) -> dict[str, str]:
    parts = {name: getattr(joins, name) for name in ("meeting_id", "passcode", "dial_in", "full_link")}
    return {name: value for name, value in parts.items() if value}
