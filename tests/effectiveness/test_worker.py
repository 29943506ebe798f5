"""A study survives a killed worker, and ends at once when somebody cancels it."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from audit_app.effectiveness import actions
from audit_app.effectiveness.models import Study, StudyResult
from audit_app.effectiveness.queries import studies
from audit_app.effectiveness.rules.document import plan_document
from audit_app.kit import clock
from audit_app.kit.db import read, write
from audit_app.kit.limited import BrokeOff, Limits, NeededTooMuch, TookTooLong, run
from tests.factories.effectiveness import PLAN
from tests.factories.organisation import make_person
from tests.factories.visits import make_version

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys, threading
from pathlib import Path
from audit_app.effectiveness.running import study_kind
from audit_app.kit.db import make_engines
from audit_app.kit.worker import Worker
import audit_app.app
url = sys.argv[1]
worker = Worker(make_engines(url), url, Path(sys.argv[2]), [study_kind("tests.effectiveness.slow_task:compute")], "web")
worker.start(0.3)
threading.Event().wait()
"""


def start(url, folder):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, url, str(folder)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )  # fmt: skip


def wait_for(engines, study_id, states, seconds=140):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with read(engines) as session:
            state = session.get_one(Study, study_id).state
        if state in states:
            return state
        time.sleep(0.1)
    return pytest.fail(f"still {state}")


@pytest.mark.timeout(
    600
)  # two interpreters that load everything, on each engine; on a busy machine that alone is a minute each
def test_a_killed_worker_leaves_a_study_that_the_next_one_finishes_and_a_cancelled_one_ends(
    both_engines, tmp_path
):
    def ask(seconds):
        with write(both_engines) as session:
            return actions.ask(
                session, version.standard_id, date(2026, 1, 5), date(2026, 3, 15),
                {**plan_document(PLAN), "seconds": seconds}, quinn, clock.now(),
            ).id  # fmt: skip

    with write(both_engines) as session:
        quinn, version = make_person(session, "Quinn", "quality_manager"), make_version(session)
    url = both_engines.writing.url.render_as_string(hide_password=False)
    lost = ask(3)
    first = start(url, tmp_path)
    try:
        assert wait_for(both_engines, lost, ("running",)) == "running"
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    second = start(url, tmp_path)
    try:
        assert wait_for(both_engines, lost, ("done", "failed")) == "done"

        endless, next_one = ask(600), ask(0)
        wait_for(both_engines, endless, ("running",))
        with write(both_engines) as session:
            study = studies.study_row(session, endless, for_change=True)
            actions.cancel(session, study, quinn, clock.now())
        assert wait_for(both_engines, next_one, ("done", "failed")) == "done"
    finally:
        second.kill()
        second.wait()
    with read(both_engines) as session:
        assert session.get_one(Study, endless).state == "cancelled"
        assert session.get(StudyResult, endless) is None
        with pytest.raises(actions.StudyIsOver):
            actions.cancel(session, session.get_one(Study, endless), quinn, clock.now())


def test_the_limited_process_holds_its_limits():
    with pytest.raises(TookTooLong):
        run("tests.effectiveness.test_worker:sleep", {}, Limits(1.5, 2000))
    with pytest.raises(NeededTooMuch):
        run("tests.effectiveness.test_worker:hoard", {}, Limits(60, 1500))
    with pytest.raises(BrokeOff):
        run("tests.effectiveness.test_worker:nowhere", {}, Limits(60, 2000))


def sleep(_arguments, _tell):
    time.sleep(30)


def hoard(_arguments, _tell):
    return b"x" * (3 * 2**30)
