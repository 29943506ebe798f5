"""The command `effectiveness`: which standards work, from plain files."""

import math
from dataclasses import replace
from pathlib import Path

import click

from audit_app.effectiveness.folder import read_folder
from audit_app.effectiveness.result_files import as_csv, as_json, said
from audit_app.effectiveness.rules.facts import Facts
from audit_app.effectiveness.rules.findings import Decision, Findings
from audit_app.effectiveness.rules.measures import NPS
from audit_app.effectiveness.rules.plan import CONVERSION, USUAL, Outcome, Plan
from audit_app.effectiveness.rules.study import run

DOWN = ("complaints", "returns")
"""Less is better, unless told otherwise."""


@click.command()
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder with locations.csv, visits.csv, answers.csv and outcomes.csv.",
)
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
    folder: Path, out: Path, thorough: bool, smallest_effect: float, seed: int, outcomes: tuple[str, ...]
) -> None:
    """Which items of a standard work: estimates, verdicts and decisions as CSV and JSON."""
    if not 0 < smallest_effect < 1 or not math.isfinite(smallest_effect):
        raise click.ClickException("--smallest-effect must lie between 0 and 1, such as 0.03.")
    facts = read_folder(folder)
    chosen = tuple(_outcome(text, facts) for text in dict.fromkeys(outcomes)) or USUAL
    if len({one.name for one in chosen}) < len(chosen):
        raise click.ClickException("--outcome names an outcome twice.")
    scale = smallest_effect / CONVERSION.smallest
    plan = Plan(
        outcomes=tuple(replace(one, smallest=one.smallest * scale) for one in chosen),
        thorough=thorough,
        seed=seed,
    )
    write(run(facts, plan), plan, out)


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


def _outcome(text: str, facts: Facts) -> Outcome:
    """An outcome by its name, and the direction that is good."""
    name, _sep, way = text.partition(":")
    if way not in {"", "up", "down"}:
        raise click.ClickException(f"--outcome {text}: the good direction is up or down.")
    usual = {one.name: one for one in (*USUAL, NPS)}
    found = usual.get(name)
    if found is None:
        if name not in facts.measures:
            columns = ", ".join(sorted(facts.measures))
            raise click.ClickException(f"--outcome {name}: outcomes.csv has no such column ({columns}).")
        below = "transactions" if "transactions" in facts.measures and name != "transactions" else "visitors"
        found = Outcome(name, name, below, -1 if name in DOWN else 1)
    needed = {"nps_points": "promoters", "survey_answers": "detractors"}
    for measure in (found.count, found.exposure):
        column = needed.get(measure, measure)
        if column not in facts.measures:
            raise click.ClickException(f"--outcome {name} needs the column {column} in outcomes.csv.")
    return replace(found, good={"": found.good, "up": 1, "down": -1}[way])
