"""The twelve states of a visit and the only ways between them; product.md 5."""

from audit_app.kit.errors import AuditError
from audit_app.visits.models import VisitState as S

MOVES: dict[S, frozenset[S]] = {
    S.PLANNED: frozenset({S.OFFERED, S.ACCEPTED, S.EXPIRED, S.CANCELLED}),
    S.OFFERED: frozenset({S.ACCEPTED, S.DECLINED, S.EXPIRED, S.CANCELLED, S.PLANNED}),
    S.ACCEPTED: frozenset({S.STARTED, S.SUBMITTED, S.DECLINED, S.EXPIRED, S.CANCELLED, S.VOID, S.PLANNED}),
    S.STARTED: frozenset({S.SUBMITTED, S.DECLINED, S.EXPIRED, S.CANCELLED, S.VOID}),
    S.SUBMITTED: frozenset({S.APPROVED, S.RETURNED, S.VOID}),
    S.RETURNED: frozenset({S.SUBMITTED, S.EXPIRED, S.CANCELLED, S.VOID}),
    S.APPROVED: frozenset({S.RELEASED, S.VOID}),
    S.RELEASED: frozenset({S.VOID}),
    S.DECLINED: frozenset({S.PLANNED}),
    S.EXPIRED: frozenset({S.PLANNED}),
    S.CANCELLED: frozenset(),
    S.VOID: frozenset(),
}
"""From → to. An accepted visit may be submitted: the start of an offline phone was never seen (contracts.md 4)."""

OPEN_TO_SHOPPER = frozenset({S.OFFERED, S.ACCEPTED, S.STARTED, S.RETURNED})
"""States in which something is left for the shopper to do."""
FILLABLE = frozenset({S.ACCEPTED, S.STARTED, S.RETURNED})
"""States in which answers may be given and sent."""
ANSWERED = frozenset({S.SUBMITTED, S.APPROVED, S.RELEASED})
UPCOMING = frozenset({S.PLANNED, S.OFFERED, S.ACCEPTED, S.STARTED, S.RETURNED})


class NotFromHere(AuditError):
    """This cannot be done with the visit as it stands now. Please reload the page."""


def ensure_may(before: str, after: str) -> None:
    """Raise `NotFromHere` unless the visit may go from one state to the other."""
    if S(after) not in MOVES[S(before)]:
        raise NotFromHere
