"""Importing locations, employees and shoppers: all or nothing, twice is once, every problem has its place."""

import pytest
from sqlmodel import select

from audit_app.imports.actions import network
from audit_app.imports.actions.bring import Options, Upload, bring_in
from audit_app.imports.rules.kinds import Kind
from audit_app.imports.rules.report import RowsNotTaken, in_words
from audit_app.kit import clock
from audit_app.kit.audit import AuditEntry, verify
from audit_app.kit.db import read, write
from audit_app.kit.tables import TableNotUnderstood, write_xlsx
from audit_app.organisation.models import Brand, Employee, Grant, Location, Person, Region, Shopper
from tests.factories.organisation import make_location, make_person

LOCATIONS = """location;name;brand;own;region;format;city;latitude;longitude;timezone;attributes;surplus
old-town;Old Town;Northwind;yes;West;street;Lviv;49,8419;24.0315;Europe/Kyiv;"patio=yes;tills=4";x
port;Порт;Northwind;yes;Південь;mall;Одеса;;;Europe/Kyiv;;x
rival-1;Rival;Southgale;no;;;Lviv;;;;;x
""".encode()


def bring(engines, kind, content, name="file.csv", **options):
    with write(engines) as session:
        return bring_in(
            session,
            Kind(kind),
            Upload(name, content if isinstance(content, bytes) else content.encode()),
            by=None,
            announce=[].append,
            now=clock.now(),
            options=Options(**options),
        )


def problems(engines, kind, content):
    with pytest.raises(RowsNotTaken) as refused:
        bring(engines, kind, content)
    return [(one.line, in_words(one)) for one in refused.value.report.problems]


def test_locations_come_with_brands_and_regions_and_twice_is_once(both_engines):
    report = bring(both_engines, "locations", LOCATIONS)

    assert (report.new, report.changed, report.same, report.bad) == (3, 0, 0, 0)
    assert report.unknown == ("surplus",)
    with read(both_engines) as session:
        found = {one.code: one for one in session.exec(select(Location)).all()}
        brands = {one.id: one for one in session.exec(select(Brand)).all()}
        regions = {one.id: one.code for one in session.exec(select(Region)).all()}
        assert verify(session).broken_at is None
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "import.locations")).one()
    assert entry.details["new"] == 3
    assert found["old-town"].attributes == {"patio": "yes", "tills": "4"}
    assert (found["old-town"].latitude, found["old-town"].timezone) == (49.8419, "Europe/Kyiv")
    assert (brands[found["rival-1"].brand_id].own, found["rival-1"].region_id) == (False, None)
    assert regions[found["port"].region_id] == "pivden"

    again = bring(both_engines, "locations", LOCATIONS)
    assert (again.new, again.changed, again.same) == (0, 0, 3)
    with read(both_engines) as session:
        assert len(session.exec(select(AuditEntry)).all()) == 1


def test_a_known_location_is_changed_only_in_the_columns_there_are(engines):
    bring(engines, "locations", LOCATIONS)
    report = bring(engines, "locations", "code,name,city\nold-town,Old Town,Lwów\nport,Порт,Одеса\n")

    assert (report.new, report.changed, report.same) == (0, 1, 1)
    with read(engines) as session:
        place = session.exec(select(Location).where(Location.code == "old-town")).one()
    assert (place.city, place.attributes["tills"], place.format) == ("Lwów", "4", "street")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,A,B,99999999999999999999,1,UTC,", "latitude: “99999999999999999999” is no number from -90 to 90"),
        ("a,A,B,NaN,1,UTC,", "latitude: “NaN” is no number from -90 to 90"),
        ("a,A,B,90.5,1,UTC,", "latitude: “90.5” is no number from -90 to 90"),
        ("a,A,B,1,-181,UTC,", "longitude: “-181” is no number from -180 to 180"),
        ("a,A,B,1e5,1,UTC,", "latitude: “1e5” is no number from -90 to 90"),
        ("a,A,B,1,1,Mars/Base,", "timezone: there is no time zone “Mars/Base”; names look like Europe/Kyiv"),
        (
            "a,A,B,1,1,../etc/passwd,",
            "timezone: there is no time zone “../etc/passwd”; names look like Europe/Kyiv",
        ),
        (",A,B,1,1,UTC,", "code: this cell must not be empty"),
        ("a,,B,1,1,UTC,", "name: this cell must not be empty"),
        ("a,A,,1,1,UTC,", "brand: a new location needs a brand"),
        ("a,A,B,1,1,UTC,patio", "attributes: “patio” is not of the form name=value"),
        ("a,A,B,1,1,UTC,p=1;p=2", "attributes: the attribute “p” stands there twice"),
        (f"{'a' * 61},A,B,1,1,UTC,", "code: the text is longer than 60 signs"),
        ("a,A,B,1,1,UTC", "this row has 6 cells, the headings are 7"),
        ('"a\nb",A,B,1,1,UTC,', "code: the text must stand in one line"),
    ],
)
def test_a_bad_location_names_line_column_and_reason(engines, row, said):
    content = f"code,name,brand,latitude,longitude,timezone,attributes\ngood,Good,B,1,1,UTC,\n{row}\n"

    assert problems(engines, "locations", content) == [(3, said)]
    with read(engines) as session:
        assert session.exec(select(Location)).all() == []
        assert session.exec(select(Brand)).all() == []


def test_a_code_twice_in_a_file_is_named_with_both_lines(engines):
    content = "code,name,brand\na,A,B\nc,C,B\na,A2,B\n"

    assert problems(engines, "locations", content) == [(4, "code: “a” stands in line 2 already")]


def test_a_brand_cannot_be_ours_and_a_competitor_s(engines):
    content = "code,name,brand,own\na,A,B,yes\nc,C,B,no\n"

    assert problems(engines, "locations", content) == [
        (3, "own: the brand “B” is our own, but this row says no")
    ]


def test_a_missing_column_is_told_with_those_there_are(engines):
    with pytest.raises(TableNotUnderstood, match="The column “code” is missing"):
        bring(engines, "locations", "name,brand\nA,B\n")


def test_good_rows_go_in_when_bad_ones_may_stay_out(engines):
    content = "code,name,brand,latitude\na,A,B,1\nb,B,Alone,91\nc,C\n"
    report = bring(engines, "locations", content, skip_bad=True)

    assert (report.new, report.bad) == (1, 2)
    headings, rows = report.bad_table()
    assert headings == ["code", "name", "brand", "latitude", "reason"]
    assert list(rows) == [
        ["b", "B", "Alone", "91", "latitude: “91” is no number from -90 to 90"],
        ["c", "C", "", "", "this row has 2 cells, the headings are 4"],
    ]
    with read(engines) as session:
        assert session.exec(select(Location.code)).all() == ["a"]
        assert session.exec(select(Brand.name)).all() == ["B"]


def test_a_dry_run_changes_nothing(engines):
    assert bring(engines, "locations", LOCATIONS, dry_run=True).new == 3
    with read(engines) as session:
        assert session.exec(select(Location)).all() == []


def test_a_failure_half_way_leaves_nothing(engines, monkeypatch):
    real = network.insert

    def break_at_locations(session, model, rows):
        if model is Location:
            raise RuntimeError("the disk is full")
        real(session, model, rows)

    monkeypatch.setattr(network, "insert", break_at_locations)
    with pytest.raises(RuntimeError, match="disk"):
        bring(engines, "locations", LOCATIONS)

    with read(engines) as session:
        assert session.exec(select(Brand)).all() == []
        assert session.exec(select(Region)).all() == []
        assert session.exec(select(AuditEntry)).all() == []


def test_employees_of_a_workbook(both_engines):
    with write(both_engines) as session:
        make_location(session, "old-town")
        make_location(session, "rival-1", own=False)
    rows = [
        ["e1", "Єва", "old-town", "cashier", "2024-05-01"],
        ["e2", "=cmd()", "old-town", "", "01.06.2024"],
    ]
    book = write_xlsx(["code", "name", "location", "role", "hired on"], rows)
    report = bring(both_engines, "employees", book, "staff.xlsx")

    assert (report.new, report.unknown) == (2, ())
    with read(both_engines) as session:
        found = session.exec(select(Employee).order_by(Employee.code)).all()
    assert [(one.name, str(one.hired_on)) for one in found] == [
        ("Єва", "2024-05-01"),
        ("=cmd()", "2024-06-01"),
    ]
    assert bring(both_engines, "employees", book).same == 2


def test_bad_employees(engines):
    with write(engines) as session:
        make_location(session, "old-town")
        make_location(session, "rival-1", own=False)
    content = "code,name,location,hired_on\na,A,nowhere,\nb,B,rival-1,\nc,C,old-town,2024-02-30\n"

    assert problems(engines, "employees", content) == [
        (2, "location: there is no location “nowhere”"),
        (3, "location: “rival-1” is a competitor's; its staff is not kept here"),
        (4, "hired_on: “2024-02-30” is no day; write it as 2026-03-14"),
    ]


SHOPPERS = "code,name,email,phone,languages,latitude\ns1,Mara,Mara@Example.org,+380 44,uk;en,49.8\n"


def test_shoppers_get_a_person_a_role_and_no_password(both_engines):
    assert bring(both_engines, "shoppers", SHOPPERS).new == 1
    assert bring(both_engines, "shoppers", SHOPPERS).same == 1

    with read(both_engines) as session:
        person = session.exec(select(Person)).one()
        assert (person.email, person.locale, person.password_hash) == ("mara@example.org", "uk", None)
        assert session.exec(select(Grant.role)).all() == ["shopper"]
        assert session.exec(select(Shopper)).one().phone == "+380 44"
    changed = SHOPPERS.replace("Mara@Example.org", "m@example.org").replace("+380 44", "1")
    assert bring(both_engines, "shoppers", changed).changed == 1
    with read(both_engines) as session:
        assert session.exec(select(Person.email)).all() == ["m@example.org"]


def test_an_address_of_somebody_else_is_refused(engines):
    with write(engines) as session:
        make_person(session, "Ivo", "administrator", email="ivo@example.org")
        boss = make_person(session, "Lena", "shopper", email="lena@example.org")
        session.add(Grant(person_id=boss.id, role="administrator"))
        code = session.get_one(Shopper, boss.id).code
    content = (
        "code,name,email\n"
        "s1,Thief,ivo@example.org\n"
        f"{code},Lena,new@example.org\n"
        "s2,A,a@example.org\n"
        "s3,B,a@example.org\n"
        "s4,C,nobody\n"
    )

    assert problems(engines, "shoppers", content) == [
        (2, "email: somebody else here has the address “ivo@example.org”"),
        (3, "email: this person has other roles too; change the address on their page"),
        (5, "email: “a@example.org” stands in line 4 already"),
        (6, "email: “nobody” is no e-mail address"),
    ]
