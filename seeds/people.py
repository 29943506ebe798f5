"""Everybody in the chain: one sign-in for each role, managers, crews, and the shoppers nobody in a shop knows."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from faker import Faker

from seeds.chance import named_id, stream
from seeds.places import CITIES, REGIONS, Place, region_id
from seeds.size import Size

PASSWORD = "walk-in-and-look-around"  # noqa: S105 - printed by the demo for everybody to use
"""Every demo account has this one. Fifteen characters or more, and no name of anything here."""
DOMAIN = "demo.example"

_FAKERS = {"en": "en_GB", "ru": "ru_RU", "uk": "uk_UA"}


@dataclass(frozen=True)
class Account:
    """A sign-in of the demo; `place` is a location's code, `region` a region's, neither means the whole network."""

    key: str
    role: str
    name: str
    locale: str
    sees: str
    place: str = ""
    region: str = ""
    city: str = "London"

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.key}@{DOMAIN}"


ACCOUNTS = (
    Account("administrator", "administrator", "Robin Hale", "en", "people, network, imports, keys"),
    Account("quality", "quality_manager", "Hannah Price", "en", "standards, plan of visits, all results"),
    Account("reviewer", "reviewer", "Martin Doyle", "en", "reports waiting for review"),
    Account(
        "shopper", "shopper", "Emma Fielding", "en", "her visits in London: offered, begun, sent back"
    ),
    Account(
        "manager", "location_manager", "Sophie Hartley", "en", "released results of London Covent Garden",
        place="london-covent-garden",
    ),
    Account(
        "region", "region_manager", "Олена Марченко", "uk", "released results of Ukraine",
        region="ukraine", city="Kyiv",
    ),
    Account(
        "manager.kyiv", "location_manager", "Тарас Бондар", "uk", "released results of Kyiv Khreshchatyk",
        place="kyiv-khreshchatyk", city="Kyiv",
    ),
    Account("shopper.kyiv", "shopper", "Дарина Шевчук", "uk", "her own visits in Kyiv", city="Kyiv"),
    Account(
        "employee", "employee", "Анна Лебедева", "ru", "her own results in Riga Old Town",
        place="riga-old-town", city="Riga",
    ),
    Account("auditor", "auditor", "Павел Ремизов", "ru", "announced audits assigned to him", city="Riga"),
    Account("trainer", "trainer", "Ірина Коваль", "uk", "what people keep failing", city="Lviv"),
    Account("process", "process_owner", "Виктор Орлов", "ru", "findings of the whole network", city="Vilnius"),
    Account("executive", "executive", "Grace Whitfield", "en", "the network on one page"),
)  # fmt: skip
"""In the order a visit travels; the table of `audit-app demo` shows them so."""


@dataclass(frozen=True)
class Shopper:
    """What the plan of visits must know of a shopper; `severity` is how strictly they judge (0: as most do)."""

    id: UUID
    region: str
    city: str
    language: str
    severity: float


@dataclass
class People:
    """Rows to write, and who is who."""

    persons: list[dict[str, object]] = field(default_factory=list)
    grants: list[dict[str, object]] = field(default_factory=list)
    employees: list[dict[str, object]] = field(default_factory=list)
    shoppers: list[dict[str, object]] = field(default_factory=list)
    pool: list[Shopper] = field(default_factory=list)
    auditors: list[Shopper] = field(default_factory=list)
    reviewers: list[UUID] = field(default_factory=list)
    crews: dict[UUID, list[UUID]] = field(default_factory=dict)
    skill: dict[UUID, float] = field(default_factory=dict)
    """How much better or worse than their shop an employee serves."""

    def account(self, key: str) -> UUID:
        """The id of a demo account."""
        return person_id(key)


def person_id(key: str) -> UUID:
    """The id of a person with a name in the seeds."""
    return named_id("person", key)


class Names:
    """Names by language, no two the same: a shopper must never be called like somebody in a shop."""

    def __init__(self) -> None:
        self._taken = {account.name for account in ACCOUNTS}
        self._sources = {language: self._names(language) for language in _FAKERS}

    def next(self, language: str) -> str:
        """A name not given before."""
        return next(self._sources[language])

    def _names(self, language: str) -> Iterator[str]:
        faker = Faker(_FAKERS[language])
        faker.seed_instance(f"alder-lane-{language}")
        for number in itertools.count():
            sex = "male" if number % 2 else "female"
            first = _first(faker, language, sex)
            name = f"{first} {_last(faker, sex)}"
            if name not in self._taken:
                self._taken.add(name)
                yield name


_FIRST = {
    "ru": {
        "female": "Анна Мария Елена Ольга Наталья Ирина Светлана Екатерина Татьяна Юлия Дарья Алина Ксения Виктория Полина",
        "male": "Александр Дмитрий Сергей Андрей Алексей Максим Иван Михаил Николай Павел Артём Роман Кирилл Игорь Денис",
    },
    "uk": {
        "female": "Олена Наталія Ірина Оксана Тетяна Юлія Марія Анна Катерина Софія Христина Соломія Вікторія Людмила Дарина",
        "male": "Олександр Андрій Сергій Микола Дмитро Іван Василь Юрій Богдан Тарас Максим Роман Остап Ігор Ярослав",
    },
}
"""Names one meets today; the generator's lists of these two languages hold many that went out of use long ago."""


def _first(faker: Faker, language: str, sex: str) -> str:
    if language in _FIRST:
        return str(faker.random_element(_FIRST[language][sex].split()))
    return str(faker.first_name_female() if sex == "female" else faker.first_name_male())


def _last(faker: Faker, sex: str) -> str:
    by_sex = getattr(faker, f"last_name_{sex}", None)
    return str(by_sex() if by_sex else faker.last_name())


def people(size: Size, all_places: list[Place], now: datetime, password_hash: str | None) -> People:
    """Everybody of a chain of this size."""
    found, names = People(), Names()
    born = now - timedelta(days=420)
    for account in ACCOUNTS:
        _add_account(found, account, all_places, born, password_hash)
    found.reviewers = [person_id("reviewer"), person_id("reviewer-2")]
    _add(found, "reviewer-2", names.next("uk"), "uk", "Europe/Kyiv", born, "reviewer")
    _add(found, "auditor-2", names.next("en"), "en", "Europe/London", born, "auditor")
    found.auditors = [
        Shopper(person_id("auditor"), "baltic-kazakhstan", "Riga", "ru", 0.25),
        Shopper(person_id("auditor-2"), "britain-ireland", "London", "en", 0.1),
    ]
    for code, _name, language in REGIONS:
        if code != "ukraine":
            zone = next(c.timezone for c in CITIES.values() if c.region == code)
            _add(
                found, f"region-{code}", names.next(language), language, zone, born,
                "region_manager", region_id=region_id(code),
            )  # fmt: skip
    _add_managers(found, names, all_places, born)
    _add_crews(found, names, size, all_places, now.date())
    _add_shoppers(found, names, size, all_places, born)
    return found


def _add(
    found: People,
    key: str,
    name: str,
    locale: str,
    zone: str,
    born: datetime,
    role: str,
    *,
    password_hash: str | None = None,
    email: str = "",
    region_id: UUID | None = None,
    location_ids: tuple[UUID | None, ...] = (None,),
) -> UUID:
    own_id = person_id(key)
    found.persons.append(
        {
            "id": own_id,
            "email": email or f"{key}@people.{DOMAIN}",
            "name": name,
            "password_hash": password_hash,
            "locale": locale,
            "timezone": zone,
            "active": True,
            "created_at": born,
        }
    )
    for number, location_id in enumerate(location_ids):
        found.grants.append(
            {
                "id": named_id("grant", key, number),
                "person_id": own_id,
                "role": role,
                "region_id": region_id,
                "location_id": location_id,
            }
        )
    return own_id


def _add_account(
    found: People, account: Account, all_places: list[Place], born: datetime, password_hash: str | None
) -> None:
    place = next((place for place in all_places if place.code == account.place), None)
    own_id = _add(
        found, account.key, account.name, account.locale, CITIES[account.city].timezone, born, account.role,
        password_hash=password_hash,
        email=account.email,
        region_id=region_id(account.region) if account.region else None,
        location_ids=(place.id if place else None,),
    )  # fmt: skip
    if account.role == "shopper":
        _add_shopper(found, own_id, account.key, account.locale, account.city, 0.0)


def _add_managers(found: People, names: Names, all_places: list[Place], born: datetime) -> None:
    """Every own shop has a manager; in a city with several, one person runs up to three of them."""
    taken = {account.place for account in ACCOUNTS if account.role == "location_manager"}
    by_city: dict[str, list[Place]] = {}
    for place in all_places:
        if place.own and place.code not in taken:
            by_city.setdefault(place.city.name, []).append(place)
    for city, mine in by_city.items():
        language = _language(mine[0])
        for first in range(0, len(mine), 3):
            run = mine[first : first + 3]
            _add(
                found, f"manager-{run[0].code}", names.next(language), language, CITIES[city].timezone, born,
                "location_manager", location_ids=tuple(place.id for place in run),
            )  # fmt: skip


def _language(place: Place) -> str:
    return next(language for code, _name, language in REGIONS if code == place.city.region)


_ROLES = (
    "shop manager",
    "senior sales assistant",
    "sales assistant",
    "sales assistant",
    "cashier",
    "visual merchandiser",
)


def _add_crews(found: People, names: Names, size: Size, all_places: list[Place], today: date) -> None:
    with_account = {account.place: account for account in ACCOUNTS if account.role == "employee"}
    for place in all_places:
        if not place.own:
            continue  # of a competitor's people nothing is ever kept
        chance = stream("crew", place.code)
        crew: list[UUID] = []
        for number in range(size.crew):
            own_id = named_id("employee", place.code, number)
            account = with_account.get(place.code) if number == 1 else None
            found.employees.append(
                {
                    "id": own_id,
                    "code": f"{place.code}-{number + 1}",
                    "name": account.name if account else names.next(_language(place)),
                    "location_id": place.id,
                    "role": _ROLES[number % len(_ROLES)],
                    "hired_on": today - timedelta(days=int(chance.expovariate(1 / 700)) + 380),
                    "active": True,
                    "person_id": person_id(account.key) if account else None,
                }
            )
            crew.append(own_id)
            found.skill[own_id] = chance.gauss(0, 0.38)
        found.crews[place.id] = crew


def _add_shoppers(found: People, names: Names, size: Size, all_places: list[Place], born: datetime) -> None:
    homes = sorted({place.city.name for place in all_places})
    chance = stream("shoppers")
    for number in range(size.shoppers):
        city = CITIES[homes[number % len(homes)] if number < 2 * len(homes) else chance.choice(homes)]
        language = next(language for code, _name, language in REGIONS if code == city.region)
        own_id = _add(
            found, f"shopper-{number + 1}", names.next(language), language, city.timezone, born, "shopper"
        )
        _add_shopper(found, own_id, f"s{number + 1:04d}", language, city.name, chance.gauss(0, 0.45))


def _add_shopper(
    found: People, own_id: UUID, code: str, language: str, city_name: str, severity: float
) -> None:
    city, chance = CITIES[city_name], stream("shopper", code)
    more = [other for other in ("en", "ru", "uk") if other != language and chance.random() < 0.3]
    found.shoppers.append(
        {
            "person_id": own_id,
            "code": code,
            "phone": f"+{chance.choice(('44', '380', '371'))} 00 {chance.randrange(100, 999)} {chance.randrange(1000, 9999)}",
            "languages": [language, *more],
            "latitude": round(city.latitude + chance.gauss(0, 0.04), 5),
            "longitude": round(city.longitude + chance.gauss(0, 0.06), 5),
        }
    )
    found.pool.append(Shopper(own_id, city.region, city_name, language, severity))
