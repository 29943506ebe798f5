"""Photos: what is taken, what is refused, and who may look."""

import hashlib
import io

import pytest
from PIL import Image
from sqlmodel import select

from audit_app.kit.db import read, write
from audit_app.kit.errors import BadInput
from audit_app.kit.pictures import look_distance, remake
from audit_app.visits.models import Evidence, VisitKind, VisitState
from tests.factories.organisation import make_location, make_person
from tests.factories.pictures import bomb, jpeg, photo
from tests.factories.visits import make_version, make_visit


def told() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0110] = "Phone X"
    exif[0x9003] = "2026:01:02 03:04:05"
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 27.0, 0.4), 3: "E", 4: (30.0, 31.0, 24.2)})
    return exif


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def animation(kind: str) -> bytes:
    frames = [photo(200, 200, seed) for seed in range(5)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=10)


TAKEN = {
    "plain": lambda: jpeg(),
    "png": lambda: encoded(photo(300, 200), "PNG"),
    "webp": lambda: encoded(photo(300, 200), "WEBP"),
    "cmyk": lambda: jpeg(photo(300, 200).convert("CMYK")),
    "palette with transparency": lambda: encoded(photo(300, 200).convert("P"), "PNG", transparency=0),
    "html behind it": lambda: jpeg(exif=told()) + b"<html><script>alert(1)</script></html>",
    "turned": lambda: jpeg(exif=turned()),
}
REFUSED = {
    "empty": lambda: b"",
    "noise": lambda: hashlib.sha256(b"x").digest() * 1000,
    "html": lambda: b"<html><script>alert(document.domain)</script></html>",
    "svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "gif": lambda: b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)//;",
    "gif animation": lambda: animation("GIF"),
    "webp animation": lambda: animation("WEBP"),
    "broken off": lambda: jpeg()[: len(jpeg()) // 2],
    "one pixel": lambda: jpeg(Image.new("RGB", (1, 1))),
    "100 megapixels": lambda: bomb(10_000, 10_000),
    "2.5 gigapixels": lambda: bomb(50_000, 50_000),
}


@pytest.mark.parametrize("case", TAKEN)
def test_honest_pictures_are_made_anew_without_their_metadata(case):
    raw = TAKEN[case]()
    made = remake(raw)

    assert made.jpeg != raw
    with Image.open(io.BytesIO(made.jpeg)) as seen:
        assert (seen.format, seen.mode, dict(seen.getexif())) == ("JPEG", "RGB", {})
        assert seen.size == (made.width, made.height)
    assert b"<script>" not in made.jpeg
    assert b"Phone X" not in made.jpeg


@pytest.mark.parametrize("case", REFUSED)
def test_hostile_pictures_are_refused_in_words(case):
    with pytest.raises(BadInput, match=r"[A-Z].*\."):
        remake(REFUSED[case]())


def test_time_and_place_are_told_and_pictures_stand_upright():
    made = remake(jpeg(exif=told()))
    assert made.taken_at is not None
    assert made.taken_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert (made.latitude, made.longitude) == (50.450111, 30.523389)
    assert (lambda m: (m.width, m.height))(remake(jpeg(photo(640, 480), exif=turned()))) == (480, 640)


def test_the_same_picture_looks_the_same_and_another_does_not():
    base = photo()
    look = remake(jpeg(base)).look
    same = [
        jpeg(base.resize((800, 600))),
        jpeg(base.crop((30, 20, 1180, 885))),
        jpeg(base, quality=40),
        jpeg(base.point(lambda value: min(255, int(value * 1.15)))),
    ]
    assert [look_distance(look, remake(raw).look) <= 8 for raw in same] == [True] * 4
    assert look_distance(look, remake(jpeg(photo(seed=2))).look) > 8


@pytest.fixture
def world(both_engines, make_client):
    with write(both_engines) as session:
        mara = make_person(session, "Mara", "shopper")
        place = make_location(session)
        visit = make_visit(session, place, make_version(session), mara)
    return make_client(both_engines).sign_in(mara), visit, place, both_engines


def expect(client, visit, raw):
    """Name the photo in the draft, as a phone does before it sends it."""
    sha = hashlib.sha256(raw).hexdigest()
    entry = {"answer": "no", "comment": "x", "evidence": [sha]}
    answer = client.put(f"/api/v1/visits/{visit.id}/draft", json={"base": 0, "answers": {"receipt": entry}})
    assert answer.status_code == 200
    return sha


def rows(engines):
    with read(engines) as session:
        return list(session.exec(select(Evidence)).all())


def test_a_promised_photo_is_taken_once(world):
    client, visit, _place, engines = world
    raw = jpeg(exif=told())
    assert client.put(f"/api/v1/evidence/{'0' * 64}", content=raw).status_code == 404
    sha = expect(client, visit, raw)

    statuses = [client.put(f"/api/v1/evidence/{sha}", content=raw).status_code for _ in range(2)]

    assert statuses == [201, 200]
    [row] = rows(engines)
    assert (row.state, row.item, len(row.look)) == ("uploaded", "receipt", 16)
    # 03:04:05 by the clock of Kyiv, where the visit was.
    assert row.taken_at.isoformat() == "2026-01-02T01:04:05+00:00"
    folder = client.settings.paths.photos
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 2
    assert sha not in row.file


@pytest.mark.parametrize(
    ("raw", "name", "status"),
    [
        (b"no picture at all", None, 422),
        (jpeg(), "f" * 64, 422),
        (jpeg() + b"\0" * (13 * 2**20), None, 413),
    ],
)
def test_what_is_no_photo_leaves_no_file(world, raw, name, status):
    client, visit, _place, engines = world
    sha = expect(client, visit, raw)
    if name:
        put = {"receipt": {"answer": "no", "evidence": [name]}}
        client.put(f"/api/v1/visits/{visit.id}/draft", json={"base": 9, "answers": put})

    answer = client.put(f"/api/v1/evidence/{name or sha}", content=raw)

    assert answer.status_code == status
    assert {"code", "message"} <= set(answer.json())
    assert all(row.state == "expected" for row in rows(engines))
    assert not [path for path in client.settings.paths.photos.rglob("*") if path.is_file()]


def test_only_those_who_may_see_a_photo(world):
    client, visit, place, engines = world
    raw = jpeg()
    client.put(f"/api/v1/evidence/{expect(client, visit, raw)}", content=raw)
    where = f"/evidence/{rows(engines)[0].id}"
    own = client.get(where)
    assert (own.status_code, own.headers["content-type"]) == (200, "image/jpeg")
    assert own.headers["x-content-type-options"] == "nosniff"
    assert own.headers["cache-control"].startswith("private")
    assert own.headers["content-disposition"].startswith("inline")
    assert client.get(where, headers={"if-none-match": own.headers["etag"]}).status_code == 304
    assert client.get(f"{where}/thumb").status_code == 200

    with write(engines) as session:
        otto = make_person(session, "Otto", "shopper")
        rita = make_person(session, "Rita", "reviewer")
        ivo = make_person(session, "Ivo", "location_manager", location_id=place.id)
    assert client.sign_in(otto).get(where).status_code == 404
    assert client.sign_in(rita).get(where).status_code == 200
    assert client.sign_in(ivo).get(where).status_code == 404, "not before the release"
    with write(engines) as session:
        visit.state = VisitState.RELEASED
        session.add(visit)
    assert client.get(where).status_code == 200
    with write(engines) as session:
        visit.kind = VisitKind.COMPETITOR
        session.add(visit)
    assert client.get(where).status_code == 404, "a competitor's photo stays at headquarters"
