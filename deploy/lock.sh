#!/bin/sh
# Renews the requirement lists: pinned, hashed, without any address.
# usage: lock.sh BIN   (uv is taken from BIN or the PATH, else installed into BIN)
set -eu
bin=$1
uv=$(command -v "$bin/uv" || command -v uv || true)
if [ -z "$uv" ]; then
    "$bin/pip" install --quiet uv
    uv=$bin/uv
fi
for extra in gateway workers scheduler console demo dev; do
    "$uv" pip compile pyproject.toml --extra "$extra" --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-header --quiet -o "requirements/$extra.txt"
done
