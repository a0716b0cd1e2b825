#!/bin/sh
# Renews the requirement lists: pinned, hashed, without any address.
# usage: lock.sh BIN   (from the project's root; uv is taken from BIN or the PATH, else installed into BIN)
set -eu
bin=$1
uv=$(command -v "$bin/uv" || command -v uv || true)
if [ -z "$uv" ]; then
    "$bin/python" -m pip install -qq --disable-pip-version-check --no-input uv
    uv=$bin/uv
fi
for extra in gateway workers scheduler console demo dev; do
    echo "requirements/$extra.txt"
    # The lists must agree on every version; renewed in one go they do, and a test looks.
    "$uv" pip compile pyproject.toml --extra "$extra" --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet -o "requirements/$extra.txt"
done
