"""Every part of a page in every state, for the tests that look at HTML and for those that open a browser. No such page is served."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, Template
from markupsafe import Markup

from web.forms import Form, Problem
from web.pages import make_environment

PARTS = ("question", "single", "contact", "options", "status", "check", "done", "home", "roster", "mailbox")
STATES = ("empty", "answered", "wrong", "long")
LONG = "Oluwaseun-Anastasia Featherstonehaugh-Llanfairpwllgwyngyll"
_ANSWERS: dict[str, str | list[str]] = {
    "who_for": "affected",
    "age_ok": "adult",
    "name_used": "Noor",
    "provider_ref": "HRB-0142",
    "answer": "later",
    "channels": ["email"],
    "email": "noor@example.org",
    "code": "123456",
    "experience_note": "\nWent once.\nDid not stay.",
    "minutes": "45",
    "earliest": "2026-11-26",
    "starts": "19:30",
    "area": "south",
    "consent_tell": "yes",
    "when": ["mon-morning", "thu-evening"],
    "options": ["m1", "m2"],
}
_WRONG = {
    "": Problem("unknown_field"),
    "who_for": Problem("empty"),
    "age_ok": Problem("empty"),
    "name_used": Problem("too_long", {"most": 40}),
    "provider_ref": Problem("nhs_number"),
    "answer": Problem("empty"),
    "channels": Problem("too_few", {"least": 1}),
    "email": Problem("two_addresses"),
    "phone": Problem("not_a_number_to_ring"),
    "code": Problem("not_a_code", {"digits": 6}),
    "experience_note": Problem("bidi"),
    "minutes": Problem("too_big", {"most": 90}),
    "fare": Problem("too_small", {"least": 0}),
    "earliest": Problem("not_a_date"),
    "starts": Problem("not_a_time"),
    "area": Problem("empty"),
    "file": Problem("too_long"),
    "consent_tell": Problem("empty"),
    "when": Problem("empty"),
    "options": Problem("too_many", {"most": 3}),
}
_ASKED = {
    "question": ("who_for", "age_ok", "name_used", "provider_ref"),
    "single": ("answer",),
    "contact": (
        "channels",
        "email",
        "phone",
        "code",
        "experience_note",
        "minutes",
        "fare",
        "earliest",
        "starts",
        "area",
        "file",
        "consent_tell",
    ),
    "options": ("when", "options"),
}


def specimen_page(part: str, state: str, environment: Environment | None = None, **more: Any) -> str:
    """One specimen page as HTML: a part of PARTS in a state of STATES."""
    pages = environment or _plain()
    return _template(pages).render({**specimen_context(part, state, pages), **more})


@cache
def _plain() -> Environment:
    return make_environment()


@cache
def _template(pages: Environment) -> Template:
    return pages.from_string((Path(__file__).parent / "specimen.html").read_text(encoding="utf-8"))


def specimen_context(part: str, state: str, pages: Environment) -> dict[str, Any]:
    values = (
        {}
        if state == "empty"
        else {name: [LONG] if isinstance(v, list) else LONG for name, v in _ANSWERS.items()}
        if state == "long"
        else _ANSWERS
    )
    wrong = {name: _WRONG[name] for name in ("", *_ASKED[part])} if state == "wrong" and part in _ASKED else {}
    tag = pages.get_template("parts/words.html").make_module({}).tag
    name = LONG if state == "long" else "Tom"
    rows = [[f"{name} {number}", "Alcoholics Anonymous", tag("Ready", "good"), number] for number in range(200 if state == "long" else 3)]
    return {
        "part": part,
        "form": Form(values=values, errors=wrong, kind="Specimen"),
        "long": LONG if state == "long" else "",
        "rows": rows if state != "empty" else [],
        "here": 6 if state == "long" else 1,
        "nav": [
            {"href": "/", "text": "Today", "here": True},
            {"href": "/referrals", "text": "My referrals"},
            {"href": "/meetings", "text": "Meetings"},
        ],
        "back": "/back",
        "exit_to": "/exit" if part == "single" else "",
        "sign_out": {"action": "/sign-out", "token": "t", "nonce": "n", "who": "Priya, Harbour"},
        "escaped": Markup(""),
    }
