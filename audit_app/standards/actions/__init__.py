"""Changes to standards: begin, import, edit, undo, redo, publish, retire. Each is one transaction with one audit entry."""

from audit_app.standards.actions.drafts import (
    MOST_STEPS,
    CodeTaken,
    DraftIsOpen,
    EditConflict,
    Someone,
    change_draft,
    discard,
    import_document,
    new_draft,
    new_standard,
    redo,
    undo,
)
from audit_app.standards.actions.pictures import add_picture
from audit_app.standards.actions.publishing import (
    NothingChanged,
    NothingToRetire,
    publish,
    retire,
)

__all__ = [
    "MOST_STEPS",
    "CodeTaken",
    "DraftIsOpen",
    "EditConflict",
    "NothingChanged",
    "NothingToRetire",
    "Someone",
    "add_picture",
    "change_draft",
    "discard",
    "import_document",
    "new_draft",
    "new_standard",
    "publish",
    "redo",
    "retire",
    "undo",
]
