#!/bin/sh
# The journeys need Chromium: installs Debian's when root, says what is missing otherwise.
if command -v chromium >/dev/null 2>&1 || [ -n "${CHROMIUM:-}" ]; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the journeys …" >&2
    if apt-get update -qq >/dev/null 2>&1 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null 2>&1; then
        exit 0
    fi
fi
echo "Chromium was not found: the journeys will be reported as not run. Install it (Debian: apt install chromium), or set CHROMIUM to its path." >&2
