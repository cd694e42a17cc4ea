"""The policy table and the pages agree: every route has its line, every line its route, and the check a line names is one that its page asks."""

import ast
import inspect
from functools import cache, partial
from pathlib import Path
from types import FunctionType
from typing import Any

from aiohttp import web

from matcher.domain import permission
from matcher.domain.route_policy import ANYBODY, POLICY, check_routes
from web import app as site_app
from web.pages import static_file

WEB = Path(site_app.__file__).parent
DEMO = ("demo.",)


def all_routes() -> list[web.RouteDef]:
    return [route for pages in site_app.PAGES for route in pages.routes]


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    return [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.Name, ast.Attribute, ast.ImportFrom))
    ]


def functions_in(handler: Any) -> list[FunctionType]:
    """A handler's own function, and those it was wrapped around."""
    plain = handler.func if isinstance(handler, partial) else handler
    assert isinstance(plain, FunctionType)
    held = [cell.cell_contents for cell in plain.__closure__ or ()]
    return [plain, *(inner for one in held if isinstance(one, FunctionType) for inner in functions_in(one))]


def reached_words(handler: Any) -> set[str]:
    """Every name used by the handler's module, and by the modules of web and matcher.actions that it imports from."""
    todo, seen, words = [Path(inspect.getfile(function)) for function in functions_in(handler)], set[Path](), set[str]()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for node in nodes_of(path):
            if isinstance(node, ast.Name):
                words.add(node.id)
            elif isinstance(node, ast.Attribute):
                words.add(node.attr)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("web.", "matcher.actions")):
                near = WEB.parent / ((node.module or "").replace(".", "/") + ".py")
                todo += [near] if near.is_file() else []
    return words


def test_every_route_has_a_line_and_every_line_a_route() -> None:
    names = {str(route.kwargs.get("name")) for route in all_routes()} | {"static"}
    check_routes(names)
    assert {name for name in POLICY if not name.startswith(DEMO)} == names
    assert inspect.iscoroutinefunction(static_file)


def test_the_check_that_a_line_names_exists_and_its_pages_ask_it() -> None:
    wrong = []
    for route in all_routes():
        policy = POLICY[str(route.kwargs["name"])]
        if policy.check and not (hasattr(permission, policy.check) and policy.check in reached_words(route.handler)):
            wrong.append(f"{route.kwargs['name']}: {policy.check}")
    assert wrong == []


def test_what_changes_something_is_open_to_everybody_only_where_it_is_meant_to_be() -> None:
    open_posts = {
        str(route.kwargs["name"]) for route in all_routes() if route.method != "GET" and POLICY[str(route.kwargs["name"])].kinds == ANYBODY
    }
    at_links = {name for name in open_posts if name.startswith("link.")}
    assert open_posts - at_links == {"public.csp", "sign_in.ask", "sign_in.code", "sign_in.out"}
    assert all(POLICY[name].check for name in at_links), "a link opens its one thing, and its page asks whether it does"
    assert {name for name, policy in POLICY.items() if policy.own_capability} == {"public.csp", "link.pause"}


def test_no_page_is_made_outside_web_app() -> None:
    """A module with routes that the application does not know would be a page nobody has looked at."""
    with_routes = {
        path.stem
        for path in WEB.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == "routes"
    }
    known = {pages.__name__.removeprefix("web.") for pages in site_app.PAGES}
    assert {name for name in with_routes - known if not name.startswith("demo")} == set()
