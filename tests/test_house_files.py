"""The house rules that a machine can keep, for everything but Python: locks, migrations, templates, pages of docs/, what is committed."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.house import ROOT, SQL_CLOCK, modules, our_files, pins, place, template_faults, tree_of

LOCKS = ("requirements.lock", "requirements-dev.lock")
FLOORS = {
    "aiohttp": ("3.13.4", "CVE-2025-69228: multipart fields pass the size limit; CVE-2026-22815"),
    "jinja2": ("3.1.6", "CVE-2025-27516: a way out of the sandbox by |attr"),
    "geopy": ("2.5", "a pattern that takes minutes on hostile text"),
    "cryptography": ("44.0.1", "CVE-2024-12797: an OpenSSL that accepts a server it should refuse"),
    "idna": ("3.7", "CVE-2024-3651: quadratic time on hostile names"),
}
FOREIGN = ("highspy",)  # cannot share a process with OR-tools
TEXT = {".py", ".sql", ".md", ".toml", ".lock", ".html", ".jinja", ".css", ".js", ".json", ".csv", ".sh", ".yaml", ".yml", ".txt", ""}


def templates() -> list[Path]:
    return [
        path
        for path in our_files()
        if place(path).startswith(("web/templates/", "matcher/letters/")) and path.suffix in (".html", ".jinja")
    ]


def migrations() -> list[Path]:
    return sorted(path for path in our_files() if place(path).startswith("migrations/"))


def without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*", "", sql)


def version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:4])


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_are_hashed_and_name_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert [word for word in ("://", " @ ", "file:", "--index", "--find-links", "--extra", "-e ", "git+") if word in text] == []
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 30
    assert [entry.splitlines()[0] for entry in entries if not re.match(r"[A-Za-z0-9._-]+==\S+( ; [^\\]+)? \\\n", f"{entry}\n")] == []
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert [line for line in text.splitlines() if not re.fullmatch(r"\S.*\\|    --hash=sha256:[0-9a-f]{64}( \\)?", line)] == []


def test_the_product_runs_with_the_very_packages_it_is_tested_with() -> None:
    product, dev = (pins((ROOT / lock).read_text()) for lock in LOCKS)
    assert {name: versions for name, versions in product.items() if dev.get(name) != versions} == {}


def test_every_package_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    product, dev = (pins((ROOT / lock).read_text()) for lock in LOCKS)
    asked = [(wish, product) for wish in project["dependencies"]] + [(wish, dev) for wish in project["optional-dependencies"]["dev"]]
    for wish, lock in asked:
        name, _, floor = wish.replace("==", ">=").partition(">=")
        assert name.lower() in lock, f"{wish} is not in its lock: make lock"
        assert all(version(pin) >= version(floor or "0") for pin in lock[name.lower()]), f"{wish} against {lock[name.lower()]}"


@pytest.mark.parametrize("lock", LOCKS)
def test_no_package_has_a_hole_we_know_of(lock: str) -> None:
    locked = pins((ROOT / lock).read_text())
    assert [name for name in FOREIGN if name in locked] == []
    for name, (floor, why) in FLOORS.items():
        assert all(version(pin) >= version(floor) for pin in locked[name]), f"{name} must be at least {floor}: {why}"


def test_every_package_has_its_reason_on_the_page() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    reasons = dict(re.findall(r"^\| ([a-z0-9-]+) \| ([^|]{12,}) \| [^|]{3,} \|$", page, re.M))
    assert set(reasons) == set(pins((ROOT / "requirements.lock").read_text()))


def test_migrations_are_numbered_named_and_explained() -> None:
    names = [path.name for path in migrations()]
    assert names and [name for name in names if not re.fullmatch(r"\d{4}_[a-z0-9]+(_[a-z0-9]+)*\.sql", name)] == []
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert [path.name for path in migrations() if not path.read_text().startswith("-- ")] == []


def test_migrations_read_no_clock_and_need_no_extension() -> None:
    for path in migrations():
        sql = without_comments(path.read_text())
        assert [found.group() for found in SQL_CLOCK.finditer(sql)] == [], path.name
        assert not re.search(r"\b(CREATE\s+EXTENSION|NOTIFY|LISTEN|EXCLUDE\s+USING|uuidv7)\b", sql, re.I), path.name


def test_times_in_the_tables_know_their_zone() -> None:
    for path in migrations():
        assert not re.search(r"\btimestamp\b(?!\s+with\s+time\s+zone)", without_comments(path.read_text()), re.I), (
            f"{path.name}: use timestamptz"
        )


def test_templates_escape_quote_and_run_nothing() -> None:
    assert templates()
    wrong = [
        f"{place(path)}: {fault}"
        for path in templates()
        for fault in template_faults(path.read_text(), page=place(path).startswith("web/"))
        if not path.name.endswith((".txt.jinja", ".subject.jinja"))
    ]
    assert wrong == []


def test_no_code_declares_a_text_safe() -> None:
    wrong = [
        f"{place(path)}: line {node.lineno}"
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Markup"
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "wrong",
    [
        "<p class={{ name }}>",
        '<input value={{ name }} type="text">',
        "<p {{ name }}>",
        "<a href=x>",
        "{{ note | safe }}",
        "{{ note|safe }}",
        "{% autoescape false %}{{ note }}{% endautoescape %}",
        '<button onclick="go()">',
        "<script>go()</script>",
        '<p style="color: red">',
        "<style>p { color: red }</style>",
        '<a href="javascript:go()">',
    ],
)
def test_the_template_rule_has_teeth(wrong: str) -> None:
    assert template_faults(wrong, page=True)


def test_the_template_rule_does_not_bite_what_is_right() -> None:
    right = """{# <p class=x> #}<p class="a {{ b }}"{% if c > d %} hidden{% endif %}{{ described(form, "x") }}>don't {{ a }} = {{ b }}</p>
    <script src="{{ static('app.js') }}" defer></script><a href="{{ url }}?a=b&amp;c=d">x</a>"""
    assert template_faults(right, page=True) == []
    assert template_faults('<p style="margin: 0">', page=False) == []


def test_nothing_committed_names_a_machine_or_a_registry() -> None:
    hosts = ["pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs.org", "deb." + "debian.org", "pypi" + ".python.org"]
    paths = re.compile(r"(?<![\w.~-])/(?:" + "|".join(("work", "root", "home", "Users")) + r")/[A-Za-z_]")
    wrong = []
    for path in our_files():
        if path.suffix not in TEXT:
            continue
        text = path.read_text(encoding="utf-8")
        wrong += [f"{place(path)}: {host}" for host in hosts if host in text]
        wrong += [f"{place(path)}: {found.group()}" for found in paths.finditer(text)]
    assert wrong == []


def test_files_are_text_that_ends_well() -> None:
    wrong = []
    for path in our_files():
        if path.suffix in TEXT and path.stat().st_size:
            text = path.read_bytes()
            wrong += [f"{place(path)}: ends without a line end"] * (not text.endswith(b"\n"))
            wrong += [f"{place(path)}: line ends of Windows"] * (b"\r\n" in text and path.suffix not in (".csv", ".txt"))
    assert wrong == []


def test_decisions_are_numbered_and_say_why() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text()
        assert text.startswith(f"# {int(page.name[:4])}. "), page.name
        assert re.findall(r"^## (.+)$", text, re.M)[:3] == ["Context", "Decision", "Consequences"], page.name


def test_the_house_has_its_front_door() -> None:
    assert [name for name in ("LICENSE", "CONTRIBUTING.md", "CHANGELOG.md", "Makefile", ".ci/run") if not (ROOT / name).is_file()] == []
    assert "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text()
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()
