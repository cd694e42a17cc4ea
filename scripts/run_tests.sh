#!/bin/sh
# Runs the tests in two processes side by side, one for each core: browser, kills and pages in one, all the rest in the other.
# With arguments of its own (ARGS=tests/web) it runs just those. Fails when either fails; both closing lines are printed.
set -u
py=.venv/bin/python
if [ "$#" -gt 0 ]; then
    exec "$py" -m pytest --durations=15 "$@"
fi
beside=$(mktemp)
trap 'rm -f "$beside"' EXIT
"$py" -m pytest --durations=10 tests/browser tests/chaos tests/journeys tests/web tests/test_demo_town.py >"$beside" 2>&1 &
other=$!
"$py" -m pytest --durations=15 --ignore=tests/browser --ignore=tests/chaos --ignore=tests/journeys \
    --ignore=tests/web --ignore=tests/test_demo_town.py
first=$?
wait "$other"
second=$?
cat "$beside"
[ "$first" -eq 0 ] && [ "$second" -eq 0 ]
