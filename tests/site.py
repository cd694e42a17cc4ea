"""The site as a browser meets it: a real server on 127.0.0.1, its forms filled in and followed, every answer inspected."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as MAIL
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import asyncpg
from aiohttp import web

from matcher.config import Config
from matcher.database import Database
from matcher.domain.sealed import PersonKey, Sealed
from tests.people import People, Person
from tests.reading_html import SeenForm, SeenPage
from web.app import create_app
from web.serving import serving

Answers = Mapping[str, str | bool | Sequence[str]]
ON_EVERY_ANSWER = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; report-uri /csp",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass
class TestClock:
    """The time the site is told. It stands still until a test moves it."""

    __test__ = False
    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        """Move on: `clock.forward(minutes=15)`."""
        self.now += timedelta(**by)
        return self.now


@dataclass(frozen=True)
class Seen:
    """One answer of the site. `page` is None for what is no HTML."""

    status: int
    path: str
    headers: Mapping[str, str]
    body: bytes
    page: SeenPage | None

    @property
    def text(self) -> str:
        """The words of the main part, or the whole body of what is no page."""
        return self.page.text if self.page else self.body.decode()

    def names(self, word: str) -> bool:
        """Whether the answer holds this word anywhere, what is not shown too; by itself, for a random token may well have it inside."""
        return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", self.body.decode()) is not None

    def form(self, action: str = "") -> SeenForm:
        """The page's own form, or the one whose address holds `action`."""
        assert self.page is not None
        forms = [form for form in self.page.forms if form.action != "/sign-out" or action == "/sign-out"]
        found = [form for form in forms if action in (form.action or self.path)]
        assert len(found) == 1, f"{len(found)} forms for {action!r} on {self.path}: {[form.action for form in forms]}"
        return found[0]


@dataclass(frozen=True)
class SeenLetter:
    """A letter in the outbox, opened as only its receiver will."""

    kind: str
    to: str
    subject: str
    text: str
    html: str
    links: list[str]
    state: str
    message: EmailMessage


class Browser:
    """One browser: its cookies and the pages it opens. `inspects` may be turned off for answers that are wrong on purpose."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.jar = aiohttp.CookieJar(unsafe=True)
        self._web = aiohttp.ClientSession(cookie_jar=self.jar)
        self.here: Seen | None = None

    async def get(self, path: str, *, follow: bool = True, status: int | None = 200, headers: Mapping[str, str] | None = None) -> Seen:
        """Open a page. `status` is what it must answer in the end; None for anything."""
        return await self.ask("GET", path, follow=follow, status=status, headers=headers)

    async def submit(
        self,
        seen: Seen,
        answers: Answers | None = None,
        *,
        action: str = "",
        button: str = "",
        status: int | None = 200,
        follow: bool = True,
    ) -> Seen:
        """Fill in a form of a page and send it. Answers must be among those the page offers; True ticks a single box, False clears it."""
        form = seen.form(action)
        sent = filled(form, answers or {}, button)
        target = form.action or seen.path
        body: Any = sent
        if form.enctype == "multipart/form-data":
            body = aiohttp.FormData(quote_fields=False)
            for name, value in sent:
                body.add_field(name, value, filename="sheet.csv" if form.fields[name].kind == "file" else None)
        if form.method == "get":
            return await self.ask("GET", target, params=sent, status=status, follow=follow)
        return await self.ask("POST", target, data=body, status=status, follow=follow, headers=from_own_page(self.base_url))

    async def ask(
        self,
        method: str,
        path: str,
        *,
        follow: bool = True,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        **sent: Any,
    ) -> Seen:
        """Send anything. Redirects are followed as a browser does, each answer inspected."""
        answer = await self._once(method, path, headers, **sent)
        hops = 0
        while follow and answer.status in (301, 302, 303, 307, 308):
            hops += 1
            assert hops < 5, f"{path} leads round in circles"
            target = urlsplit(urljoin(self.base_url + answer.path, answer.headers["Location"]))
            assert f"{target.scheme}://{target.netloc}" == self.base_url, f"{path} leads away to {target.netloc}"
            answer = await self._once("GET", target.path + (f"?{target.query}" if target.query else ""), headers=None)
        assert status is None or answer.status == status, f"{method} {path}: {answer.status} {answer.text[:400]}"
        self.here = answer
        return answer

    async def _once(self, method: str, path: str, headers: Mapping[str, str] | None, **sent: Any) -> Seen:
        async with self._web.request(method, self.base_url + path, allow_redirects=False, headers=headers, **sent) as response:
            body = await response.read()
            is_page = response.content_type == "text/html" and method != "HEAD"
            seen = Seen(response.status, path, response.headers, body, SeenPage(body.decode()) if is_page else None)
        inspect(seen)
        return seen

    async def close(self) -> None:
        """End it, as when the window is closed."""
        await self._web.close()


@dataclass
class Site:
    """The running site, its database and one browser of its own."""

    config: Config
    db: Database
    clock: TestClock
    app: web.Application
    people: People
    connection: asyncpg.Connection
    browsers: list[Browser] = field(default_factory=list)

    @property
    def browser(self) -> Browser:
        """The browser that `get`, `submit` and `sign_in` use."""
        return self.browsers[0]

    def new_browser(self) -> Browser:
        """Somebody else's browser, with no cookies."""
        self.browsers.append(Browser(self.config.base_url))
        return self.browsers[-1]

    async def get(self, path: str, **how: Any) -> Seen:
        return await self.browser.get(path, **how)

    async def submit(self, seen: Seen, answers: Answers | None = None, **how: Any) -> Seen:
        return await self.browser.submit(seen, answers, **how)

    async def ask(self, method: str, path: str, **how: Any) -> Seen:
        return await self.browser.ask(method, path, **how)

    async def sign_in(self, person: Person, browser: Browser | None = None) -> Seen:
        """As a person does: the address, the letter, the code. Returns the page they arrive at."""
        window = browser or self.browser
        asked = await window.submit(await window.get("/sign-in"), {"email": person.email})
        return await window.submit(asked, {"code": await self.code_for(person)})

    async def code_for(self, person: Person) -> str:
        """The newest code in this person's letters."""
        letters = [letter for letter in await self.letters(person.email) if letter.kind == "sign_in_code"]
        assert letters, f"no code was sent to {person.first_name}"
        found = re.search(r"\b\d{6}\b", letters[-1].text)
        assert found
        return found.group()

    async def letters(self, to: str = "", *, kind: str = "") -> list[SeenLetter]:
        """The letters that still wait, oldest first, opened with their receivers' keys."""
        rows = await self.connection.fetch(
            """
            SELECT l.id, l.kind, l.party_id, l.state, l.sealed_bytes, l.sealed_to, k.wrapped
              FROM letters l JOIN person_keys k ON k.person_id = l.party_id
             WHERE l.sealed_bytes IS NOT NULL ORDER BY l.created_at, l.ctid
            """
        )
        opened = [self._opened(row) for row in rows]
        return [letter for letter in opened if to in ("", letter.to) and kind in ("", letter.kind)]

    def _opened(self, row: Any) -> SeenLetter:
        key = PersonKey(row["party_id"], row["wrapped"])
        raw = self.config.vault.open_bytes(Sealed(key, f"letters.sealed_bytes:{row['id']}", row["sealed_bytes"]))
        to = self.config.vault.open_bytes(Sealed(key, f"letters.sealed_to:{row['id']}", row["sealed_to"])).decode()
        return read_letter(raw, to=to, kind=row["kind"], state=row["state"])


def read_letter(raw: bytes, *, to: str, kind: str = "", state: str = "") -> SeenLetter:
    """The bytes of a letter as a mail program shows them."""
    message = message_from_bytes(raw, policy=MAIL)
    assert isinstance(message, EmailMessage)
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    text, html = (part.get_content() if part else "" for part in (plain, rich))
    assert message["To"] == to, "the envelope and the letter name different people"
    return SeenLetter(kind, to, message["Subject"], text, html, re.findall(r"https?://\S+", text), state, message)


def filled(form: SeenForm, answers: Answers, button: str) -> list[tuple[str, str]]:
    """What a browser would send: what the page holds, with these answers instead."""
    unknown = set(answers) - set(form.fields)
    assert not unknown, f"the form has no {sorted(unknown)}, only {sorted(form.fields)}"
    sent: list[tuple[str, str]] = []
    for name, seen in form.fields.items():
        given = answers.get(name, seen.chosen)
        if isinstance(given, bool):
            given = seen.values[:1] if given else []
        values = [given] if isinstance(given, str) else list(given)
        if seen.kind in ("radio", "checkbox", "select"):
            assert set(values) <= {*seen.values, ""}, f"{name} offers {seen.values}, not {values}"
        sent += [(name, value) for value in values]
    pressed = [(name, value) for name, value, text in form.buttons if button in (text, value)] if button else form.buttons[:1]
    assert pressed or not button, f"no button {button!r} among {form.buttons}"
    return sent + [(name, value) for name, value, *_ in pressed[:1] if name]


def from_own_page(base_url: str) -> dict[str, str]:
    """The headers a browser adds to a form of our own page: with no referrer allowed, its origin is null."""
    return {"Origin": "null", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}


def inspect(seen: Seen) -> None:
    """What every answer must be, whoever asked and whatever the test is about."""
    headers = seen.headers
    wrong = {name: headers.get(name) for name, value in ON_EVERY_ANSWER.items() if headers.get(name) != value}
    assert not wrong, f"{seen.path} {seen.status}: {wrong}"
    assert "Server" not in headers and "geolocation=()" in headers["Permissions-Policy"], seen.path
    kept = headers.get("Cache-Control", "")
    assert kept == "no-store" or seen.path.startswith(("/static/", "/meetings.json")), f"{seen.path} may be kept: {kept}"
    if seen.page is not None:
        assert not seen.page.faults, f"{seen.path}: {seen.page.faults}"
        assert "{{" not in seen.body.decode() and "Undefined" not in seen.text, seen.path


@asynccontextmanager
async def open_site(config: Config, db: Database, clock: TestClock, people: People, connection: asyncpg.Connection) -> AsyncIterator[Site]:
    """The application as production runs it, on the port of its BASE_URL."""
    app = create_app(config, db, clock)
    site = Site(config, db, clock, app, people, connection)
    async with serving(app, "127.0.0.1", urlsplit(config.base_url).port or 0):
        site.new_browser()
        yield site
        for browser in site.browsers:
            await browser.close()
