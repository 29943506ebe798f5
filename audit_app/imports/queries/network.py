"""What is known now, in the shape the rules compare with."""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from audit_app.imports.rules.places import KnownPlaces, Named, Place, Worker
from audit_app.imports.rules.shoppers import KnownShoppers, Walker
from audit_app.organisation.models import Brand, Employee, Grant, Location, Person, Region, Role, Shopper


def known_places(session: Session) -> KnownPlaces:
    """Locations, brands and regions by code."""
    rows = session.connection().execute(
        sa.select(
            col(Location.code),
            col(Location.name),
            col(Brand.code),
            col(Region.code),
            col(Location.format),
            col(Location.city),
            col(Location.latitude),
            col(Location.longitude),
            col(Location.timezone),
            col(Location.attributes),
        )
        .join(Brand, col(Brand.id) == col(Location.brand_id))
        .outerjoin(Region, col(Region.id) == col(Location.region_id))
        .order_by(col(Location.code))
    )
    return KnownPlaces(
        places={row[0]: Place(row[0], row[1], row[2], row[3] or "", *tuple(row)[4:]) for row in rows},
        brands={one.code: Named(one.code, one.name, one.own) for one in session.exec(select(Brand)).all()},
        regions={one.code: Named(one.code, one.name) for one in session.exec(select(Region)).all()},
    )


def known_workers(session: Session) -> dict[str, Worker]:
    """Employees by code."""
    rows = session.connection().execute(
        sa.select(
            col(Employee.code),
            col(Employee.name),
            col(Location.code),
            col(Employee.role),
            col(Employee.hired_on),
        )
        .join(Location, col(Location.id) == col(Employee.location_id))
        .order_by(col(Employee.code))
    )
    return {row[0]: Worker(*row) for row in rows}


def own_locations(session: Session) -> dict[str, bool]:
    """Codes of all locations, and whether each is of our own brand."""
    rows = session.exec(
        select(Location.code, Brand.own).join(Brand, col(Brand.id) == col(Location.brand_id))
    ).all()
    return dict(rows)


def known_shoppers(session: Session) -> KnownShoppers:
    """Shoppers by code, addresses of everybody, and which shoppers hold other roles."""
    rows = session.connection().execute(
        sa.select(
            col(Shopper.code),
            col(Person.name),
            col(Person.email),
            col(Shopper.phone),
            col(Shopper.languages),
            col(Shopper.latitude),
            col(Shopper.longitude),
        )
        .join(Person, col(Person.id) == col(Shopper.person_id))
        .order_by(col(Shopper.code))
    )
    walkers = {row[0]: Walker(row[0], row[1], row[2], row[3], tuple(row[4]), row[5], row[6]) for row in rows}
    addresses = dict.fromkeys(session.exec(select(Person.email)).all(), "")
    addresses.update({walker.email: walker.code for walker in walkers.values()})
    mighty = session.exec(
        select(Shopper.code)
        .join(Grant, col(Grant.person_id) == col(Shopper.person_id))
        .where(col(Grant.role).not_in([Role.SHOPPER, Role.AUDITOR]))
    ).all()
    return KnownShoppers(walkers, addresses, frozenset(mighty))
