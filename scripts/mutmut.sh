#!/bin/sh
# Prints the folder mutmut was installed into, for the faults planted in the long run: $MUTMUT, or nothing where the environment has it itself.
set -eu
cd "$(dirname "$0")/.."
if PYTHONPATH="${MUTMUT:-}" .venv/bin/python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("mutmut") is None)'; then
    printf '%s\n' "${MUTMUT:-}"
    exit 0
fi
echo "This needs mutmut. pip install --target DIR 'mutmut==3.8.1', then say MUTMUT=DIR after make. See CONTRIBUTING.md." >&2
exit 1
