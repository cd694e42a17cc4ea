"""Reads a page as a browser would: its forms, links, headings and words; and what every page of ours must be."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
HIDDEN = {"hidden", "submit", "button"}


@dataclass
class SeenField:
    """One control of a form. `values`: what a choice offers, else the value it holds."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)


@dataclass
class SeenForm:
    """One form with what it would send if nothing more was done."""

    action: str
    method: str
    enctype: str
    fields: dict[str, SeenField] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, value and text of each button."""


class SeenPage(HTMLParser):
    """One page. `faults` holds everything that no page of ours may be."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.forms: list[SeenForm] = []
        self.links: list[tuple[str, str]] = []
        self.headings: list[tuple[str, str]] = []
        self.title = self.lang = ""
        self.words: list[str] = []
        self._open: list[str] = []
        self._ids: list[str] = []
        self._labels: set[str] = set()
        self._inputs: list[dict[str, str]] = []
        self._refers: set[str] = set()
        self._collect: list[str] | None = None
        self._select: SeenField | None = None
        self._button: tuple[str, str] | None = None
        self.feed(html)
        self.close()
        self._judge()

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words)).strip()

    @property
    def h1(self) -> str:
        return next((text for tag, text in self.headings if tag == "h1"), "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if len(has) != len(attrs):
            self.faults.append(f"<{tag}> repeats an attribute")
        if tag not in VOID:
            self._open.append(tag)
        if "id" in has:
            self._ids.append(has["id"])
        self.faults += [f"<{tag} {name}>: inline" for name in has if name == "style" or name.startswith("on")]
        if tag in ("style", "script") and not has.get("src", "").startswith("/static/"):
            self.faults.append(f"inline <{tag}>")
        for name in ("src", "href"):
            foreign = tag in ("img", "script", "link", "iframe") and not has.get(name, "/").startswith(("/", "#"))
            self.faults += [f"<{tag} {name}>: from elsewhere"] if foreign else []
        for name in ("aria-describedby", "aria-labelledby"):
            self._refers |= set(has.get(name, "").split())
        self._note(tag, has)
        if tag in ("title", "h1", "h2", "h3", "a", "button", "textarea", "legend"):
            self._collect = []

    def _note(self, tag: str, has: dict[str, str]) -> None:
        if tag == "html":
            self.lang = has.get("lang", "")
        elif tag == "label":
            self._labels.add(has.get("for", ""))
        elif tag == "a":
            self.links.append((has.get("href", ""), ""))
        elif tag == "form":
            self.forms.append(SeenForm(has.get("action", ""), has.get("method", "get").lower(), has.get("enctype", "")))
        elif tag == "button" and self.forms:
            self._button = (has.get("name", ""), has.get("value", ""))
        elif tag in ("input", "select", "textarea"):
            self._note_control(tag, has)
        elif tag == "option" and self._select is not None:
            self._select.values.append(has.get("value", ""))
            if "selected" in has:
                self._select.chosen.append(has.get("value", ""))

    def _note_control(self, tag: str, has: dict[str, str]) -> None:
        kind = has.get("type", "text") if tag == "input" else tag
        if kind not in HIDDEN:
            self._inputs.append(has)
        if not self.forms or not has.get("name"):
            return
        seen = self.forms[-1].fields.setdefault(has["name"], SeenField(has["name"], kind))
        if kind in ("radio", "checkbox"):
            seen.values.append(has.get("value", "on"))
            seen.chosen += [has.get("value", "on")] if "checked" in has else []
        elif kind == "select":
            self._select = seen
        else:
            seen.chosen = [has.get("value", "")] if kind != "textarea" else []

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.faults.append(f"</{tag}> does not close {self._open[-1:]}")
        else:
            self._open.pop()
        said = re.sub(r"\s+", " ", "".join(self._collect or [])).strip()
        if tag == "title":
            self.title = said
        elif tag in ("h1", "h2", "h3"):
            self.headings.append((tag, said))
        elif tag == "a" and self.links:
            self.links[-1] = (self.links[-1][0], said)
        elif tag == "button" and self._button is not None and self.forms:
            self.forms[-1].buttons.append((*self._button, said))
            self._button = None
        elif tag == "textarea" and self.forms:
            last = list(self.forms[-1].fields.values())[-1]
            last.chosen = ["".join(self._collect or []).removeprefix("\n")]
        elif tag == "select":
            self._select = None
        if tag in ("title", "h1", "h2", "h3", "a", "button", "textarea", "legend") and tag not in ("a", "button"):
            self._collect = None

    def handle_data(self, data: str) -> None:
        if self._collect is not None:
            self._collect.append(data)
        if "main" in self._open and not {"script", "style"} & set(self._open):
            self.words.append(data)

    def _judge(self) -> None:
        self.faults += [f"<{tag}> stays open" for tag in self._open]
        if not self.lang:
            self.faults.append("no language is said")
        if not self.title:
            self.faults.append("no title")
        if [tag for tag, _ in self.headings].count("h1") != 1:
            self.faults.append(f"{[text for tag, text in self.headings if tag == 'h1']} for one h1")
        self.faults += [f"id {one!r} is there twice" for one in {one for one in self._ids if self._ids.count(one) > 1}]
        self.faults += [f"{one!r} is referred to and not there" for one in self._refers - set(self._ids)]
        for has in self._inputs:
            if has.get("id") not in self._labels and "aria-label" not in has and "aria-labelledby" not in has:
                self.faults.append(f"the input {has.get('name')!r} has no label")
