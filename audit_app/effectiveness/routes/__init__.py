"""Pages of the studies, for the quality manager first: ask, read, trust, use."""

from audit_app.effectiveness.routes.asking import Asking
from audit_app.effectiveness.routes.deciding import Deciding
from audit_app.effectiveness.routes.files import Files
from audit_app.effectiveness.routes.reading import Reading
from audit_app.effectiveness.routes.rows import RowsBehind

__all__ = ["Asking", "Deciding", "Files", "Reading", "RowsBehind"]
