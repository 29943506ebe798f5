#!/bin/sh
# Runs uv from the environment's bin folder given first: `uv.sh .venv/bin pip install …`.
# uv does not read pip's settings, but who told pip about a mirror or a certificate means the packages, not the program.
set -eu
bin=$1
shift
told=$("$bin/python" -m pip --disable-pip-version-check config list 2>/dev/null || true)
setting() { printf '%s\n' "$told" | sed -n "s/^\(:env:\|global\|install\)\.$1='\(.*\)'\$/\2/p" | head -n 1; }

if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ]; then
  mirror=$(setting index-url)
  [ -z "$mirror" ] || export UV_DEFAULT_INDEX="$mirror"
fi
if [ -z "${SSL_CERT_FILE:-}" ]; then
  certificates=$(setting cert)
  [ -z "$certificates" ] || export SSL_CERT_FILE="$certificates"
fi
exec "$bin/uv" "$@"
