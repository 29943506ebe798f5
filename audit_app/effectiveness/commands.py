"""The command `effectiveness`: which items of a standard work, from plain files or from the database."""

import math
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import click

from audit_app.effectiveness.folder import LONGEST, read_folder
from audit_app.effectiveness.loading import Wanted, facts_of
from audit_app.effectiveness.queries.decisions import kept_items
from audit_app.effectiveness.queries.supply import whole_history
from audit_app.effectiveness.result_files import as_csv, as_json, said
from audit_app.effectiveness.rules.facts import Facts
from audit_app.effectiveness.rules.findings import Decision, Findings
from audit_app.effectiveness.rules.measures import NPS
from audit_app.effectiveness.rules.plan import CONVERSION, USUAL, Outcome, Plan
from audit_app.effectiveness.rules.study import run
from audit_app.kit.db import make_engines, read
from audit_app.kit.later import later
from audit_app.settings import read_settings
from audit_app.standards.queries import standard_by_code

migrations = later("audit_app.migrations.state")  # a study of plain files has no schema

DOWN = ("complaints", "returns")
"""Less is better, unless told otherwise."""


DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder with locations.csv, visits.csv, answers.csv and outcomes.csv.",
)
@click.option("--standard", metavar="CODE", help="A standard of the database, instead of a folder.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that holds everything the app writes (default: AUDIT_DATA, else ./data).",
)
@click.option("--since", type=DAY, help="With --standard: first day (default: the first there is).")
@click.option("--until", type=DAY, help="With --standard: last day; a week it cuts through stays out.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Writes OUT.csv and OUT.json.")
@click.option(
    "--thorough", is_flag=True, help="Errors by leaving out groups of locations through the whole study."
)
@click.option(
    "--smallest-effect",
    default=0.03,
    show_default=True,
    help="Smallest effect on conversion worth having (log rate, never to always); scaled for other outcomes.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0, 2**31),
    help="Draws the groups of --thorough.",
)
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    metavar="NAME[:up|down]",
    help="conversion, ticket, complaints, repeat, nps, or a column of outcomes.csv; several are possible.",
)
def effectiveness(
    folder: Path | None,
    standard: str | None,
    data: Path | None,
    since: datetime | None,
    until: datetime | None,
    out: Path,
    thorough: bool,
    smallest_effect: float,
    seed: int,
    outcomes: tuple[str, ...],
) -> None:
    """Which items of a standard work: estimates, verdicts and decisions as CSV and JSON.

    \b
      audit-app effectiveness --from FOLDER --out result
      audit-app effectiveness --standard clothing-shop --out result
    """
    if not 0 < smallest_effect < 1 or not math.isfinite(smallest_effect):
        raise click.ClickException("--smallest-effect must lie between 0 and 1, such as 0.03.")
    if (folder is None) == (standard is None):
        raise click.UsageError("Give either --from FOLDER or --standard CODE.")
    if folder is not None:
        if data or since or until:
            raise click.UsageError("--data, --since and --until go with --standard.")
        facts, kept, where = read_folder(folder), frozenset[str](), "outcomes.csv"
    else:
        facts, kept = _from_database(
            standard or "", data, since.date() if since else None, until.date() if until else None
        )
        where = "the database"
    chosen = tuple(_outcome(text, facts, where) for text in dict.fromkeys(outcomes)) or USUAL
    if len({one.name for one in chosen}) < len(chosen):
        raise click.ClickException("--outcome names an outcome twice.")
    scale = smallest_effect / CONVERSION.smallest
    plan = Plan(
        outcomes=tuple(replace(one, smallest=one.smallest * scale) for one in chosen),
        thorough=thorough,
        seed=seed,
        kept=kept,
    )
    write(run(facts, plan), plan, out)


def _from_database(
    code: str, data: Path | None, since: date | None, until: date | None
) -> tuple[Facts, frozenset[str]]:
    """The facts about a standard, and the items that people keep as hygiene."""
    settings = read_settings(data=data)
    migrations.upgrade(settings.database_url)
    engines = make_engines(settings.database_url)
    try:
        with read(engines) as session:
            standard = standard_by_code(session, code)
            if standard is None:
                raise click.ClickException(f"There is no standard with the code {code}.")
            period = whole_history(session, standard.id, since, until)
            if period is None:
                raise click.ClickException(f"There are no numbers of customers to compare {code} with.")
            first, last = period
            if last < first:
                raise click.ClickException(f"The period from {first} to {last} holds no day.")
            if (last - first).days > LONGEST:
                raise click.ClickException(
                    f"The dates span more than ten years ({first} to {last}): give --since and --until."
                )
            kept = kept_items(session, standard.id)
        return facts_of(engines, Wanted(standard.id, first, last)), kept
    finally:
        engines.dispose()


def write(findings: Findings, plan: Plan, out: Path) -> None:
    """Both files beside each other, and a short word on the terminal."""
    stem = out.with_suffix("") if out.suffix.lower() in {".csv", ".json"} else out
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        for ending, text in ((".csv", as_csv(findings)), (".json", as_json(findings, plan))):
            Path(f"{stem}{ending}").write_text(text, encoding="utf-8", newline="")
    except OSError as odd:
        raise click.ClickException(f"{odd.filename or stem}: {odd.strerror or odd}.") from None
    counts = {decision: sum(item.decision is decision for item in findings.items) for decision in Decision}
    click.echo(", ".join(f"{count} {decision}" for decision, count in counts.items() if count))
    for doubt in findings.doubts:
        click.echo(
            f"{'Warning' if doubt.serious else 'Note'}: {said(doubt.text)} {said(doubt.advice)}", err=True
        )


def _outcome(text: str, facts: Facts, where: str) -> Outcome:
    """An outcome by its name, and the direction that is good."""
    name, _sep, way = text.partition(":")
    if way not in {"", "up", "down"}:
        raise click.ClickException(f"--outcome {text}: the good direction is up or down.")
    usual = {one.name: one for one in (*USUAL, NPS)}
    found = usual.get(name)
    if found is None:
        if name not in facts.measures:
            columns = ", ".join(sorted(facts.measures))
            raise click.ClickException(f"--outcome {name}: {where} has no such column ({columns}).")
        below = "transactions" if "transactions" in facts.measures and name != "transactions" else "visitors"
        found = Outcome(name, name, below, -1 if name in DOWN else 1)
    needed = {"nps_points": "promoters", "survey_answers": "detractors"}
    for measure in (found.count, found.exposure):
        column = needed.get(measure, measure)
        if column not in facts.measures:
            raise click.ClickException(f"--outcome {name} needs the column {column} in {where}.")
    return replace(found, good={"": found.good, "up": 1, "down": -1}[way])
