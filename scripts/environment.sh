#!/bin/sh
# Makes .venv hold what a lock file says, and nothing half-installed. Does nothing when it does already.
#   scripts/environment.sh requirements.lock        what the product needs
#   scripts/environment.sh requirements-dev.lock    that and what its tests need
# PYTHON names the interpreter, PIP_FIND_LINKS a folder of wheels for machines without a network. uv is used when it is there.
set -eu
cd "$(dirname "$0")/.."
lock=$1

refuse() {
    printf '%s\n' "$@" >&2
    exit 1
}

# 3.15 and newer: no wheel of the embedded PostgreSQL yet.
fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null
}

digest() {
    cksum "$@"
}

# The dev lock holds every pin of the other, so an environment made from it will do for both.
is_current() {
    [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || return 1
    for made in "$lock" requirements-dev.lock; do
        if [ -f ".venv/made-from-$made" ] && [ "$(cat ".venv/made-from-$made")" = "$(digest requirements.lock "$made")" ]; then
            return 0
        fi
    done
    return 1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null 2>&1 || refuse "There is no '$PYTHON' on this machine. PYTHON must name Python 3.11 to 3.14."
        fits "$PYTHON" || refuse "Alongside needs Python 3.11 to 3.14, and '$PYTHON' is $("$PYTHON" --version 2>&1)."
        return
    fi
    for PYTHON in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$PYTHON" >/dev/null 2>&1 && fits "$PYTHON"; then
            return
        fi
    done
    refuse "Alongside needs Python 3.11 to 3.14, and none was found. Debian and Ubuntu: apt install python3 python3-venv." \
        "If it is elsewhere: make demo PYTHON=/path/to/python3.11"
}

install_with_uv() {
    uv venv --quiet --python "$PYTHON" .venv &&
        uv pip install --quiet --python .venv/bin/python --require-hashes --only-binary :all: \
            ${PIP_FIND_LINKS:+--find-links "$PIP_FIND_LINKS"} -r "$lock"
}

install_with_pip() {
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null ||
        refuse "This Python cannot make environments. Debian and Ubuntu: apt install python3-venv (or python3.11-venv, as your version is)."
    "$PYTHON" -m venv .venv || return 1
    set -- .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --only-binary :all: -r "$lock"
    # With a folder of wheels first without asking the network, which takes minutes to say no.
    { [ -n "${PIP_FIND_LINKS:-}" ] && "$@" --no-index 2>/dev/null; } || "$@"
}

put_back() {
    [ -e .venv/made-from-"$lock" ] || rm -rf .venv
    if [ -d .venv-before ]; then
        if [ -d .venv ]; then rm -rf .venv-before; else mv .venv-before .venv; fi
    fi
}

if is_current; then
    exit 0
fi
find_python
printf 'Installing what %s lists (once, about half a minute) …\n' "$lock"
rm -rf .venv-before
if [ -d .venv ]; then
    mv .venv .venv-before
fi
trap put_back EXIT
trap 'exit 130' INT TERM HUP
if command -v uv >/dev/null 2>&1; then
    install_with_uv
else
    install_with_pip
fi || refuse "The packages could not be installed: the reason is above. Nothing was changed." \
    "Without a network to the Python package index: PIP_FIND_LINKS=/folder/of/wheels make demo (the hashes are still checked)."
digest requirements.lock "$lock" >".venv/made-from-$lock"
