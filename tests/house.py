"""Looks at our own files for the tests of the house rules: what they import, name and say. Judges nothing: that is test_house_*.py."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
Function = ast.FunctionDef | ast.AsyncFunctionDef

# Longest prefix wins. A module may import the parts named here, and nothing else of ours.
MAY_IMPORT = {
    "matcher.domain": {"matcher.domain"},
    "matcher.matching": {"matcher.domain", "matcher.matching"},
    "matcher.feeds": {"matcher.domain", "matcher.feeds"},
    "matcher.store": {"matcher.domain", "matcher.store"},
    "matcher.actions": {"matcher.domain", "matcher.matching", "matcher.feeds", "matcher.store", "matcher.actions", "matcher"},
    "matcher.worker": {"matcher", "matcher.domain", "matcher.actions"},
    "matcher.__main__": {"matcher", "matcher.domain", "matcher.matching", "matcher.feeds", "matcher.store", "matcher.actions", "web"}
    | {"matcher.run_commands", "web.demo_run"},
    "matcher.demo_life": {"matcher", "matcher.domain", "matcher.store", "matcher.actions", "matcher.worker"},
    "matcher.run_commands": {"matcher", "matcher.domain", "matcher.store", "matcher.actions", "matcher.worker"},
    "matcher": {
        "matcher",
        "matcher.domain",
        "matcher.matching",
        "matcher.feeds",
        "matcher.store",
        "matcher.actions",
        "matcher.run_commands",
    },
    "web": {"matcher", "matcher.domain", "matcher.store", "matcher.actions", "web"},
    "web.demo_run": {"matcher", "matcher.domain", "matcher.store", "matcher.actions", "matcher.demo_life", "web"},
}
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b", re.S)


@cache
def our_files() -> tuple[Path, ...]:
    """Every file that is committed or could be: what git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        return tuple(path for path in (ROOT / line for line in listed.stdout.splitlines()) if path.is_file())
    kept = (path for path in sorted(ROOT.rglob("*")) if not {".venv", ".git", "__pycache__", ".demo", "mutants"} & set(path.parts))
    return tuple(path for path in kept if path.is_file() and path.suffix != ".pyc")  # an unpacked archive


def modules(*tops: str) -> list[Path]:
    """The Python files below these folders of ours, by default of the product: matcher and web."""
    wanted = tops or ("matcher", "web")
    return [path for path in our_files() if path.suffix == ".py" and place(path).startswith(tuple(f"{top}/" for top in wanted))]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def part_of(name: str) -> str:
    """The longest named part this dotted name lies in: `matcher.store.offers` → `matcher.store`."""
    return max((part for part in MAY_IMPORT if f"{name}.".startswith(f"{part}.")), key=len)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(tree: ast.Module) -> set[str]:
    """Dotted names this module imports, the imported thing included. A relative import shows as a leading dot."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names}
    return names


def texts(tree: ast.Module) -> Iterator[ast.Constant]:
    """Every string but the docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | Function) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node


def functions(tree: ast.Module) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def clock_calls(tree: ast.Module) -> list[str]:
    """Calls that read the wall clock: datetime.now(), date.today(), time.time() and their kind."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            if re.search(r"\b(datetime|date)\.(now|utcnow|today)$|^time\.(time|time_ns|localtime|gmtime|ctime)$", called):
                found.append(f"line {node.lineno}: {called}()")
    return found


SQL_CLOCK = re.compile(
    r"\b(now\s*\(\s*\)|current_(timestamp|date|time)\b|local(timestamp|time)\b|(clock|statement|transaction)_timestamp\b|timeofday\b)", re.I
)


def built_sql(tree: ast.Module) -> list[str]:
    """Places inside functions where a statement is put together: f-strings, %, format, + and join. What a module puts together when it is
    loaded holds no value of a request, and is left alone.
    """
    words = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|SET|VALUES|ORDER BY|JOIN)\b")

    def says_sql(node: ast.AST) -> bool:
        return any(isinstance(n, ast.Constant) and isinstance(n.value, str) and words.search(n.value) for n in ast.walk(node))

    def constant(node: ast.expr) -> bool:
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, ast.Add) and constant(node.left) and constant(node.right)
        return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id.isupper())

    found = []
    for function in functions(tree):
        for node in ast.walk(function):
            method = node.func if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
            template = method is not None and isinstance(function, ast.AsyncFunctionDef) and ast.unparse(method.value).isupper()
            if (
                (isinstance(node, ast.JoinedStr) and says_sql(node))
                or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod) and says_sql(node) and not constant(node))
                or (method is not None and method.attr in ("format", "join", "replace") and (says_sql(node) or template))
            ):
                found.append(f"line {node.lineno}: {ast.unparse(node)[:60]}")
    return found


def identifier_words(name: str) -> set[str]:
    """`Keyworker_loadUtils` → {keyworker, load, utils}."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def template_faults(text: str, *, page: bool) -> list[str]:
    """What a template may not hold. `page`: also no inline style (letters need it: mail programs read no stylesheet)."""
    bare = re.sub(r"\{#.*?#\}", "", text, flags=re.S)
    faults = [f"{found.group()}: escaping is never turned off" for found in re.finditer(r"\|\s*safe\b|autoescape\s+false", bare)]
    outputs = re.sub(r"\{%.*?%\}", " ", bare, flags=re.S)
    # A macro's answer is markup that was checked where it is written; anything else between the quotes of no attribute is a hole.
    outputs = re.sub(r"\{\{-?\s*[a-z_.]+\(.*?\}\}", " ", outputs, flags=re.S)
    outputs = re.sub(r"\{\{.*?\}\}", "\x00", outputs, flags=re.S)
    for tag in re.findall(r"<[a-zA-Z][^<>]*>", outputs):
        rest = re.sub(r"\"[^\"]*\"|'[^']*'", '""', tag)
        if "\x00" in rest or re.search(r"=\s*[^\"'\s>]", rest):
            faults.append(f"{tag[:60]!r}: an attribute without quotes")
        if re.search(r"\son[a-z]+\s*=", rest):
            faults.append(f"{tag[:60]!r}: an inline event handler")
        if page and re.search(r"\sstyle\s*=", rest):
            faults.append(f"{tag[:60]!r}: an inline style")
        if re.match(r"<script(?![^>]*\ssrc=)", rest) or (page and rest.startswith("<style")):
            faults.append(f"{tag[:60]!r}: inline script or style")
        if re.search(r"(href|src|action)\s*=\s*[\"']\s*(javascript|data|vbscript):", tag, re.I):
            faults.append(f"{tag[:60]!r}: an address that runs")
    return faults


def pins(lock: str) -> dict[str, set[str]]:
    """Package → its pinned versions (two when they differ by Python version)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.M):
        found.setdefault(name.lower().replace("_", "-"), set()).add(version)
    return found
