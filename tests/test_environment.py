"""The scripts behind `make`: an environment is made once, whole or not at all, and every bad start gets a sentence."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STUB = """#!/bin/sh
# Stands for a Python: what it is asked is written down; it makes environments, and fails where FAIL says so.
echo "$*" >>"$ASKED"
case "$*" in
    *version_info*) [ "${FAIL:-}" != version ] ;;
    *ensurepip*) [ "${FAIL:-}" != venv ] ;;
    --version) echo "Python 3.10.4" ;;
    "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *"--no-index"*) [ "${FAIL:-}" != network ] && [ "${FAIL:-}" != wheels ] ;;
    *"pip install"*) [ "${FAIL:-}" != network ] ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the script reads, and a stub of Python in front of the path."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / lock).write_text(f"what {lock} lists\n")
    (tmp_path / "bin").mkdir()
    for name in ("cat", "cksum", "cp", "dirname", "mkdir", "mv", "rm"):  # nothing else of this machine: no uv, no Python
        (tmp_path / "bin" / name).symlink_to(str(shutil.which(name)))
    for name in ("python3", "python3.12"):
        (tmp_path / "bin" / name).write_text(STUB)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def make_environment(checkout: Path, lock: str = "requirements.lock", **settings: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(checkout / "bin"), "ASKED": str(checkout / "asked"), **settings}
    return subprocess.run(["/bin/sh", "scripts/environment.sh", lock], cwd=checkout, env=env, capture_output=True, text=True, check=False)


def asked(checkout: Path) -> str:
    notes = checkout / "asked"
    text = notes.read_text() if notes.exists() else ""
    notes.unlink(missing_ok=True)
    return text


def test_it_installs_once_with_hashes_and_wheels_only_and_again_when_the_lock_changed(checkout: Path) -> None:
    assert make_environment(checkout).returncode == 0
    assert "--require-hashes --only-binary :all: -r requirements.lock" in asked(checkout)
    assert make_environment(checkout).returncode == 0
    assert "pip" not in asked(checkout)
    (checkout / "requirements.lock").write_text("something newer\n")
    assert make_environment(checkout).returncode == 0
    assert "pip install" in asked(checkout)
    assert not (checkout / ".venv-before").exists()


def test_an_environment_for_tests_does_for_the_demo_but_not_the_other_way_round(checkout: Path) -> None:
    make_environment(checkout)
    asked(checkout)
    assert make_environment(checkout, "requirements-dev.lock").returncode == 0
    assert "-r requirements-dev.lock" in asked(checkout)
    assert make_environment(checkout).returncode == 0
    assert "pip" not in asked(checkout)


def test_a_failed_first_install_leaves_nothing_and_says_what_to_do(checkout: Path) -> None:
    done = make_environment(checkout, FAIL="network")
    assert done.returncode == 1
    assert "PIP_FIND_LINKS" in done.stderr and "could not be installed" in done.stderr
    assert not list(checkout.glob(".venv*"))


def test_a_failed_renewal_keeps_the_environment_there_was(checkout: Path) -> None:
    make_environment(checkout)
    (checkout / ".venv" / "mine").write_text("")
    (checkout / "requirements.lock").write_text("something newer\n")
    assert make_environment(checkout, FAIL="network").returncode == 1
    assert (checkout / ".venv" / "mine").exists() and not (checkout / ".venv-before").exists()
    assert make_environment(checkout, FAIL="network").returncode == 1, "it must not pass for the newer one"


def test_a_folder_of_wheels_is_tried_before_the_network(checkout: Path) -> None:
    assert make_environment(checkout, PIP_FIND_LINKS="/wheels").returncode == 0
    assert "--no-index" in asked(checkout)
    (checkout / "requirements.lock").write_text("something newer\n")
    assert make_environment(checkout, PIP_FIND_LINKS="/wheels", FAIL="wheels").returncode == 0
    assert asked(checkout).count("pip install") == 2


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"FAIL": "version"}, "Alongside needs Python 3.11 to 3.14, and none was found"),
        ({"FAIL": "version", "PYTHON": "python3.12"}, "and 'python3.12' is Python 3.10.4"),
        ({"PYTHON": "python9"}, "There is no 'python9' on this machine"),
        ({"FAIL": "venv"}, "apt install python3-venv"),
    ],
)
def test_a_python_that_will_not_do_gets_one_sentence(checkout: Path, settings: dict[str, str], sentence: str) -> None:
    done = make_environment(checkout, **settings)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert not list(checkout.glob(".venv*"))


def find_chromium(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Only `folder` is on the path, beside the shell's own programs."""
    for needed in ("id", "dirname"):
        found = shutil.which(needed)
        assert found
        (folder / needed).symlink_to(found)
    return subprocess.run(
        ["/bin/sh", ROOT / "scripts" / "chromium.sh"],
        env={"PATH": str(folder), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_chromium_is_found_by_its_usual_names_or_by_the_setting(tmp_path: Path) -> None:
    browser = tmp_path / "google-chrome"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    assert find_chromium(tmp_path).stdout.strip() == str(browser)
    (tmp_path / "id").unlink()
    (tmp_path / "dirname").unlink()
    assert find_chromium(tmp_path, CHROMIUM="/bin/sh").stdout.strip() == "/bin/sh"


def test_without_chromium_the_tests_stop_with_the_sentence_how_to_get_it(tmp_path: Path) -> None:
    done = find_chromium(tmp_path)
    assert done.returncode == 1 and "apt install chromium" in done.stderr
    (tmp_path / "id").unlink()
    (tmp_path / "dirname").unlink()
    wrong = find_chromium(tmp_path, CHROMIUM="/nowhere/chromium")
    assert wrong.returncode == 1 and "CHROMIUM names /nowhere/chromium" in wrong.stderr


def test_what_only_the_long_run_needs_is_named_where_it_is_missing(tmp_path: Path) -> None:
    for name in ("mutmut", "atheris"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        for folder, found in ((tmp_path, True), (tmp_path / "nowhere", False)):
            environment = {"PATH": os.environ["PATH"], name.upper(): str(folder)}
            done = subprocess.run(["sh", f"scripts/{name}.sh"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            assert (done.returncode == 0) == found
            assert done.stdout.strip() == (str(folder) if found else "") and (f"needs {name}. " in done.stderr) != found


def test_make_help_lists_every_target() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]}).stdout
    makefile = (ROOT / "Makefile").read_text()
    promised = makefile.split(".PHONY: ")[1].splitlines()[0].split()
    assert [name for name in promised if f"make {name} " not in said] == []
    assert {"demo", "test", "test-long", "mutants", "bench", "lint", "lock", "pictures", "clean"} <= set(promised)
