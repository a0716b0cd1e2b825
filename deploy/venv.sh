#!/bin/sh
# Makes the virtual environment and installs one hash-pinned list into it.
# usage: venv.sh PYTHON VENV REQUIREMENTS
set -eu
python=$1 venv=$2 requirements=$3
if ! command -v "$python" >/dev/null 2>&1; then
    echo "Tandem needs Python 3.11 or later; '$python' was not found. Name yours: make PYTHON=/path/to/python3.11" >&2
    exit 1
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Tandem needs Python 3.11 or later; '$python' is $("$python" --version 2>&1)." >&2
    exit 1
}
if [ ! -x "$venv/bin/pip" ]; then
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        # Debian keeps ensurepip in a package of its own.
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            echo "Installing python3-venv (Debian keeps it apart from python3) ..."
            { apt-get update -qq && apt-get install -y -qq python3-venv; } >/dev/null
        else
            echo "Python's venv module cannot make an environment here: install it with 'apt-get install python3-venv' as root." >&2
            exit 1
        fi
    fi
    "$python" -m venv "$venv"
fi
echo "Installing what $requirements lists ..."
"$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
