#!/bin/sh
# Prints the folder atheris was installed into, for the fuzzing of the long run: $ATHERIS, or nothing where the environment has it itself.
set -eu
cd "$(dirname "$0")/.."
if PYTHONPATH="${ATHERIS:-}" .venv/bin/python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("atheris") is None)'; then
    printf '%s\n' "${ATHERIS:-}"
    exit 0
fi
echo "The long run needs atheris. Linux and macOS: pip install --target DIR atheris, then make test-long ATHERIS=DIR. See CONTRIBUTING.md." >&2
exit 1
