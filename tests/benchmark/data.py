"""The data of the benchmark: the same for every run, put straight into the tables."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tortoise.connection import get_connection

from models.address import parse_address
from models.migrating import migrate_database, open_database
from models.text import name_key, search_key, sort_key

FIRST_NAMES = ("Marie", "Hélène", "Omar", "Anne", "Jean", "Chloé", "Paul", "Aisha", "Tom", "Inès", "Margaret", "Liam")
LAST_NAMES = ("Tremblay", "Gagnon", "Roy", "Côté", "Bouchard", "Smith", "Nguyen", "Martin", "Marchand", "Singh")
STATIONS = ("PREMIUM", "STANDARD", "BASIC", "HOSTED_SQUARE_KEY", "HOSTED_PRI", "FAX", "STANDARD", "BASIC")
CREATED = "2026-01-01T00:00:00.000000Z"


@dataclass(frozen=True)
class SiteSize:
    users: int
    groups: int
    members: int


ORDINARY = SiteSize(100, 12, 5)
BIG = SiteSize(20_000, 1_500, 8)
HUGE = SiteSize(200_000, 0, 0)
SITES = (*[ORDINARY] * 200, BIG, HUGE)
ORDINARY_SITE, BIG_SITE, HUGE_SITE = 100, 201, 202
"""The keys of the sites that the work is done on."""


def name_of(number: int) -> tuple[str, str]:
    """A name for a user; the numbers spread over the alphabet."""
    spread = number * 7919
    first = FIRST_NAMES[spread % len(FIRST_NAMES)]
    return first, f"{LAST_NAMES[spread % len(LAST_NAMES)]} {spread % 9973:04}"


def user_rows() -> Iterator[tuple[Any, ...]]:
    """Of each site the users, the first of them in its groups; an ineligible one is in none."""
    key, group_key = 0, 0
    for site_key, size in enumerate(SITES, 1):
        for number in range(size.users):
            key += 1
            first, last = name_of(number)
            station = STATIONS[number % len(STATIONS)]
            extension, phone = f"{1000 + number}", f"+1514{2000000 + key}"
            group = (
                group_key + 1 + number // size.members if size.members and number < size.groups * size.members else None
            )
            if group is not None and station == "FAX":
                station = "BASIC"
            email = f"user{key}@example.com"
            yield (
                f"u-{key}", site_key, first, last, extension, phone, email, station, False, group,
                sort_key(last, first), int(extension), search_key(first, last, extension, phone, email),
            )  # fmt: skip
        group_key += size.groups


def group_rows() -> Iterator[tuple[Any, ...]]:
    for site_key, size in enumerate(SITES, 1):
        for number in range(size.groups):
            name = f"Groupe {number:04} – équipe"
            yield site_key, name, name_key(name), sort_key(name), search_key(name), CREATED, CREATED


async def load(url: str) -> None:
    """Fills an empty database."""
    address = parse_address(url)
    await migrate_database(address)
    database = await open_database(address)
    client = get_connection(address.dialect)

    def mark(place: int) -> str:
        return "?" if address.dialect == "sqlite" else f"${place}"

    async def fill(table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
        marks = ", ".join(mark(number + 1) for number in range(len(columns.split(","))))
        await client.execute_many(f"INSERT INTO {table} ({columns}) VALUES ({marks})", [list(row) for row in rows])

    names = [(f"s-{key}", f"Site {key:04}") for key in range(1, len(SITES) + 1)]
    await fill(
        "sites",
        "external_id, name, sort_key, search_key",
        ((external, name, sort_key(name), search_key(name)) for external, name in names),
    )
    await fill("pickup_groups", "site_id, name, name_key, sort_key, search_key, created_at, updated_at", group_rows())
    await fill(
        "users",
        "external_id, site_id, first_name, last_name, extension, phone_number, email, station_type, "
        "barge_in_exempt, pickup_group_id, sort_key, extension_key, search_key",
        user_rows(),
    )
    await client.execute_script("ANALYZE")
    await database.close()


if __name__ == "__main__":
    import sys

    asyncio.run(load(sys.argv[1]))
