#!/bin/sh
# Makes .venv from a lock file: `tools/environment.sh run` or `tools/environment.sh test`.
set -eu
kind=$1
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

python=
for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    say "Python 3.11 or newer was not found. Install it (Debian: apt install python3 python3-venv), then run make again."
    exit 1
fi
if ! mkdir -p .venv 2>/dev/null || ! touch .venv/.writable 2>/dev/null; then
    say "This folder cannot be written to, or the disk is full. Free some space or clone the project somewhere else, then run make again."
    exit 1
fi
rm -f .venv/.writable

if ! [ -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    say "Making the environment .venv …"
    if ! "$python" -m venv .venv >.venv/venv.log 2>&1; then
        say "The environment could not be made: $(tail -n 1 .venv/venv.log). On Debian: apt install python3-venv."
        exit 1
    fi
fi
say "Installing what the project needs …"
if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "locks/$kind.txt" >.venv/pip.log 2>&1 ||
    ! .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . >>.venv/pip.log 2>&1; then
    say "Installing failed: $(grep -v '^WARNING' .venv/pip.log | tail -n 1). The whole report is in .venv/pip.log."
    exit 1
fi
touch ".venv/.$kind"
if [ "$kind" = test ]; then touch .venv/.run; fi
