"""Layout, habits and types, as `make lint` looks at them: in a whole run beside the other tests, not before them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("look", ["ruff check .", "ruff format --check .", "mypy"])
def test_nothing_is_found_by(look: str) -> None:
    assert f"\n\t$(PY) -m {look}\n" in (ROOT / "Makefile").read_text(), "make lint looks at the same"
    done = subprocess.run([sys.executable, "-m", *look.split()], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
