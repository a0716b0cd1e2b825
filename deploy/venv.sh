#!/bin/sh
# Makes the virtual environment and installs one hash-pinned list into it.
# usage: venv.sh PYTHON VENV REQUIREMENTS   (from the project's root)
set -eu
python=$1 venv=$2 requirements=$3
unfinished=$venv/.unfinished

fail() {
    echo "$1" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 ||
    fail "Tandem needs Python 3.11 or later; '$python' was not found. Name yours: make PYTHON=/path/to/python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Tandem needs Python 3.11 or later; '$python' is $("$python" --version 2>&1). Name another: make PYTHON=/path/to/python3.11"

# Debian keeps what venv needs in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        fail "Python's venv module is not whole here. As root: apt-get install $package"
    fi
    echo "Installing $package (Debian keeps it apart from Python) ..."
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq "$package"; } >/dev/null ||
        fail "apt-get could not install $package; without it Python makes no virtual environment."
fi

# What was interrupted half-way, or lost its Python, is made anew: pip would take half a package for a whole one.
if [ -e "$unfinished" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear "$venv"
fi

# The marks of the Makefile's goals go first: after an interruption neither of them may seem finished.
rm -f "$venv/.demo" "$venv/.dev"
: >"$unfinished"
echo "Installing what $requirements lists (a minute or two the first time) ..."
# Twice quiet: errors only. pip's warnings concern the machine (its own version, its mirrors), not this project.
"$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r "$requirements"

# `tandem` in the environment runs this folder's code, from wherever it is called.
"$venv/bin/python" -c 'import pathlib, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "tandem.pth").write_text(f"{pathlib.Path.cwd()}\n")'
cat >"$venv/bin/tandem" <<'END'
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python" -m services.console "$@"
END
chmod +x "$venv/bin/tandem"
rm "$unfinished"
