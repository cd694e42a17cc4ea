"""Every part of a page in every state is whole HTML: each input has its label, each id is one, nothing is unquoted or inline."""

import re
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest
from specimen import LONG, PARTS, STATES, specimen_page

from web.forms import Form, Problem
from web.pages import TEMPLATES, make_environment

VOID = {"meta", "link", "input", "br", "hr", "img", "rect", "circle", "path", "use"}
VOID_IN_HTML = VOID - {"rect", "circle", "path", "use"}
PAGES = make_environment()


class Reading(HTMLParser):
    """Reads a page once: unbalanced tags, ids, labels, inputs, headings and anything inline."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.inputs: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.links: list[str] = []
        self.refers: set[str] = set()
        self.lang = ""
        self.feed(html)
        self.wrong += self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if len(has) != len(attrs):
            self.wrong.append(f"{tag} repeats an attribute")
        if tag not in VOID_IN_HTML:
            self.open.append(tag)
        self.ids += [has["id"] or ""] if "id" in has else []
        self.wrong += [f"{tag} {name}" for name in has if name == "style" or name.startswith("on")]
        if tag in ("style", "script") and not has.get("src"):
            self.wrong.append(f"inline {tag}")
        if tag == "html":
            self.lang = has.get("lang") or ""
        if tag == "label":
            self.labels.add(has.get("for") or "")
        if tag in ("input", "select", "textarea") and has.get("type") != "hidden":
            self.inputs.append(has)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag == "a":
            self.links.append(has.get("href") or "")
        for name in ("aria-describedby", "aria-labelledby"):
            self.refers |= set((has.get(name) or "").split())

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID_IN_HTML:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("part", PARTS)
def test_every_part_in_every_state_is_whole_html(part: str, state: str) -> None:
    html = specimen_page(part, state, PAGES)
    page = Reading(html)
    assert page.wrong == []
    assert sorted(set(page.ids)) == sorted(page.ids)
    assert page.headings.count("h1") == 1 and page.lang == "en"
    assert [has for has in page.inputs if has.get("id") not in page.labels] == []
    assert page.refers <= set(page.ids), "every description that is named is there"
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert not re.search(r"<[a-z][^>]*\s[\w-]+=[^\"\s>]", re.sub(r"\"[^\"]*\"", '""', html)), "every attribute is quoted"
    assert not re.search(r"\s[a-z-]+=\"[^\"]*\"[a-z]", html), "attributes stand apart"


@pytest.mark.parametrize("part", ["question", "single", "contact", "options"])
def test_a_form_that_came_back_says_so_first_and_at_each_field(part: str) -> None:
    html = specimen_page(part, "wrong", PAGES)
    assert "<title>Error: Specimen" in html
    assert html.index("data-errors") < html.index("<form method")
    summary = html[html.index("data-errors") : html.index("<form method")]
    for name in re.findall(r'<a href="#([\w-]+)"', summary):
        assert f'id="{name}-error"' in html
    assert "Error:" not in specimen_page(part, "answered", PAGES)


def test_nothing_is_chosen_before_somebody_chooses() -> None:
    for part in PARTS:
        html = specimen_page(part, "empty", PAGES)
        assert '" checked' not in html and '" selected' not in html


def test_answers_come_back_as_they_were_given() -> None:
    html = specimen_page("contact", "answered", PAGES)
    assert 'value="noor@example.org"' in html and 'value="email" checked' in html and 'value="south" selected' in html
    assert ">\n\nWent once.\nDid not stay.</textarea>" in html, "a first empty line is kept: browsers drop one line feed"
    assert specimen_page("options", "answered", PAGES).count('" checked') == 4


def test_answers_and_names_are_escaped_everywhere() -> None:
    nasty = "<script>\"'&{{7*7}}"
    form = Form(dict.fromkeys(("name_used", "experience_note", "provider_ref"), nasty), {"name_used": Problem("too_long", {"most": nasty})})
    for part in PARTS:
        html = specimen_page(part, "answered", PAGES, form=form, long=nasty, rows=[[nasty, nasty, nasty, nasty]])
        assert "<script>" not in html and "49" not in re.findall(r"\{\{.*?\}\}", html)
        assert Reading(html).wrong == []


def test_optional_questions_say_so_and_no_asterisk_does() -> None:
    html = specimen_page("contact", "empty", PAGES)
    assert html.count("(optional)") == 4 and "*" not in re.sub(r"<[^>]*>", "", html)


def test_nothing_about_newcomers_is_filled_in_by_the_browser() -> None:
    for part in PARTS:
        for has in Reading(specimen_page(part, "answered", PAGES)).inputs:
            assert has.get("autocomplete") in ("off", "one-time-code") or has["type"] == "file", has


def test_a_long_list_keeps_its_heads_on_every_card() -> None:
    html = specimen_page("roster", "long", PAGES)
    assert html.count('data-label="State"') == 200 and LONG in html


def test_pages_of_a_list_show_where_one_is() -> None:
    html = specimen_page("roster", "long", PAGES)
    assert re.findall(r"</span>(\d+)</a>", html) == ["1", "5", "6", "7", "12"]
    assert 'href="/roster?page=6" aria-current="page"' in html and html.count("…") == 2


def test_the_frame_holds_its_promises_without_any_context() -> None:
    bare = PAGES.from_string('{% extends "layout.html" %}{% block main %}<h1>Hello</h1>{% endblock %}').render()
    page = Reading(bare)
    assert page.wrong == [] and "not part of, or endorsed by, any fellowship" in bare
    assert {"/privacy", "/accessibility", "/about", "/complaints", "#main"} <= set(page.links)
    assert "data-exit" not in bare and "Sign out" not in bare


def test_a_forgotten_value_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(jinja2.UndefinedError):
        PAGES.from_string('{% extends "layout.html" %}{% block main %}{{ nobody_gave_this }}{% endblock %}').render()


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_templates_never_turn_escaping_off(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe|Markup|autoescape|style=|\son[a-z]+=", source)
    assert PAGES.get_template(str(path.relative_to(TEMPLATES)))


def test_every_macro_says_how_it_is_called() -> None:
    for name in ("fields.html", "pieces.html", "words.html"):
        source = (TEMPLATES / "parts" / name).read_text(encoding="utf-8")
        documented = set(re.findall(r"{[#{%][^}]*?\b(\w+)\(", " ".join(re.findall(r"{#.*?#}", source, re.S))))
        assert set(re.findall(r"{% macro (\w+)", source)) - documented <= {"caption", "beneath", "described", "choices"}


def luminance(colour: str) -> float:
    full = colour if len(colour) == 7 else "#" + "".join(2 * c for c in colour[1:])
    channels = [int(full[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_colour_can_be_read_on_every_ground_it_stands_on(dark: bool) -> None:
    css = (TEMPLATES.parent / "static/alongside.css").read_text(encoding="utf-8")
    roots = re.findall(r":root \{(.*?)\}", css, re.S)
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", roots[0] + (roots[1] if dark else "")))
    for ground in ("paper", "raised", "sunk"):
        assert contrast(tokens["ink"], tokens[ground]) >= 7
        for text in ("quiet", "brand", "good", "warn", "bad"):
            assert contrast(tokens[text], tokens[ground]) >= 4.5, (text, ground)
        assert contrast(tokens["edge"], tokens[ground]) >= 3, ground
    for state in ("good", "warn", "bad", "brand"):
        assert contrast(tokens[state], tokens[f"{state}-soft"]) >= 4.5, state
    assert contrast(tokens["on-brand"], tokens["brand"]) >= 4.5 and contrast(tokens["paper"], tokens["bad"]) >= 4.5
    assert contrast(tokens["quiet"], tokens["brand-soft"]) >= 4.5 and contrast(tokens["ink"], tokens["brand-soft"]) >= 7
