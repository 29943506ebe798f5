"""Tokens: shown once, kept as a hash, taken back by whoever may."""

import re

from sqlmodel import select

from audit_app.kit.db import read, write
from audit_app.organisation import actions
from audit_app.organisation.models import ApiToken
from tests.factories.organisation import make_person


def _cast(engines):
    with write(engines) as session:
        return [
            make_person(session, name, role).id
            for name, role in (("Ann", "administrator"), ("Mara", "shopper"), ("Ivo", "employee"))
        ]


def test_a_token_is_shown_once_works_and_is_taken_back(client, engines):
    ann, mara, _ivo = _cast(engines)
    client.sign_in(mara)
    page = client.post("/account/tokens", {"name": "phone app", "scopes": "visits"}).text
    token = re.search(r'value="(audit_[^"]+)"', page).group(1)
    bearer = {"authorization": f"Bearer {token}"}

    assert token not in client.get("/account/tokens").text
    with read(engines) as session:
        row = session.exec(select(ApiToken)).one()
        assert (row.token_hash, row.scopes, row.person_id) == (actions.digest(token), ["visits"], mara)
    client.sign_out()
    assert client.get("/api/v1/openapi.json", headers=bearer).status_code == 200

    client.sign_in(ann)
    assert "phone app" in client.get("/account/tokens").text
    assert client.post(f"/account/tokens/{row.id}/revoke").status_code == 303
    client.sign_out()
    assert client.get("/api/v1/openapi.json", headers=bearer).status_code == 401


def test_nobody_reaches_the_tokens_of_others(client, engines):
    ann, mara, ivo = _cast(engines)
    client.sign_in(ann)
    client.post("/account/tokens", {"name": "night job", "scopes": "import"})
    with read(engines) as session:
        token_id = session.exec(select(ApiToken.id)).one()
    client.sign_in(mara)

    assert "night job" not in client.get("/account/tokens").text
    assert client.post(f"/account/tokens/{token_id}/revoke").status_code == 404
    client.sign_in(ivo)
    assert "nothing that a program could do" in client.get("/account/tokens").text


def test_a_token_for_more_than_the_role_is_refused(client, engines):
    _ann, mara, _ivo = _cast(engines)
    client.sign_in(mara)

    assert client.post("/account/tokens", {"name": "x", "scopes": "import"}).status_code == 422
    assert client.post("/account/tokens", {"name": "x"}).status_code == 422
    assert client.post("/account/tokens", {"scopes": "visits"}).status_code == 422
    with read(engines) as session:
        assert session.exec(select(ApiToken)).all() == []
