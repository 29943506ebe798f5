"""The commands `import`, `export` and `score`: the same actions as the pages, without a browser."""

import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from sqlmodel import Session

from audit_app.imports.actions.bring import Options, Upload, bring_in
from audit_app.imports.actions.sources import bring_summed, summed_of
from audit_app.imports.queries.exports import EVERYTHING, TABLES, standard_documents
from audit_app.imports.rules.kinds import Kind
from audit_app.imports.rules.lines import Taker, understand
from audit_app.imports.rules.outcomes import how_to_read
from audit_app.imports.rules.report import Report, RowsNotTaken, in_words
from audit_app.imports.rules.visits import STATES
from audit_app.kit import clock
from audit_app.kit.db import make_engines, read, write
from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import gettext
from audit_app.kit.tables import MOST_BYTES, Table, read_table, write_csv, write_xlsx
from audit_app.kit.yaml import read_yaml, write_yaml
from audit_app.migrations import state as migrations
from audit_app.outcomes.queries import source_named, sources
from audit_app.scoring.rules.document import RowProblem, RowsNotUnderstood, score_document
from audit_app.settings import Settings, read_settings
from audit_app.standards.rules.reading import read_version
from audit_app.standards.xlsform import write_xlsform

SHOWN = 20

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that holds everything the app writes (default: AUDIT_DATA, else ./data).",
)
a_file = click.Path(path_type=Path, dir_okay=False)


def content_of(path: Path) -> bytes:
    """The file's bytes, or one sentence why not."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise click.ClickException(f"{path}: the file is larger than {MOST_BYTES // 2**20} MB.")
        return path.read_bytes()
    except OSError as odd:
        raise click.ClickException(f"{path}: {odd.strerror or odd}.") from None


def _parts(content: bytes, kind: Kind) -> list[bytes]:
    """One standard each: `export standards` writes several into one output. Lines keep their numbers."""
    if kind is not Kind.STANDARDS or content.startswith(b"PK\x03\x04"):
        return [content]
    parts, begin = [], 0
    for mark in re.finditer(rb"^---[ \t]*\r?$", content, re.MULTILINE):
        if content[begin : mark.start()].strip():
            parts.append(b"\n" * content.count(b"\n", 0, begin) + content[begin : mark.start()])
            begin = mark.end()
    return [*parts, b"\n" * content.count(b"\n", 0, begin) + content[begin:]]


def _say_problems(report: Report) -> None:
    for problem in report.problems[:SHOWN]:
        click.echo(f"{report.file}: {in_words(problem, with_line=True)}", err=True)
    if len(report.problems) > SHOWN:
        click.echo(f"{report.file}: and {len(report.problems) - SHOWN} more problems.", err=True)


@click.command("import")
@data_option
@click.argument("kind", type=click.Choice([str(kind) for kind in Kind]))
@click.argument("files", nargs=-1, type=a_file, metavar="FILE...")
@click.option(
    "--source",
    metavar="NAME",
    help="Outcomes: sum this declared source in its engine, instead of reading files.",
)
@click.option(
    "--skip-bad", is_flag=True, help="Import the good rows; write the others to FILE.bad.csv with a reason."
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option(
    "--state",
    type=click.Choice([*STATES, "draft", "published"]),
    help="State of all imported visits (default: what the column state says, else approved and released later by "
    "the delay rule) or of a standard (default: published; or draft).",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="HEADING=MEANING",
    help="Outcomes: what a column is (location, date, visitors, transactions, revenue, complaints, more, or nothing); "
    "may be repeated, and is remembered.",
)
@click.option(
    "--decimals",
    type=click.Choice(["point", "comma"]),
    help="Outcomes: the sign before the decimals, where the file does not tell.",
)
@click.pass_obj
def import_(
    announcer: Callable[[Session], Callable[[object], None]],
    data: Path | None,
    kind: str,
    files: tuple[Path, ...],
    skip_bad: bool,
    dry_run: bool,
    state: str | None,
    columns: tuple[str, ...],
    decimals: str | None,
    source: str | None,
) -> None:
    """Import files of one KIND: CSV or XLSX tables, standards as YAML or XLSForm.

    Every row is checked first. When one cannot be taken, its line, column and reason are printed and nothing at all is
    imported, from any of the files, unless --skip-bad is given. Importing the same file twice changes nothing.

    \b
      audit-app import locations network.xlsx
      audit-app import visits visits.csv && audit-app import answers answers.csv
    """
    how = how_to_read(columns, decimals, sign="=")
    options = Options(skip_bad=skip_bad, dry_run=dry_run, state=state, how=how)
    if source is not None and (files or kind != Kind.OUTCOMES):
        raise click.ClickException("--source goes with outcomes and without files.")
    if source is None and not files:
        raise click.UsageError("Missing argument 'FILE...'.")
    uploads = [
        (path, Upload(path.name, part)) for path in files for part in _parts(content_of(path), Kind(kind))
    ]
    settings = read_settings(data=data)
    migrations.upgrade(settings.database_url)
    engines = make_engines(settings.database_url)
    reports: list[tuple[Path, Report]] = []
    try:
        with write(engines) as session:
            if source is not None:
                reports.append((Path(source), _from_source(session, source, settings, announcer, options)))
            for path, upload in uploads:
                try:
                    found = bring_in(
                        session,
                        Kind(kind),
                        upload,
                        by=None,
                        now=clock.now(),
                        announce=announcer(session),
                        options=options,
                    )
                except RowsNotTaken as refused:
                    _say_problems(refused.report)
                    raise
                except AuditError as refused:
                    raise click.ClickException(f"{path}: {gettext(refused.text, **refused.values)}") from None
                reports.append((path, found))
            # Beside the data and before the commit: if the bad rows cannot be kept, nothing is imported.
            for path, report in reports:
                if report.bad and skip_bad and not dry_run:
                    _write_bad(path, report)
    finally:
        engines.dispose()
    for path, report in reports:
        _say_problems(report)
        verb = "would be " if dry_run else ""
        click.echo(
            f"{path}: {verb}{report.new} new, {report.changed} changed, {report.same} the same, {report.bad} left out."
        )
        if report.unknown:
            click.echo(
                f"{path}: columns not used: {', '.join(name or '(no heading)' for name in report.unknown)}."
            )
        for note in report.notes:
            click.echo(f"{path}: {gettext(note)}")


def _from_source(
    session: Session,
    name: str,
    settings: Settings,
    announcer: Callable[[Session], Callable[[object], None]],
    options: Options,
) -> Report:
    """Sums of a declared source, checked and written like a file."""
    found = source_named(session, name)
    if found is None:
        known = ", ".join(one.name for one in sources(session)) or "none"
        raise click.ClickException(f"There is no source “{name}”; declared are: {known}.")
    try:
        return bring_summed(
            session,
            found,
            summed_of(found, settings),
            by=None,
            now=clock.now(),
            announce=announcer(session),
            options=options,
        )
    except RowsNotTaken as refused:
        _say_problems(refused.report)
        raise


def _write_bad(path: Path, report: Report) -> None:
    beside = path.with_name(path.name + ".bad.csv")
    try:
        beside.write_bytes(b"".join(write_csv(*report.bad_table())))
    except OSError as odd:
        raise click.ClickException(f"{beside}: {odd.strerror or odd}. Nothing was imported.") from None
    click.echo(f"{path}: the rows left out are in {beside}.", err=True)


EXPORTS = [*TABLES, "standards"]


@click.command("export")
@data_option
@click.argument("kind", type=click.Choice([str(kind) for kind in EXPORTS]))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write (standards: a folder); default: standard output.",
)
@click.option(
    "--format",
    "kind_of_file",
    type=click.Choice(["csv", "xlsx"]),
    help="Default: by the ending of --out, else csv.",
)
def export(data: Path | None, kind: str, out: Path | None, kind_of_file: str | None) -> None:
    """Write all rows of one KIND with the columns of the import, so that the file can be imported again.

    Cells that a spreadsheet would run are written with a leading apostrophe. Standards are YAML, one file a standard;
    with --format xlsx they are XLSForm, which ODK and KoboToolbox read.
    """
    settings = read_settings(data=data)
    migrations.upgrade(settings.database_url)
    engines = make_engines(settings.database_url)
    try:
        with read(engines) as session:
            if kind == "standards":
                documents = standard_documents(session)
                if kind_of_file == "xlsx":
                    _write_forms(documents, out)
                else:
                    _write_standards(documents, out)
                return
            table = TABLES[kind](session, EVERYTHING)
            chosen = kind_of_file or ("xlsx" if out and out.suffix.lower() == ".xlsx" else "csv")
            parts = (
                iter([write_xlsx(table.headings, table.rows, kind)])
                if chosen == "xlsx"
                else write_csv(table.headings, table.rows)
            )
            _write_parts(parts, out)
    finally:
        engines.dispose()


def _write_parts(parts: Iterator[bytes], out: Path | None) -> None:
    if out is None:
        stream = sys.stdout.buffer
        for part in parts:
            stream.write(part)
        return
    beside = out.with_name(out.name + ".part")
    try:
        with beside.open("wb") as file:
            file.writelines(parts)
        beside.replace(out)
    except OSError as odd:
        beside.unlink(missing_ok=True)
        raise click.ClickException(f"{out}: {odd.strerror or odd}.") from None


def _write_standards(documents: list[tuple[str, int, dict[str, Any]]], out: Path | None) -> None:
    if out is None:
        click.echo("---\n".join(write_yaml(document) for _code, _number, document in documents), nl=False)
        return
    for code, number, document in documents:
        _write_file(out / code / f"{number}.yaml", write_yaml(document).encode())


def _write_forms(documents: list[tuple[str, int, dict[str, Any]]], out: Path | None) -> None:
    if out is None:
        raise click.ClickException("Several workbooks do not fit into one output; name a folder with --out.")
    for code, number, document in documents:
        _write_file(out / code / f"{number}.xlsx", write_xlsform(document))


def _write_file(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as odd:
        raise click.ClickException(f"{file}: {odd.strerror or odd}.") from None


@click.command("score")
@click.argument("standard", type=a_file, metavar="STANDARD.yaml")
@click.argument("answers", type=a_file, metavar="ANSWERS.csv")
@click.option(
    "--locations",
    type=a_file,
    help="Table of locations (code, attributes), for items that apply by attribute.",
)
@data_option
def score(data: Path | None, standard: Path, answers: Path, locations: Path | None) -> None:
    """Score every visit of ANSWERS.csv (columns: visit, item, answer, comment) by STANDARD.yaml; prints JSON.

    Exact: scores and ratios are fractions in lowest terms, with every term and the reason why it counts. Nothing is
    stored and no database is needed.
    """
    with _named(standard):
        version = read_version(read_yaml(content_of(standard)))
    with _named(locations):
        known = _attributes(locations) if locations else None
    with _named(answers):
        rows, lines = _as_mappings(read_table(content_of(answers)))
        document = score_document(version, rows, known, lines=lines)
    click.echo(json.dumps(document, ensure_ascii=False, indent=1))


@contextlib.contextmanager
def _named(path: Path | None) -> Iterator[None]:
    """Say which file a refusal is about, and every row of it that is wrong, not only the first."""
    try:
        yield
    except RowsNotUnderstood as refused:
        for problem in refused.problems[:SHOWN]:
            click.echo(f"{path}: {in_words(problem, with_line=True)}", err=True)
        raise
    except AuditError as refused:
        raise click.ClickException(f"{path}: {gettext(refused.text, **refused.values)}") from None


def _as_mappings(table: Table) -> tuple[list[dict[str, str | None]], list[int]]:
    """Rows by heading, with their lines; a row that does not fit the headings ends it."""
    headings = [heading.strip().casefold().replace(" ", "_") for heading in table.headings]
    rows: list[dict[str, str | None]] = []
    lines: list[int] = []
    for row in table.rows:
        if row.fault:
            raise RowsNotUnderstood([RowProblem(row.line, "", row.fault, row.values)])
        rows.append(dict(zip(headings, row.cells, strict=True)))
        lines.append(row.line)
    if not rows:
        rows.append(dict.fromkeys(headings))
        lines.append(1)
    return rows, lines


def _attributes(path: Path) -> dict[str, dict[str, str]]:
    """Code → attributes; the other columns of the file are not looked at."""
    sheet = understand(read_table(content_of(path)), Kind.LOCATIONS, needed=("code",))
    take = Taker(sheet)
    found: dict[str, dict[str, str]] = {}
    for _line in take.each():
        code = take.code("code")
        if code in found:
            take.wrong("code", gettext("“%(code)s” stands there twice"), code=code[:60])
        found[code] = take.attributes("attributes")
    if take.problems:
        raise RowsNotUnderstood(take.problems)
    return found
