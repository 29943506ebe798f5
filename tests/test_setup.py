"""The set-up's promises: locks that fit what is asked for and name no mirror, commands that explain themselves."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def locked_versions(name: str) -> dict[str, set[str]]:
    """Package → locked versions (a universal lock may hold one for each platform)."""
    versions: dict[str, set[str]] = {}
    for line in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines():
        if pinned := re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", line):
            versions.setdefault(canonicalize_name(pinned[1]), set()).add(pinned[2])
    return versions


def assert_locked(requirement: str, lock: dict[str, set[str]]) -> None:
    wanted = Requirement(requirement)
    found = lock.get(canonicalize_name(wanted.name), set())
    assert found, f"{requirement} is not locked: run `make lock`"
    assert all(wanted.specifier.contains(version) for version in found), f"{requirement}, but locked: {found}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_python_lock_names_no_host_and_no_folder_and_hashes_everything(lock):
    text = lock.read_text(encoding="utf-8")

    assert not re.search(r"://|index-url|find-links|trusted-host|file:", text)
    assert not re.search(r"(^|\s)/\w", text.replace("\\\n", ""))
    entries = re.split(r"\n(?=[\w.-]+(?:\[[\w,-]+\])?==)", text)[1:]
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("requirement", PROJECT["dependencies"])
def test_a_runtime_dependency_is_locked_for_the_demo_and_for_developers(requirement):
    assert_locked(requirement, locked_versions("core.txt"))
    assert_locked(requirement, locked_versions("dev.txt"))


@pytest.mark.parametrize("requirement", PROJECT["optional-dependencies"]["analytics"])
def test_an_analytics_dependency_is_locked_for_the_demo_and_for_developers(requirement):
    assert_locked(requirement, locked_versions("analytics.txt"))
    assert_locked(requirement, locked_versions("dev.txt"))


@pytest.mark.parametrize("requirement", PROJECT["optional-dependencies"]["spark"])
def test_the_distributed_engine_is_locked(requirement):
    assert_locked(requirement, locked_versions("spark.txt"))


@pytest.mark.parametrize("requirement", PROJECT["optional-dependencies"]["dev"])
def test_a_developers_dependency_is_locked(requirement):
    assert_locked(requirement, locked_versions("dev.txt"))


def test_the_demo_and_the_developers_get_the_same_versions():
    dev = locked_versions("dev.txt")

    for lock in ("core.txt", "analytics.txt"):
        demo = locked_versions(lock)
        assert demo
        assert {name: dev.get(name) for name in demo} == demo


@pytest.mark.parametrize("name", ["uv", "build", "node"])
def test_the_tools_own_locks_hold_what_is_asked_for(name):
    asked = (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8").split()

    assert asked
    for requirement in asked:
        assert_locked(requirement, locked_versions(f"{name}.txt"))


def test_the_browsers_lock_is_hashed_fits_package_json_and_names_no_host():
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))

    assert '"resolved"' not in text
    assert "://" not in text
    asked = packages.pop("")
    assert asked["dependencies"] == wanted["dependencies"]
    assert asked["devDependencies"] == wanted["devDependencies"]
    assert packages
    assert [
        name for name, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")
    ] == []


def test_npm_is_told_to_keep_hosts_out_of_the_lock_and_to_run_no_scripts_of_packages():
    lines = (ROOT / ".npmrc").read_text(encoding="utf-8").split()

    assert {"omit-lockfile-registry-resolved=true", "ignore-scripts=true"} <= set(lines)
    assert not any(line.startswith("registry") for line in lines)


def test_plain_make_lists_every_command_a_person_may_use():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split())
    inner = {"system", "system-test", "system-spark", "assets", "linters"}

    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert {line.split()[1] for line in listed.splitlines() if line.startswith("  make ")} == phony - inner
    assert {"help", "setup", "demo", "test", "check", "lock", "bench", "clean"} <= phony


def test_ci_runs_the_command_a_newcomer_runs():
    script = ROOT / ".ci" / "run"

    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text(encoding="utf-8").splitlines()


def test_what_the_set_up_makes_is_never_committed():
    made = [".venv", "node_modules", "static/vendor", "data", "uv.lock"]

    ignored = subprocess.run(
        ["git", "check-ignore", *made], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ignored.stdout.split() == made


def load_script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_assets_that_fit_the_lock_are_left_alone_and_changed_ones_are_not_trusted(tmp_path, monkeypatch):
    assets = load_script("assets")
    (tmp_path / "a.js").write_text("let a = 1", encoding="utf-8")
    monkeypatch.setattr(assets, "VENDOR", tmp_path)
    monkeypatch.setattr(assets, "MANIFEST", tmp_path / "manifest.json")
    entry = {"a.js": {"sha256": assets.sha256(tmp_path / "a.js")}}
    assert not assets.is_up_to_date()

    assets.MANIFEST.write_text(json.dumps({"made_from": assets.wanted(), "files": entry}), encoding="utf-8")
    assert assets.is_up_to_date()

    (tmp_path / "a.js").write_text("let a = 2", encoding="utf-8")
    assert not assets.is_up_to_date()


@pytest.fixture
def bare_machine(tmp_path):
    """A PATH of a Debian where Python comes without ensurepip and the person is not root."""
    for name in ("sh", "ls", "env", "mktemp", "rm", "cat"):
        (tmp_path / name).symlink_to(shutil.which(name))
    write_program(tmp_path / "id", "echo 1000")
    write_program(tmp_path / "apt-get", "exit 0")
    write_program(
        tmp_path / "python3", f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"'
    )
    return tmp_path


def write_program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def install_system_parts(machine: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(ROOT / "scripts" / "system.sh"), "run"],
        env={"PATH": str(machine)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_missing_system_packages_are_installed_with_sudo(bare_machine):
    write_program(bare_machine / "sudo", f'echo "$*" >> {bare_machine}/asked')

    done = install_system_parts(bare_machine)

    assert done.returncode == 0, done.stderr
    asked = (bare_machine / "asked").read_text(encoding="utf-8").splitlines()
    assert asked[-1].endswith("install -y --no-install-recommends python3-venv")
    assert "DPkg::Lock::Timeout=300" in asked[-1]


def test_without_root_and_sudo_one_sentence_says_what_is_missing(bare_machine):
    done = install_system_parts(bare_machine)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "neither root nor sudo" in done.stderr
    assert "apt-get install python3-venv" in done.stderr


def test_a_machine_that_has_everything_is_left_alone(bare_machine):
    write_program(bare_machine / "python3", f'exec {sys.executable} "$@"')

    done = install_system_parts(bare_machine)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_mirror_and_a_certificate_told_to_pip_hold_for_uv_too(tmp_path):
    write_program(tmp_path / "uv", 'echo "$UV_DEFAULT_INDEX $SSL_CERT_FILE $*"')
    write_program(tmp_path / "python", f'exec {sys.executable} "$@"')
    (tmp_path / "pip.conf").write_text("[global]\ncert = /somewhere/ca.pem\n", encoding="utf-8")
    told = {"PIP_INDEX_URL": "mirror.example", "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}

    done = subprocess.run(
        ["sh", str(ROOT / "scripts" / "uv.sh"), str(tmp_path), "pip", "sync"],
        env={"PATH": os.environ["PATH"], **told},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "mirror.example /somewhere/ca.pem pip sync\n"
