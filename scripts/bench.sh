#!/bin/sh
# Runs benchmarks/<name>.py for the names given, or all of them, one after the other; each prints its own table.
set -eu
python=${PYTHON:-python3}
if [ $# -eq 0 ]; then
  for file in benchmarks/[a-z]*.py; do
    [ -f "$file" ] || { echo "benchmarks/ holds no benchmark" >&2; exit 1; }
    set -- "$@" "$(basename "$file" .py)"
  done
fi
for name in "$@"; do
  [ -f "benchmarks/$name.py" ] || { echo "there is no benchmarks/$name.py" >&2; exit 1; }
  echo "== $name"
  "$python" -m "benchmarks.$name"
done
