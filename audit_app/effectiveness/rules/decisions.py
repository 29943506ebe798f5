"""What to do with an item over all outcomes (product.md 7): proposed by rule, taken by a person."""

from collections.abc import Sequence

from audit_app.effectiveness.rules import reasons
from audit_app.effectiveness.rules.findings import Decision, Estimate, Reason, Verdict


def decide(
    estimates: Sequence[Estimate],
    visits: int,
    *,
    kept: bool,
    disagreement: bool,
    why_not: Reason | None = None,
) -> tuple[Decision, Reason]:
    """The decision for one item from its verdicts on the family's outcomes, and one sentence that says why.

    Kept by law or choice → hygiene; harmful somewhere, or raters disagree → rework; no variation → hygiene; pays
    somewhere → keep; no evidence on every outcome → drop; anything else → wait. `why_not` says why an item could not
    be tested at all, where it is so.
    """
    by = {verdict: [e.outcome for e in estimates if e.verdict is verdict] for verdict in Verdict}
    if kept:
        return Decision.HYGIENE, reasons.KEPT
    if by[Verdict.HARMFUL]:
        return Decision.REWORK, reasons.rework(by[Verdict.PAYS], by[Verdict.HARMFUL])
    if disagreement:
        return Decision.REWORK, reasons.DISAGREE
    if by[Verdict.NO_VARIATION]:
        return Decision.HYGIENE, reasons.HYGIENE
    if by[Verdict.PAYS]:
        return Decision.KEEP, reasons.keep(by[Verdict.PAYS])
    if estimates and len(by[Verdict.NO_EVIDENCE]) == len(estimates):
        return Decision.DROP, reasons.drop(by[Verdict.NO_EVIDENCE])
    if why_not is not None:
        return Decision.WAIT, why_not
    needed = [e.visits_needed for e in estimates if e.visits_needed is not None]
    return Decision.WAIT, reasons.wait(min(needed) if needed else None, visits)
