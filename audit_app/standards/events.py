"""What happens to standards, for later slices to act on."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class StandardPublished:
    """A version became immutable and may be used for visits."""

    version_id: UUID


@dataclass(frozen=True)
class StandardRetired:
    """A version is no longer planned with; what was made with it stays."""

    version_id: UUID
