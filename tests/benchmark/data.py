"""The data of the benchmark: the same for every run, put straight into the tables."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tortoise.connection import get_connection

from models.database.migrating import migrate_database
from models.database.opening import open_database
from models.database.url import parse_database_url
from models.domain.group_names import name_key
from models.queries.search_text import search_key, sort_key

FIRST_NAMES = ("Marie", "Hélène", "Omar", "Anne", "Jean", "Chloé", "Paul", "Aisha", "Tom", "Inès", "Margaret", "Liam")
LAST_NAMES = ("Tremblay", "Gagnon", "Roy", "Côté", "Bouchard", "Smith", "Nguyen", "Martin", "Marchand", "Singh")
STATIONS = ("PREMIUM", "STANDARD", "BASIC", "HOSTED_SQUARE_KEY", "HOSTED_PRI", "FAX", "STANDARD", "BASIC")
CREATED = "2026-01-01T00:00:00.000000Z"

_BATCH = 10_000


@dataclass(frozen=True)
class SiteSize:
    users: int
    groups: int
    members: int


ORDINARY = SiteSize(100, 12, 5)
BIG = SiteSize(20_000, 1_500, 8)
HUGE = SiteSize(200_000, 0, 0)


@dataclass(frozen=True)
class Directory:
    """That many ordinary sites, then a big and a huge one; keys are counted from 1."""

    ordinary_sites: int = 200

    @property
    def sites(self) -> tuple[SiteSize, ...]:
        return (*[ORDINARY] * self.ordinary_sites, BIG, HUGE)

    @property
    def big_site(self) -> int:
        return self.ordinary_sites + 1

    @property
    def huge_site(self) -> int:
        return self.ordinary_sites + 2

    @property
    def group_of_big_site(self) -> int:
        return self.ordinary_sites * ORDINARY.groups + 1

    def free_users(self, site: int) -> list[int]:
        """The keys of the users of an ordinary site who may join a group and were put into none."""
        first = (site - 1) * ORDINARY.users
        taken = ORDINARY.groups * ORDINARY.members
        return [first + number + 1 for number in range(taken, ORDINARY.users) if _station(number) != "FAX"]

    def user_rows(self) -> Iterator[tuple[Any, ...]]:
        """Of each site the users, the first of them in its groups; an ineligible one is in none."""
        key, group_key = 0, 0
        for site_key, size in enumerate(self.sites, 1):
            for number in range(size.users):
                key += 1
                first, last = name_of(number)
                extension, phone, email = f"{1000 + number}", f"+1514{2000000 + key}", f"user{key}@example.com"
                grouped = number < size.groups * size.members
                group = group_key + 1 + number // size.members if grouped else None
                station = "BASIC" if grouped and _station(number) == "FAX" else _station(number)
                yield (
                    f"u-{key}", site_key, first, last, extension, phone, email, station, False, group,
                    sort_key(last, first), int(extension), search_key(first, last, extension, phone, email),
                )  # fmt: skip
            group_key += size.groups

    def group_rows(self) -> Iterator[tuple[Any, ...]]:
        for site_key, size in enumerate(self.sites, 1):
            for number in range(size.groups):
                name = f"Groupe {number:04} – équipe"
                yield site_key, name, name_key(name), sort_key(name), search_key(name), CREATED, CREATED

    def site_rows(self) -> Iterator[tuple[Any, ...]]:
        for key in range(1, len(self.sites) + 1):
            name = f"Site {key:04}"
            yield f"s-{key}", name, sort_key(name), search_key(name)


def name_of(number: int) -> tuple[str, str]:
    """A name for a user; the numbers spread over the alphabet."""
    spread = number * 7919
    first = FIRST_NAMES[spread % len(FIRST_NAMES)]
    return first, f"{LAST_NAMES[spread % len(LAST_NAMES)]} {spread % 9973:04}"


def _station(number: int) -> str:
    return STATIONS[number % len(STATIONS)]


async def load(url: str, directory: Directory) -> None:
    """Fills the database, unless there is something in it."""
    address = parse_database_url(url)
    await migrate_database(address)
    database = await open_database(address)
    client = get_connection(address.dialect)

    async def fill(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
        sign = "?" if address.dialect == "sqlite" else "$"
        marks = ", ".join(f"{sign}{number}" for number in range(1, len(columns.split(",")) + 1))
        left = iter(rows)
        while batch := [list(row) for row in islice(left, _BATCH)]:
            await client.execute_many(f"INSERT INTO {table} ({columns}) VALUES ({marks})", batch)

    if not await client.execute_query_dict("SELECT 1 FROM sites LIMIT 1"):
        await fill("sites", "external_id, name, sort_key, search_key", directory.site_rows())
        await fill(
            "pickup_groups",
            "site_id, name, name_key, sort_key, search_key, created_at, updated_at",
            directory.group_rows(),
        )
        await fill(
            "users",
            "external_id, site_id, first_name, last_name, extension, phone_number, email, station_type, "
            "barge_in_exempt, pickup_group_id, sort_key, extension_key, search_key",
            directory.user_rows(),
        )
        await client.execute_script("ANALYZE")
    await database.close()
