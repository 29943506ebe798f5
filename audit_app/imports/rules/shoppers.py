"""Shoppers: rows and what is known in, a plan out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from audit_app.imports.rules.lines import Sheet
from audit_app.imports.rules.places import TWICE
from audit_app.imports.rules.plans import Plan, Planner, Status
from audit_app.kit.i18n import _


@dataclass(frozen=True)
class Walker:
    """A shopper as a row gives it."""

    code: str
    name: str = ""
    email: str = ""
    phone: str = ""
    languages: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None


@dataclass
class KnownShoppers:
    """Shoppers by code; addresses of everybody with the shopper's code (empty: no shopper); who has other roles too."""

    shoppers: dict[str, Walker] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    mighty: frozenset[str] = frozenset()


def plan_shoppers(sheet: Sheet, known: KnownShoppers) -> Plan[Walker]:
    """What this file of shoppers would do."""
    planner: Planner[Walker] = Planner(sheet)
    take = planner.take
    addresses: dict[str, int] = {}
    for line in take.each():
        code = take.code("code")
        before = known.shoppers.get(code)
        if code:
            planner.once("code", code, TWICE)
        email = take.address("email")
        owner = known.addresses.get(email)
        first = addresses.setdefault(email, line.number)
        if email and first != line.number:
            take.wrong("email", TWICE, code=email[:60], line=first)
        elif owner is not None and owner != code:
            take.wrong("email", _("somebody else here has the address “%(email)s”"), email=email[:60])
        elif before and before.email != email and code in known.mighty:
            # The address is the key to an account; a file must not turn the lock of somebody with more rights.
            take.wrong("email", _("this person has other roles too; change the address on their page"))
        now = before or Walker(code)
        fresh: dict[str, object] = {"name": take.text("name", 120, needed=True), "email": email}
        if take.has("phone"):
            fresh["phone"] = take.text("phone", 40)
        if take.has("languages"):
            fresh["languages"] = tuple(take.languages("languages"))
        for name, limit in (("latitude", 90), ("longitude", 180)):
            if take.has(name):
                fresh[name] = take.degrees(name, limit)
        wanted = replace(now, **fresh)  # type: ignore[arg-type]
        same = before is not None and wanted == before
        planner.sort_in(wanted, Status.NEW if before is None else Status.SAME if same else Status.CHANGED)
    return planner.done()
