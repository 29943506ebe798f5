"""A photo in parts: it goes on where the line was cut, what nobody continues goes away, and nothing is believed before the whole is right."""

import hashlib
import os
from datetime import timedelta

import pytest
from sqlmodel import select

from audit_app.kit import clock
from audit_app.kit.db import read, write
from audit_app.visits.actions import parts
from audit_app.visits.models import Evidence
from audit_app.visits.rules.evidence import PhotoTooLarge, RangeNotUnderstood, Span, read_span
from tests.factories.organisation import make_location, make_person
from tests.factories.pictures import jpeg, photo
from tests.factories.visits import make_version, make_visit

RAW = jpeg(photo(1600, 1200), quality=90)
STEP = len(RAW) // 4 + 1


@pytest.fixture
def world(both_engines, make_client):
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        visit = make_visit(session, make_location(session), make_version(session), mara)
    client = make_client(both_engines).sign_in(mara)
    return client, visit, mara


def promise(client, visit, raw):
    sha = hashlib.sha256(raw).hexdigest()
    entry = {"answer": "no", "comment": "x", "evidence": [sha]}
    assert client.put(
        f"/api/v1/visits/{visit.id}/draft", json={"base": 0, "answers": {"receipt": entry}}
    ).is_success
    return sha


def send(client, sha, start, raw=RAW, step=STEP):
    end = min(start + step, len(raw)) - 1
    headers = {"Content-Range": f"bytes {start}-{end}/{len(raw)}"}
    return client.put(f"/api/v1/evidence/{sha}", content=raw[start : end + 1], headers=headers)


def states(engines):
    with read(engines) as session:
        return session.exec(select(Evidence.state)).all()


def test_a_photo_in_parts_with_repeats_and_a_gap(world, both_engines):
    client, visit, _mara = world
    address = f"/api/v1/evidence/{hashlib.sha256(RAW).hexdigest()}"
    assert client.get(address).status_code == 404, "nothing names it yet"
    sha = promise(client, visit, RAW)
    assert client.get(address).json() == {"sha256": sha, "state": "expected", "received": 0}

    first = send(client, sha, 0)
    assert (first.status_code, first.json()) == (202, {"sha256": sha, "state": "part", "received": STEP})
    assert client.get(address).json()["received"] == STEP
    gap = send(client, sha, 2 * STEP)
    assert (gap.status_code, gap.json()["code"], gap.json()["received"]) == (409, "wrong_offset", STEP)
    assert send(client, sha, 0).json()["received"] == STEP, "the same part again changes nothing"
    assert send(client, sha, STEP - 100).json()["received"] == 2 * STEP - 100, "one that overlaps fits on"
    assert states(both_engines) == ["expected"]
    assert send(client, sha, 2 * STEP - 100).status_code == 202
    last = send(client, sha, 3 * STEP - 100, step=STEP + 100)

    assert (last.status_code, last.json()) == (201, {"sha256": sha, "state": "uploaded"})
    assert states(both_engines) == ["uploaded"]
    assert client.get(address).json() == {"sha256": sha, "state": "uploaded"}
    assert send(client, sha, 0).status_code == 200
    assert list(client.settings.paths.parts.iterdir()) == []


def test_the_server_goes_on_after_it_died_before_the_last_answer(world):
    client, visit, mara = world
    sha = promise(client, visit, RAW)
    parts.add_part(client.settings.paths.parts, mara.id, sha, 0, RAW, clock.now())

    assert client.get(f"/api/v1/evidence/{sha}").json()["received"] == len(RAW)
    assert send(client, sha, len(RAW) - 1).status_code == 201


def test_what_is_not_the_promised_photo_is_refused_and_begins_anew(world, both_engines):
    client, visit, _mara = world
    sha = promise(client, visit, RAW)
    wrong = RAW[:-10] + b"0123456789"
    for start in (0, STEP, 2 * STEP):
        assert send(client, sha, start, wrong).status_code == 202

    refused = send(client, sha, 3 * STEP, wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "sha256_mismatch")
    assert client.get(f"/api/v1/evidence/{sha}").json()["state"] == "expected"
    assert states(both_engines) == ["expected"]
    short = client.put(f"/api/v1/evidence/{sha}", content=b"xy", headers={"Content-Range": "bytes 0-9/100"})
    assert (short.status_code, list(short.json()["fields"])) == (422, ["Content-Range"])
    longer = client.put(
        f"/api/v1/evidence/{sha}", content=b"x" * 50, headers={"Content-Range": "bytes 0-9/100"}
    )
    assert longer.status_code == 413


def test_parts_are_a_persons_own(world, both_engines, make_client):
    client, visit, _mara = world
    sha = promise(client, visit, RAW)
    send(client, sha, 0)
    with write(both_engines) as session:
        nora = make_person(session, "Nora", "shopper")
    other = make_client(both_engines).sign_in(nora)

    assert other.get(f"/api/v1/evidence/{sha}").status_code == 404
    assert send(other, sha, STEP).status_code == 404


def test_a_cut_line_keeps_what_came(world):
    """The body breaks off: half a part is here, and the next one goes on from there."""
    client, visit, mara = world
    sha = promise(client, visit, RAW)
    folder = client.settings.paths.parts
    assert parts.add_part(folder, mara.id, sha, 0, RAW[: STEP // 2], clock.now()) == (STEP // 2, True)

    whole = send(client, sha, STEP // 2, step=len(RAW))
    assert whole.status_code == 201


def test_what_nobody_continues_goes_away_and_room_is_made(tmp_path, world):
    _client, _visit, mara = world
    now = clock.now()
    for n in range(parts.MOST_ASIDE + 2):
        parts.add_part(tmp_path / "p", mara.id, f"{n:064x}", 0, b"abc", now)
        os.utime(parts.part_path(tmp_path / "p", mara.id, f"{n:064x}"), (n, now.timestamp() - 100 + n))
    left = {path.name[-10:-5] for path in (tmp_path / "p").iterdir()}
    assert len(left) == parts.MOST_ASIDE
    assert "00000" not in left, "the one that rested longest made room"

    assert parts.sweep(tmp_path / "p", now) == 0
    assert parts.sweep(tmp_path / "p", now + parts.KEPT_FOR + timedelta(seconds=200)) == parts.MOST_ASIDE
    assert parts.sweep(tmp_path / "nowhere", now) == 0


@pytest.mark.parametrize(
    "header",
    [
        "bytes 5-4/10",
        "bytes 0-10/10",
        "bytes */10",
        "bytes 0-1/*",
        "0-1/2",
        "bytes -1-1/5",
        "bytes ٠-١/٢",
        "",
    ],
)
def test_a_range_that_cannot_be_read_is_told(header):
    with pytest.raises(RangeNotUnderstood):
        read_span(header, 1000)


def test_a_range_names_its_part():
    assert read_span(None, 1000) is None
    assert read_span("bytes 10-19/100", 1000) == Span(10, 19, 100)
    with pytest.raises(PhotoTooLarge):
        read_span("bytes 0-1/2000", 1000)
