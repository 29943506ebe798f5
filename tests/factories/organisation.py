"""Small makers with honest defaults. The standing cast: Mara shops, Ivo manages Old Town, Lena runs the region,
Quinn manages quality, Rita reviews, Otto has nothing to do with it."""

from uuid import UUID, uuid4

from sqlmodel import Session, select

from audit_app.organisation.models import Brand, Employee, Grant, Location, Person, Region, Shopper


def make_brand(session: Session, code: str = "own", *, own: bool = True) -> Brand:
    """A brand, the same one for the same code."""
    found = session.exec(select(Brand).where(Brand.code == code)).one_or_none()
    if found:
        return found
    brand = Brand(code=code, name=f"Brand {code}", own=own)
    session.add(brand)
    session.flush()
    return brand


def make_region(session: Session, code: str = "west") -> Region:
    """A region, the same one for the same code."""
    found = session.exec(select(Region).where(Region.code == code)).one_or_none()
    if found:
        return found
    region = Region(code=code, name=f"Region {code}")
    session.add(region)
    session.flush()
    return region


def make_location(
    session: Session, code: str = "old-town", *, region: str = "west", own: bool = True, **more: object
) -> Location:
    """A location in Kyiv."""
    location = Location(
        code=code,
        name=str(more.pop("name", f"Location {code}")),
        brand_id=make_brand(session, "own" if own else "rival", own=own).id,
        region_id=make_region(session, region).id if own else None,
        city="Kyiv",
        timezone=str(more.pop("timezone", "Europe/Kyiv")),
        attributes=more.pop("attributes", {}),
        **more,
    )
    session.add(location)
    session.flush()
    return location


def make_person(
    session: Session,
    name: str,
    *roles: str,
    region_id: UUID | None = None,
    location_id: UUID | None = None,
    **more: object,
) -> Person:
    """A person with roles of one reach; the address follows from the name."""
    person = Person(
        email=str(more.pop("email", f"{name.lower().replace(' ', '.')}.{uuid4().hex[:6]}@example.org")),
        name=name,
        **more,
    )
    session.add(person)
    session.flush()
    for role in roles:
        session.add(Grant(person_id=person.id, role=role, region_id=region_id, location_id=location_id))
    if "shopper" in roles:
        session.add(Shopper(person_id=person.id, code=f"s-{person.id.hex[:8]}"))
    session.flush()
    return person


def make_employee(
    session: Session, location: Location, name: str = "Eva", person: Person | None = None
) -> Employee:
    """Somebody who works there."""
    employee = Employee(
        code=f"e-{uuid4().hex[:8]}",
        name=name,
        location_id=location.id,
        person_id=person.id if person else None,
    )
    session.add(employee)
    session.flush()
    return employee
