"""Who edits a standard, and what: for every test of the editor."""

import pytest

from audit_app.kit.db import write
from tests.factories.organisation import make_person
from tests.factories.standards import make_version


@pytest.fixture
def quinn(engines):
    with write(engines) as session:
        return make_person(session, "Quinn", "quality_manager")


@pytest.fixture
def draft(engines):
    with write(engines) as session:
        return make_version(session, published=False).id
