#!/bin/sh
# Installs the system packages that are missing: `system.sh run` for the demo, `system.sh run test` for the tests too.
# It looks for the thing itself (a module, a program, a file), so a machine that has it from elsewhere is left alone.
set -eu
python=${PYTHON:-python3}
missing=""
need() { missing="$missing $1"; }

command -v "$python" >/dev/null 2>&1 || { echo "Python is missing: install Python 3.11 or newer, or name yours with PYTHON=…" >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { echo "$("$python" --version) is too old: audit_app needs Python 3.11 or newer; name another one with PYTHON=…" >&2; exit 1; }

for part in "$@"; do
  case "$part" in
    run)
      "$python" -c 'import ensurepip, venv' 2>/dev/null || need python3-venv
      [ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/ssl/cert.pem ] || need ca-certificates
      # What WeasyPrint draws its PDFs with.
      for library in libpango-1.0 libpangoft2-1.0 libharfbuzz-subset; do
        ls /usr/lib/*/$library.so.0 >/dev/null 2>&1 || ls /usr/lib*/$library.so.0 >/dev/null 2>&1 || need "$(echo $library | sed 's/1\.0$/1.0-0/; s/subset$/subset0/')"
      done
      [ -f /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || need fonts-dejavu-core
      ;;
    test)
      command -v chromium >/dev/null 2>&1 || need chromium
      ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || need postgresql
      # The Node inside Playwright's package wants it, and a small Debian comes without.
      ls /usr/lib/*/libatomic.so.1 >/dev/null 2>&1 || ls /usr/lib*/libatomic.so.1 >/dev/null 2>&1 || need libatomic1
      ;;
    spark)
      command -v java >/dev/null 2>&1 || need openjdk-17-jre-headless
      ;;
    *) echo "system.sh knows the parts run, test and spark, not $part" >&2; exit 2 ;;
  esac
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null 2>&1 ||
  { echo "Please install with your system's package manager (the names are Debian's):$missing" >&2; exit 1; }
if [ "$(id -u)" = 0 ]; then as_root="env"
elif command -v sudo >/dev/null 2>&1; then as_root="sudo env"
else echo "Some system packages are missing and there is neither root nor sudo here; ask an administrator for: apt-get install$missing" >&2; exit 1
fi
echo "Installing system packages:$missing"
# A half-fetched list from an unreachable extra source is no reason to stop: the install below says what is really missing.
$as_root DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq update || true
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086  # the list is meant to be split
$as_root DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq install -y --no-install-recommends $missing >"$log" 2>&1 ||
  { cat "$log" >&2; echo "apt-get could not install:$missing" >&2; exit 1; }
