"""Locations and employees: rows and what is known in, a plan out."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from audit_app.imports.rules.lines import Sheet
from audit_app.imports.rules.plans import Plan, Planner, Status
from audit_app.kit.i18n import _
from audit_app.kit.latin import in_latin

TWICE = _("“%(code)s” stands in line %(line)s already")


def code_from(name: str, taken: Mapping[str, object], fallback: str) -> str:
    """A short code made from a name: latin letters, digits and hyphens, not taken yet."""
    plain = unicodedata.normalize("NFKD", in_latin(name).replace("_", "")).encode("ascii", "ignore").decode()
    code = re.sub("[^a-z0-9]+", "-", plain).strip("-")[:50] or fallback
    found, count = code, 1
    while found in taken:
        count += 1
        found = f"{code}-{count}"
    return found


@dataclass(frozen=True)
class Named:
    """A brand or region: code, name, and for brands whether it is our own."""

    code: str
    name: str
    own: bool = True


@dataclass(frozen=True)
class Place:
    """A location as a row gives it; brand and region by their codes."""

    code: str
    name: str = ""
    brand: str = ""
    region: str = ""
    format: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    timezone: str = "UTC"
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass
class KnownPlaces:
    """What the network holds now, by code."""

    places: dict[str, Place] = field(default_factory=dict)
    brands: dict[str, Named] = field(default_factory=dict)
    regions: dict[str, Named] = field(default_factory=dict)


@dataclass
class PlacesPlan:
    """The plan for locations, with the brands and regions it needs first."""

    plan: Plan[Place]
    brands: list[Named]
    regions: list[Named]


class _Names:
    """Finds a brand or region by code or name; an unknown one is added."""

    def __init__(self, known: Mapping[str, Named], fallback: str) -> None:
        self.by_code = dict(known)
        self.by_name = {one.name.casefold(): one for one in known.values()}
        self.added: dict[str, Named] = {}
        self.fallback = fallback

    def find(self, said: str) -> Named | None:
        return self.by_code.get(said) or self.by_name.get(said.casefold())

    def add(self, said: str, own: bool = True) -> Named:
        made = Named(code_from(said, self.by_code, self.fallback), said, own)
        self.by_code[made.code] = self.by_name[said.casefold()] = self.added[made.code] = made
        return made


def plan_places(sheet: Sheet, known: KnownPlaces) -> PlacesPlan:
    """What this file of locations would do."""
    planner: Planner[Place] = Planner(sheet)
    take = planner.take
    brands, regions = _Names(known.brands, "brand"), _Names(known.regions, "region")
    used: set[str] = set()
    for _line in take.each():
        code = take.code("code")
        before = known.places.get(code)
        now = before or Place(code)
        if code:
            planner.once("code", code, TWICE)
        fresh: dict[str, object] = {"name": take.text("name", 120, needed=True)}
        for name, most in (("format", 60), ("city", 120)):
            if take.has(name):
                fresh[name] = take.text(name, most)
        for name, limit in (("latitude", 90), ("longitude", 180)):
            if take.has(name):
                fresh[name] = take.degrees(name, limit)
        if take.has("timezone"):
            fresh["timezone"] = take.zone("timezone", now.timezone)
        if take.has("attributes"):
            fresh["attributes"] = take.attributes("attributes")
        said = take.text("region", 120)
        if take.has("region"):
            region = regions.find(said) if said else None
            fresh["region"] = (region or regions.add(said)).code if said else ""
        fresh["brand"] = _brand(planner, brands, now)
        wanted = replace(now, **fresh)  # type: ignore[arg-type]
        if not take.failed:
            used.update((f"b:{wanted.brand}", f"r:{wanted.region}"))
        same = before is not None and wanted == before
        planner.sort_in(wanted, Status.NEW if before is None else Status.SAME if same else Status.CHANGED)
    return PlacesPlan(
        planner.done(),
        [one for code, one in brands.added.items() if f"b:{code}" in used],
        [one for code, one in regions.added.items() if f"r:{code}" in used],
    )


def _brand(planner: Planner[Place], brands: _Names, now: Place) -> str:
    take = planner.take
    said = take.text("brand", 120)
    own = take.yes_no("own", True)
    if not said:
        if not now.brand:
            take.wrong("brand", _("a new location needs a brand"))
        return now.brand
    found = brands.find(said)
    if found is None:
        return brands.add(said, own).code
    if take.cell("own") and found.own != own:
        text = (
            _("the brand “%(brand)s” is our own, but this row says no")
            if found.own
            else _("the brand “%(brand)s” is a competitor's, but this row says yes")
        )
        take.wrong("own", text, brand=found.name)
    return found.code


@dataclass(frozen=True)
class Worker:
    """An employee as a row gives it; the location by its code."""

    code: str
    name: str = ""
    location: str = ""
    role: str = ""
    hired_on: date | None = None


def plan_workers(sheet: Sheet, workers: Mapping[str, Worker], locations: Mapping[str, bool]) -> Plan[Worker]:
    """What this file of employees would do; `locations` says of each code whether it is our own.

    Nobody may be on record as a competitor's employee: such a row is refused.
    """
    planner: Planner[Worker] = Planner(sheet)
    take = planner.take
    for _line in take.each():
        code = take.code("code")
        before = workers.get(code)
        if code:
            planner.once("code", code, TWICE)
        location = take.code("location")
        if location and location not in locations:
            take.wrong("location", _("there is no location “%(code)s”"), code=location[:60])
        elif location and not locations[location]:
            take.wrong(
                "location", _("“%(code)s” is a competitor's; its staff is not kept here"), code=location[:60]
            )
        now = before or Worker(code)
        fresh: dict[str, object] = {"name": take.text("name", 120, needed=True), "location": location}
        if take.has("role"):
            fresh["role"] = take.text("role", 60)
        if take.has("hired_on"):
            fresh["hired_on"] = take.day("hired_on")
        wanted = replace(now, **fresh)  # type: ignore[arg-type]
        same = before is not None and wanted == before
        planner.sort_in(wanted, Status.NEW if before is None else Status.SAME if same else Status.CHANGED)
    return planner.done()
