#!/bin/sh
# Prints the path of Chromium for the browser tests: $CHROMIUM, else the usual names, else the distribution's package if we may install it.
set -eu

find_it() {
    for name in chromium chromium-browser google-chrome google-chrome-stable chrome microsoft-edge \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
        if command -v "$name" 2>/dev/null; then
            return 0
        fi
    done
    return 1
}

if [ -n "${CHROMIUM:-}" ]; then
    if [ ! -x "$CHROMIUM" ]; then
        echo "CHROMIUM names $CHROMIUM, which cannot be run." >&2
        exit 1
    fi
    printf '%s\n' "$CHROMIUM"
    exit 0
fi
if find_it; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    {
        apt-get update -q &&
            DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium fonts-liberation
    } >&2 && find_it && exit 0
fi
echo "The browser tests need Chromium. Debian: apt install chromium. Elsewhere: install it or Chrome, or set CHROMIUM to its path." >&2
exit 1
