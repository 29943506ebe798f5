"""What can happen to a visit that others act on."""

from dataclasses import dataclass
from uuid import UUID

from audit_app.standards.rules.filled import Filled


@dataclass(frozen=True)
class VisitSubmitted:
    """A revision was taken: the visit has answers that count.

    `filled` is what those answers were read as, for those who come after at once and need not read them again.
    """

    visit_id: UUID
    revision_id: UUID
    filled: Filled | None = None


@dataclass(frozen=True)
class VisitApproved:
    """A reviewer agreed with the answers."""

    visit_id: UUID


@dataclass(frozen=True)
class VisitReturned:
    """A reviewer sent the named items back to the shopper."""

    visit_id: UUID


@dataclass(frozen=True)
class VisitReleased:
    """The location may now see the result."""

    visit_id: UUID


@dataclass(frozen=True)
class VisitVoided:
    """The visit does not count after all: the shopper was noticed, the location was closed."""

    visit_id: UUID
    was_released: bool
