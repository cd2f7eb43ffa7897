#!/bin/sh
# Make a virtual environment with the first suitable Python: make_venv.sh DIRECTORY [PYTHON]
set -eu

directory=$1
shift
[ $# -gt 0 ] || set -- python3 python3.14 python3.13 python3.12 python3.11

fail() {
    echo "$1" >&2
    exit 1
}

recent=
for python in "$@"; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    recent=$python
    "$python" -c 'import ensurepip, venv' 2>/dev/null || continue
    exec "$python" -m venv --clear "$directory"
done

[ -z "$recent" ] || fail "$recent cannot make virtual environments; on Debian: apt-get install python3-venv"
fail "Jumpgate needs CPython 3.11 or newer, and $* is none; name one with PYTHON=/path/to/python3"
