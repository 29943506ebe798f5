"""What a person may submit: to begin a standard, and to edit the parts of a draft."""

from audit_app.standards.forms.begin import NewStandard
from audit_app.standards.forms.conditions import ConditionRows, rows_of
from audit_app.standards.forms.parts import item_from, section_from, settings_from
from audit_app.standards.forms.typed import Fields

__all__ = ["ConditionRows", "Fields", "NewStandard", "item_from", "rows_of", "section_from", "settings_from"]
