"""XLSForm, the spreadsheet format of ODK and KoboToolbox: standards come in from it and go out to it.

`read_xlsform` gives a document with notes on what was assumed or left out, `write_xlsform` a workbook that reads back as the
same standard. checklists/xlsform.md says how each thing maps.
"""

from audit_app.standards.xlsform.notes import Note, XlsformNotUnderstood, in_words
from audit_app.standards.xlsform.reading import XlsformReading, read_xlsform
from audit_app.standards.xlsform.writing import XLSX, write_xlsform

__all__ = [
    "XLSX",
    "Note",
    "XlsformNotUnderstood",
    "XlsformReading",
    "in_words",
    "read_xlsform",
    "write_xlsform",
]
