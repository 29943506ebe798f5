"""What programs read about the API, and what they hear at the door."""

from audit_app.kit.db import write
from audit_app.openapi import CALLS
from tests.factories.organisation import make_person


def test_every_call_is_described_with_body_answers_and_refusals(client, engines):
    with write(engines) as session:
        quinn = make_person(session, "Quinn", "quality_manager")
    client.sign_in(quinn)
    document = client.get("/api/v1/openapi.json").json()

    calls = {
        (method, path): call for path, calls in document["paths"].items() for method, call in calls.items()
    }
    assert set(calls) == set(CALLS)
    for call in calls.values():
        assert call["requestBody"]["content"]
        assert {"401", "404", "422", "503"} <= set(call["responses"])
    sent = calls["put", "/api/v1/visits/{visit_id}/submission"]["responses"]
    assert {"200", "201", "202", "409", "410", "413"} <= set(sent)
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert document["components"]["schemas"]["Error"]["required"] == ["code", "message"]


def test_programs_hear_json_at_every_address(client):
    lost = client.get("/api/v1/nothing-of-the-kind")
    assert (lost.status_code, lost.json()["code"]) == (404, "not_found")

    unknown = "11111111-1111-4111-8111-111111111111"
    stranger = client.http.put(f"/api/v1/visits/{unknown}/draft", json={"answers": {}})
    assert (stranger.status_code, stranger.json()["code"]) == (401, "not_signed_in")
