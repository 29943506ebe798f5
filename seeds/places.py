"""Three regions of one brand of clothing shops, and a few shops of two competitors."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from seeds.chance import named_id, stream
from seeds.size import Size

COMPANY = "Alder Lane"

BRANDS = (
    ("alder-lane", COMPANY, True),
    ("fern-fable", "Fern & Fable", False),
    ("northcote", "Northcote Wear", False),
)

REGIONS = (
    ("britain-ireland", "Britain and Ireland", "en"),
    ("ukraine", "Ukraine", "uk"),
    ("baltic-kazakhstan", "Baltic states and Kazakhstan", "ru"),
)
"""Code, name, the language most of its people speak."""

TRAINED_REGION = "ukraine"
"""Its crews were trained in finding out needs and offering five months ago; the scores show it."""


@dataclass(frozen=True)
class City:
    """A real city and its clock."""

    name: str
    region: str
    latitude: float
    longitude: float
    timezone: str


CITIES = {
    city.name: city
    for city in (
        City("London", "britain-ireland", 51.5101, -0.1257, "Europe/London"),
        City("Manchester", "britain-ireland", 53.4808, -2.2426, "Europe/London"),
        City("Birmingham", "britain-ireland", 52.4797, -1.8976, "Europe/London"),
        City("Leeds", "britain-ireland", 53.7974, -1.5438, "Europe/London"),
        City("Bristol", "britain-ireland", 51.4575, -2.5879, "Europe/London"),
        City("Edinburgh", "britain-ireland", 55.9521, -3.1965, "Europe/London"),
        City("Glasgow", "britain-ireland", 55.8609, -4.2514, "Europe/London"),
        City("Cardiff", "britain-ireland", 51.4802, -3.1783, "Europe/London"),
        City("Dublin", "britain-ireland", 53.3424, -6.2602, "Europe/Dublin"),
        City("Kyiv", "ukraine", 50.4470, 30.5222, "Europe/Kyiv"),
        City("Lviv", "ukraine", 49.8419, 24.0316, "Europe/Kyiv"),
        City("Odesa", "ukraine", 46.4825, 30.7340, "Europe/Kyiv"),
        City("Dnipro", "ukraine", 48.4648, 35.0462, "Europe/Kyiv"),
        City("Vinnytsia", "ukraine", 49.2331, 28.4682, "Europe/Kyiv"),
        City("Poltava", "ukraine", 49.5896, 34.5514, "Europe/Kyiv"),
        City("Ivano-Frankivsk", "ukraine", 48.9226, 24.7111, "Europe/Kyiv"),
        City("Chernivtsi", "ukraine", 48.2915, 25.9403, "Europe/Kyiv"),
        City("Riga", "baltic-kazakhstan", 56.9496, 24.1052, "Europe/Riga"),
        City("Daugavpils", "baltic-kazakhstan", 55.8714, 26.5161, "Europe/Riga"),
        City("Vilnius", "baltic-kazakhstan", 54.6872, 25.2797, "Europe/Vilnius"),
        City("Kaunas", "baltic-kazakhstan", 54.8985, 23.9036, "Europe/Vilnius"),
        City("Tallinn", "baltic-kazakhstan", 59.4370, 24.7536, "Europe/Tallinn"),
        City("Tartu", "baltic-kazakhstan", 58.3776, 26.7290, "Europe/Tallinn"),
        City("Almaty", "baltic-kazakhstan", 43.2567, 76.9286, "Asia/Almaty"),
        City("Astana", "baltic-kazakhstan", 51.1282, 71.4304, "Asia/Almaty"),
    )
}

OWN = (
    # The first four are the whole chain of the small demo: one of each region, and two in one city.
    ("London", "Covent Garden", "flagship", 51.5129, -0.1243),
    ("Kyiv", "Khreshchatyk", "flagship", 50.4475, 30.5226),
    ("Riga", "Old Town", "high street", 56.9489, 24.1084),
    ("London", "Camden", "high street", 51.5390, -0.1426),
    ("London", "Richmond", "high street", 51.4613, -0.3037),
    ("London", "Stratford", "mall", 51.5436, -0.0076),
    ("Manchester", "King Street", "high street", 53.4812, -2.2461),
    ("Manchester", "Trafford", "mall", 53.4664, -2.3487),
    ("Birmingham", "New Street", "high street", 52.4786, -1.8985),
    ("Leeds", "Briggate", "high street", 53.7972, -1.5420),
    ("Bristol", "Broadmead", "high street", 51.4583, -2.5899),
    ("Edinburgh", "George Street", "high street", 55.9533, -3.1990),
    ("Glasgow", "Buchanan Street", "high street", 55.8606, -4.2530),
    ("Cardiff", "The Hayes", "mall", 51.4785, -3.1752),
    ("Dublin", "Grafton Street", "flagship", 53.3417, -6.2602),
    ("Dublin", "Dundrum", "mall", 53.2873, -6.2411),
    ("Kyiv", "Podil", "high street", 50.4656, 30.5155),
    ("Kyiv", "Pozniaky", "mall", 50.3981, 30.6342),
    ("Kyiv", "Obolon", "mall", 50.5016, 30.4980),
    ("Lviv", "Rynok Square", "high street", 49.8417, 24.0316),
    ("Lviv", "Stryiska", "mall", 49.7741, 24.0120),
    ("Odesa", "Derybasivska", "high street", 46.4840, 30.7366),
    ("Odesa", "Fontan", "mall", 46.4153, 30.7260),
    ("Dnipro", "Yavornytskoho", "high street", 48.4642, 35.0450),
    ("Vinnytsia", "Soborna", "high street", 49.2335, 28.4700),
    ("Poltava", "Kotliarevskoho", "high street", 49.5889, 34.5510),
    ("Ivano-Frankivsk", "Nezalezhnosti", "high street", 48.9218, 24.7127),
    ("Chernivtsi", "Kobylianskoi", "high street", 48.2908, 25.9350),
    ("Riga", "Teika", "mall", 56.9720, 24.1920),
    ("Daugavpils", "Rigas Street", "high street", 55.8703, 26.5170),
    ("Vilnius", "Gedimino", "flagship", 54.6890, 25.2700),
    ("Vilnius", "Ozas", "mall", 54.7127, 25.2690),
    ("Kaunas", "Laisves", "high street", 54.8971, 23.9130),
    ("Tallinn", "Viru", "high street", 59.4366, 24.7530),
    ("Tallinn", "Ulemiste", "mall", 59.4220, 24.7930),
    ("Tartu", "Kuuni", "high street", 58.3795, 26.7230),
    ("Almaty", "Arbat", "flagship", 43.2620, 76.9440),
    ("Almaty", "Dostyk", "mall", 43.2336, 76.9560),
    ("Almaty", "Rozybakiev", "mall", 43.2018, 76.8920),
    ("Astana", "Khan Shatyr", "mall", 51.1326, 71.4036),
)
COMPETING = (
    ("London", "Oxford Street", "fern-fable", 51.5154, -0.1419),
    ("Kyiv", "Velyka Vasylkivska", "northcote", 50.4350, 30.5170),
    ("Manchester", "Market Street", "fern-fable", 53.4824, -2.2400),
    ("Lviv", "Svobody", "northcote", 49.8427, 24.0266),
    ("Riga", "Brivibas", "fern-fable", 56.9580, 24.1220),
    ("Almaty", "Furmanov", "northcote", 43.2500, 76.9460),
)


@dataclass(frozen=True)
class Place:
    """A location with what the other seeds must know of it."""

    id: UUID
    code: str
    name: str
    brand: str
    own: bool
    city: City
    format: str
    latitude: float
    longitude: float
    attributes: dict[str, str]

    @property
    def zone(self) -> ZoneInfo:
        """The clock on its wall."""
        return ZoneInfo(self.city.timezone)


def brand_id(code: str) -> UUID:
    """The id of a brand."""
    return named_id("brand", code)


def region_id(code: str) -> UUID:
    """The id of a region."""
    return named_id("region", code)


def places(size: Size) -> list[Place]:
    """All locations of a chain of this size; beyond the listed ones, branches are numbered by city."""
    found = [_place(c, n, "alder-lane", f, lat, lon) for c, n, f, lat, lon in OWN[: size.own]]
    found += [_place(c, n, b, "high street", lat, lon) for c, n, b, lat, lon in COMPETING[: size.competing]]
    found += [_numbered(k, "alder-lane") for k in range(len(OWN), size.own)]
    found += [
        _numbered(size.own + k, ("fern-fable", "northcote")[k % 2])
        for k in range(len(COMPETING), size.competing)
    ]
    return found


def _numbered(number: int, brand: str) -> Place:
    chance = stream("branch", number)
    city = list(CITIES.values())[number % len(CITIES)]
    kind = chance.choice(("high street", "mall", "mall", "outlet"))
    near = (city.latitude + chance.gauss(0, 0.06), city.longitude + chance.gauss(0, 0.09))
    return _place(city.name, f"{city.name} {number}", brand, kind, *near)


def _place(city: str, name: str, brand: str, kind: str, latitude: float, longitude: float) -> Place:
    chance = stream("place", city, name)
    title = next(title for code, title, _own in BRANDS if code == brand)
    code = f"{city}-{name}".lower().replace(" ", "-")
    if brand != "alder-lane":
        code = f"{brand}-{code}"
    mall = kind == "mall"
    attributes = {
        "fitting_rooms": "no" if kind == "outlet" and chance.random() < 0.3 else "yes",
        "click_collect": "yes" if chance.random() < (0.85 if kind != "outlet" else 0.2) else "no",
        "parking": "yes" if mall or chance.random() < 0.15 else "no",
        "toilets": "yes" if kind == "flagship" or chance.random() < (0.1 if mall else 0.35) else "no",
        "floor_area": str(chance.randrange(9, 16) * (60 if kind == "flagship" else 25)),
        "tills": str(chance.choice((2, 2, 3, 4)) + (2 if kind == "flagship" else 0)),
    }
    return Place(
        id=named_id("location", code),
        code=code,
        name=f"{title} {name}",
        brand=brand,
        own=brand == "alder-lane",
        city=CITIES[city],
        format=kind,
        latitude=round(latitude, 5),
        longitude=round(longitude, 5),
        attributes=attributes,
    )


def brand_rows() -> list[dict[str, object]]:
    """Rows of `brand`."""
    return [{"id": brand_id(code), "code": code, "name": name, "own": own} for code, name, own in BRANDS]


def region_rows() -> list[dict[str, object]]:
    """Rows of `region`."""
    return [{"id": region_id(code), "code": code, "name": name} for code, name, _language in REGIONS]


def location_rows(all_places: list[Place]) -> list[dict[str, object]]:
    """Rows of `location`; a competitor's shop belongs to no region of ours."""
    return [
        {
            "id": place.id,
            "code": place.code,
            "name": place.name,
            "brand_id": brand_id(place.brand),
            "region_id": region_id(place.city.region) if place.own else None,
            "format": place.format,
            "city": place.city.name,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "timezone": place.city.timezone,
            "attributes": place.attributes,
            "active": True,
        }
        for place in all_places
    ]
