"""Triggers that keep what must never change: the audit log, submissions, published versions, scores.

Called by migrations, in SQL of both engines. A trigger holds even for a hand that bypasses the app.
"""

from alembic import op

APPEND_ONLY = ("audit_entry", "revision")
"""Tables whose rows never change and never go."""
STUDY_RECORDS = ("study_result", "item_decision")
"""The same for what came with the studies."""


def _refuse(table: str, what: str, condition: str, text: str) -> None:
    name = f"keep_{table}_{what.split()[0].lower()}"
    if op.get_bind().dialect.name == "sqlite":
        when = f" WHEN {condition}" if condition else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {what} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{text}'); END"
        )
        return
    op.execute(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{text}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    when = f" WHEN ({condition})" if condition else ""
    op.execute(f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH ROW{when} EXECUTE FUNCTION {name}()")


def _same(column: str) -> str:
    """The condition that a column changes; JSON of PostgreSQL is compared as text."""
    if op.get_bind().dialect.name == "sqlite":
        return f"NEW.{column} IS NOT OLD.{column}"
    return f"NEW.{column}::text IS DISTINCT FROM OLD.{column}::text"


def _any(columns: tuple[str, ...]) -> str:
    return " OR ".join(_same(column) for column in columns)


def put_up() -> None:
    """Create the triggers of the first tables."""
    for table in APPEND_ONLY:
        _refuse(table, "UPDATE", "", f"{table} is append-only")
        _refuse(table, "DELETE", "", f"{table} is append-only")
    _refuse(
        "standard_version",
        "UPDATE",
        f"OLD.state <> 'draft' AND ({_any(('document', 'number', 'standard_id', 'fingerprint', 'published_at'))} OR NEW.state = 'draft')",
        "a published version is never edited",
    )
    _refuse("standard_version", "DELETE", "OLD.state <> 'draft'", "a published version is never deleted")
    result = (
        "visit_id",
        "revision_id",
        "version_id",
        "rule_version",
        "attributes",
        "ratio",
        "tenths",
        "passed",
        "band",
    )
    _refuse(
        "visit_score",
        "UPDATE",
        _any((*result, "critical", "na_share", "sections", "computed_at")),
        "a score is never edited",
    )
    _refuse("visit_score", "DELETE", "", "a score is never deleted")


def keep_studies() -> None:
    """What a study found and what people decided is append-only; a study that is done stays as it is."""
    for table in STUDY_RECORDS:
        _refuse(table, "UPDATE", "", f"{table} is append-only")
        _refuse(table, "DELETE", "", f"{table} is append-only")
    _refuse("study", "UPDATE", "OLD.state = 'done'", "a finished study is never edited")
    _refuse("study", "DELETE", "OLD.state = 'done'", "a finished study is never deleted")


def let_studies_go() -> None:
    """Drop the triggers of the studies."""
    _drop([(table, what) for table in (*STUDY_RECORDS, "study") for what in ("update", "delete")])


def keep_pictures() -> None:
    """A name of a picture means the same picture for ever; the trigger goes with its table."""
    _refuse("standard_picture", "UPDATE", "", "a picture of a standard is never changed")


def let_pictures_go() -> None:
    """Drop the trigger of the pictures."""
    _drop([("standard_picture", "update")])


def take_down() -> None:
    """Drop the triggers of the first tables."""
    names = [(t, w) for t in APPEND_ONLY for w in ("update", "delete")]
    names += [(t, w) for t in ("standard_version", "visit_score") for w in ("update", "delete")]
    _drop(names)


def _drop(names: list[tuple[str, str]]) -> None:
    for table, what in names:
        name = f"keep_{table}_{what}"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER IF EXISTS {name}")
        else:
            op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")
