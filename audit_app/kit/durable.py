"""Jobs that survive a restart, kept by DBOS: in a SQLite file of their own, or in PostgreSQL.

Situation: a server is killed while a study runs. Choice: each job is a DBOS workflow with an id of ours; at the next
start the one that hangs is run again, and the same id handed in twice runs once. One job at a time, so that the pages
keep the other core. This module is imported late (it takes two seconds) and only when there is something to do.
Refused: a table and a thread of our own (leases and recovery are easy to get wrong), a broker (one more thing to run).
"""

from collections.abc import Callable, Mapping
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID

QUEUE = "long"
VERSION = "1"
"""DBOS recovers only workflows of its own version: fixed, so that a new release goes on with what hangs."""
POLLING = 0.25

_tasks: Mapping[str, Callable[[str], None]] = {}


@DBOS.step(name="audit_app.task")
def _task(kind: str, subject: str) -> None:
    _tasks[kind](subject)


@DBOS.workflow(name="audit_app.job")
def _job(kind: str, subject: str) -> None:
    _task(kind, subject)


def launch(url: str, executor: str, tasks: Mapping[str, Callable[[str], None]]) -> None:
    """Start the jobs of this process; those that hang from before are run again at once."""
    global _tasks  # DBOS itself is one per process
    _tasks = tasks
    config: DBOSConfig = {
        "name": "audit-app",
        "system_database_url": url,
        "executor_id": executor,
        "application_version": VERSION,
        "log_level": "WARNING",
        "use_listen_notify": False,
    }
    DBOS(config=config)
    DBOS.launch()
    DBOS.register_queue(QUEUE, global_concurrency=1, polling_interval_sec=POLLING)


def hand_over(kind: str, subject: str, name: str) -> None:
    """Let the job run; a name that was handed over before does nothing."""
    with SetWorkflowID(name):
        DBOS.enqueue_workflow(QUEUE, _job, kind, subject)


def take_up(name: str) -> None:
    """Go on with a job whose worker is gone for good."""
    DBOS.resume_workflow(name, queue_name=QUEUE)


def end() -> None:
    """Stop; what is not finished is taken up at the next start."""
    DBOS.destroy(workflow_completion_timeout_sec=0)


__all__: list[Any] = ["end", "hand_over", "launch", "take_up"]
