"""XLSForm on the pages: a form becomes a draft, what was left out is listed, a bad one changes nothing, a version goes out."""

import pytest
from sqlmodel import Session, select

from audit_app.kit.db import read, write
from audit_app.standards.models import StandardVersion
from audit_app.standards.rules.canonical import canonical
from audit_app.standards.xlsform import XLSX, read_xlsform, write_xlsform
from tests.factories.organisation import make_person
from tests.factories.standards import make_document, make_version
from tests.factories.xlsform import make_form
from tests.support.odd_files import TABLES


@pytest.fixture
def quinn(engines):
    with write(engines) as session:
        return make_person(session, "Quinn", "quality_manager")


def versions(engines):
    with read(engines) as session:
        return session.exec(select(StandardVersion)).all()


def send(client, content, name="form.xlsx"):
    return client.post("/standards/import", {}, files={"file": (name, content, XLSX)})


def test_our_own_form_becomes_a_draft_at_once(client, engines, quinn):
    client.sign_in(quinn)

    answer = send(client, write_xlsform(make_document(code="from-form")))

    assert answer.status_code == 303
    (draft,) = versions(engines)
    assert draft.document == canonical(make_document(code="from-form"))


def test_what_a_plain_form_leaves_out_is_listed_and_the_draft_is_there(client, engines, quinn):
    client.sign_in(quinn)
    form = make_form(
        {"type": "select_one yes_no", "name": "a", "label": "<b>A</b>"}, {"type": "geopoint", "name": "place"}
    )

    answer = send(client, form)

    assert answer.status_code == 200
    assert "survey, row 4, column type: a row of type “geopoint” is not carried over" in answer.text
    (draft,) = versions(engines)
    assert f"/standards/versions/{draft.id}/edit" in answer.text
    send(client, form)
    assert len(versions(engines)) == 1


@pytest.mark.parametrize("name", ["bomb.xlsx", "laughs.xlsx", "nul.xlsx", "deep.xlsx", "old.xls", "html.xls"])
def test_hostile_files_are_answered_with_a_sentence_and_write_nothing(client, engines, quinn, name):
    client.sign_in(quinn)

    answer = client.post(
        "/standards/import", {"format": "xlsform"}, files={"file": (name, TABLES[name][0], XLSX)}
    )

    assert answer.status_code == 422
    assert "Nothing was written" in answer.text
    assert versions(engines) == []


def test_a_bad_form_names_its_cells(client, engines, quinn):
    client.sign_in(quinn)

    answer = send(client, make_form({"type": "text", "name": "a", "label": "A", "relevant": "${zz} = 1"}))

    assert answer.status_code == 422
    assert "survey, row 3, column relevant" in answer.text
    assert "there is no item “zz”" in answer.text
    assert versions(engines) == []


def test_a_version_goes_out_as_a_form(client, engines, quinn):
    with write(engines) as session:
        version = make_version(session)
        url = f"/standards/versions/{version.id}"
        document = dict(version.document)
    client.sign_in(quinn)

    assert f"{url}/export?format=xlsx" in client.get(url).text
    answer = client.get(f"{url}/export?format=xlsx")

    assert answer.headers["content-type"] == XLSX
    assert answer.headers["content-disposition"] == 'attachment; filename="shop-floor-1.xlsx"'
    assert canonical(read_xlsform(answer.content).document) == canonical(document)


def test_a_draft_that_is_not_complete_says_so(client, engines, quinn):
    with write(engines) as session:
        version = make_version(session, published=False)
        _break(session, version)
        url = f"/standards/versions/{version.id}/export?format=xlsx"
    client.sign_in(quinn)

    assert client.get(url).status_code == 422


def _break(session: Session, version: StandardVersion) -> None:
    version.document = {**version.document, "sections": []}
    session.add(version)
