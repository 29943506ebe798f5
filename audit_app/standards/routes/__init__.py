"""The pages of the standards: reading, beginning and importing, editing a draft, publishing."""

from audit_app.standards.routes.begin import BeginStandards
from audit_app.standards.routes.editor import EditDraft
from audit_app.standards.routes.editor_acts import ActOnDraft
from audit_app.standards.routes.pictures import AddPictures, ShowPictures
from audit_app.standards.routes.publishing import PublishStandards
from audit_app.standards.routes.reading import ReadStandards

__all__ = [
    "ActOnDraft",
    "AddPictures",
    "BeginStandards",
    "EditDraft",
    "PublishStandards",
    "ReadStandards",
    "ShowPictures",
]
