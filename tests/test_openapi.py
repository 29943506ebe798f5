"""What programs read about the API, and what they hear at the door: the documented examples are sent as they stand."""

import re

import pytest
from jsonschema import Draft202012Validator

from audit_app.kit.db import write
from audit_app.openapi import CALLS
from audit_app.visits import shapes
from audit_app.visits.models import VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.visits import make_version, make_visit


@pytest.fixture
def calls(client, engines):
    """The documented calls; whoever reads them is a shopper with a visit, who stays signed in."""
    with write(engines) as session:
        mara = make_person(session, "Mara", "shopper")
        visit = make_visit(session, make_location(session), make_version(session), mara)
    client.sign_in(mara)
    document = client.get("/api/v1/openapi.json").json()
    found = {
        (method, path): call for path, calls in document["paths"].items() for method, call in calls.items()
    }
    return found, document, visit, mara


def fits(schema, value):
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [f"{list(one.path)}: {one.message}" for one in validator.iter_errors(value)] == []


def body_of(call):
    return call["requestBody"]["content"]["application/json"]


def answer_of(call, status):
    return call["responses"][str(status)]["content"]["application/json"]["schema"]


def test_every_call_is_described_with_body_answers_and_refusals(calls):
    found, document, _visit, _mara = calls
    assert set(found) == set(CALLS)
    for (method, _path), call in found.items():
        assert method == "get" or call["requestBody"]["content"]
        assert {"401", "404", "422", "503"} <= set(call["responses"])
        assert "Retry-After" in call["responses"]["503"]["headers"]
    sent = found["put", "/api/v1/visits/{visit_id}/submission"]["responses"]
    assert {"200", "201", "202", "409", "410", "413"} <= set(sent)
    for status, codes in {
        "409": {"different_bytes", "not_accepted"},
        "410": {"closed", "withdrawn"},
        "422": {"bad_input", "bad_answers"},
        "503": {"busy", "no_room"},
    }.items():
        assert set(sent[status]["content"]["application/json"]["examples"]) == codes
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert document["components"]["schemas"]["Error"]["required"] == ["code", "message"]


def test_every_field_is_explained(calls):
    found, _document, _visit, _mara = calls

    def unexplained(schema, path):
        for name, field in schema.get("properties", {}).items():
            if not field.get("description"):
                yield f"{path}.{name}"
            yield from unexplained(field, f"{path}.{name}")
            for inner in (field.get("items"), field.get("additionalProperties")):
                if isinstance(inner, dict):
                    yield from unexplained(inner, f"{path}.{name}")

    silent = []
    for key, call in found.items():
        bodies = [call.get("requestBody"), *call["responses"].values()]
        for body in bodies:
            schema = ((body or {}).get("content") or {}).get("application/json", {}).get("schema", {})
            silent += unexplained(schema, key[1])
    assert [one for one in silent if not re.search(r"\.sections$", one)] == []


def test_the_documented_examples_are_taken_and_answered_as_documented(calls, client):
    found, document, visit, _mara = calls
    error = document["components"]["schemas"]["Error"]

    draft = found["put", "/api/v1/visits/{visit_id}/draft"]
    fits(body_of(draft)["schema"], body_of(draft)["example"])
    for brief in ({}, {"brief": True}):
        answer = client.put(f"/api/v1/visits/{visit.id}/draft", json=body_of(draft)["example"] | brief)
        assert answer.status_code == 200
        fits(answer_of(draft, 200), answer.json())

    report = found["put", "/api/v1/visits/{visit_id}/reports/{report_id}"]
    fits(body_of(report)["schema"], body_of(report)["example"])
    kept = client.put(
        f"/api/v1/visits/{visit.id}/reports/{shapes.SUBMISSION_ID}", json=body_of(report)["example"]
    )
    assert kept.status_code == 200
    fits(answer_of(report, 200), kept.json())

    sending = found["put", "/api/v1/visits/{visit_id}/submission"]
    example = body_of(sending)["example"]
    fits(body_of(sending)["schema"], example)
    fits(answer_of(sending, 201), shapes.RECEIPT_EXAMPLE)
    address = f"/api/v1/visits/{visit.id}/submission"
    for body, status in [
        ({**example, "answers": "none"}, 422),
        (example, 201),
        (example, 200),
        ({**example, "finished_at": None}, 409),
        ({**example, "submission_id": shapes.VISIT}, 202),
    ]:
        answer = client.put(address, json=body)
        assert answer.status_code == status
        fits(answer_of(sending, status) if status < 400 else error, answer.json())
        if status == 409:
            assert (
                answer.json()["code"]
                in sending["responses"]["409"]["content"]["application/json"]["examples"]
            )
    assert shapes.PHOTO_SHA in answer.json()["missing_evidence"]

    upload = found["get", "/api/v1/evidence/{sha256}"]
    where = client.get(f"/api/v1/evidence/{shapes.PHOTO_SHA}")
    fits(answer_of(upload, 200), where.json())
    put = found["put", "/api/v1/evidence/{sha256}"]
    assert any(one["name"] == "Content-Range" for one in put["parameters"])
    part = client.put(
        f"/api/v1/evidence/{shapes.PHOTO_SHA}", content=b"abc", headers={"Content-Range": "bytes 0-2/9"}
    )
    assert part.status_code == 202
    fits(answer_of(put, 202), part.json())


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        (VisitState.OFFERED, 409, "not_accepted"),
        (VisitState.EXPIRED, 410, "closed"),
        (VisitState.CANCELLED, 410, "withdrawn"),
    ],
)
def test_what_is_settled_is_told_with_the_documented_code(calls, client, engines, state, status, code):
    found, _document, visit, _mara = calls
    with write(engines) as session:
        session.merge(visit).state = state
    sending = found["put", "/api/v1/visits/{visit_id}/submission"]

    answer = client.put(f"/api/v1/visits/{visit.id}/submission", json=body_of(sending)["example"])
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert code in sending["responses"][str(status)]["content"]["application/json"]["examples"]


def test_programs_hear_json_at_every_address(client):
    lost = client.get("/api/v1/nothing-of-the-kind")
    assert (lost.status_code, lost.json()["code"]) == (404, "not_found")

    unknown = "11111111-1111-4111-8111-111111111111"
    stranger = client.http.put(f"/api/v1/visits/{unknown}/draft", json={"answers": {}})
    assert (stranger.status_code, stranger.json()["code"]) == (401, "not_signed_in")
