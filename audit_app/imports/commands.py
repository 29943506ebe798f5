"""The commands `import`, `export` and `score`: the same actions as the pages, without a browser."""

from pathlib import Path

import click

from audit_app.imports.actions.bring import Options, Upload, bring_in
from audit_app.imports.rules.kinds import Kind
from audit_app.imports.rules.report import Report, RowsNotTaken, in_words
from audit_app.kit import clock
from audit_app.kit.db import make_engines, write
from audit_app.kit.errors import AuditError
from audit_app.kit.i18n import gettext
from audit_app.kit.tables import MOST_BYTES, write_csv
from audit_app.migrations import state as migrations
from audit_app.settings import read_settings

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


def _say_problems(report: Report) -> None:
    for problem in report.problems[:SHOWN]:
        click.echo(f"{report.file}: {in_words(problem, with_line=True)}", err=True)
    if len(report.problems) > SHOWN:
        click.echo(f"{report.file}: and {len(report.problems) - SHOWN} more problems.", err=True)


@click.command("import")
@data_option
@click.argument("kind", type=click.Choice([str(kind) for kind in Kind]))
@click.argument("files", nargs=-1, required=True, type=a_file, metavar="FILE...")
@click.option(
    "--skip-bad", is_flag=True, help="Import the good rows; write the others to FILE.bad.csv with a reason."
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option(
    "--state",
    type=click.Choice(["planned", "submitted", "approved", "released", "void"]),
    help="State of imported visits (default: approved; released later by the delay rule).",
)
def import_(
    data: Path | None, kind: str, files: tuple[Path, ...], skip_bad: bool, dry_run: bool, state: str | None
) -> None:
    """Import files of one KIND: CSV or XLSX tables, standards as YAML.

    Every row is checked first. When one cannot be taken, its line, column and reason are printed and nothing at all is
    imported, from any of the files, unless --skip-bad is given. Importing the same file twice changes nothing.

    \b
      audit-app import locations network.xlsx
      audit-app import visits visits.csv && audit-app import answers answers.csv
    """
    options = Options(skip_bad=skip_bad, dry_run=dry_run, state=state)
    uploads = [(path, Upload(path.name, content_of(path))) for path in files]
    settings = read_settings(data=data)
    migrations.upgrade(settings.database_url)
    engines = make_engines(settings.database_url)
    reports: list[tuple[Path, Report]] = []
    try:
        with write(engines) as session:
            for path, upload in uploads:
                try:
                    found = bring_in(session, Kind(kind), upload, by=None, now=clock.now(), options=options)
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


def _write_bad(path: Path, report: Report) -> None:
    beside = path.with_name(path.name + ".bad.csv")
    try:
        beside.write_bytes(b"".join(write_csv(*report.bad_table())))
    except OSError as odd:
        raise click.ClickException(f"{beside}: {odd.strerror or odd}. Nothing was imported.") from None
    click.echo(f"{path}: the rows left out are in {beside}.", err=True)
