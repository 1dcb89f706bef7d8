"""The data of the benchmark: the same in every run, written straight into the tables."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg

from models.database.url import parse_database_url
from models.queries.row_keys import group_keys, site_keys, user_keys

FIRST_NAMES = ("Hélène", "Anne", "Jean", "Marie", "Chloé", "Paul", "Aisha", "Tom", "Inès", "Liam", "Nadia", "Luc")
LAST_NAMES = (
    "Tremblay", "Marchand", "Gagnon", "Roy", "Côté", "Bouchard", "Smith", "Nguyen", "Gauthier", "Morin", "Lavoie",
    "Fortin", "Gagné", "Ouellet", "Pelletier", "Bélanger", "Lévesque", "Bergeron", "Leblanc", "Paquette", "Girard",
    "Boucher", "Singh",
)  # fmt: skip
STATIONS = ("PREMIUM", "STANDARD", "BASIC", "HOSTED_SQUARE_KEY", "HOSTED_PRI", "FAX", "STANDARD", "BASIC")
CREATED = "2026-01-01T00:00:00.000000Z"

SITE_COLUMNS = ("external_id", "name", "sort_key", "search_key")
GROUP_COLUMNS = ("site_id", "name", "name_key", "sort_key", "search_key", "created_at", "updated_at")
USER_COLUMNS = (
    "external_id", "site_id", "first_name", "last_name", "extension", "phone_number", "email", "station_type",
    "barge_in_exempt", "pickup_group_id", "sort_key", "extension_key", "search_key",
)  # fmt: skip


@dataclass(frozen=True)
class SiteSize:
    users: int
    groups: int
    members: int


ORDINARY = SiteSize(100, 12, 5)
BIG = SiteSize(20_000, 1_357, 8)
"""8,001 of its users are available; the term of W2 finds 712 of them."""

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
        """The keys of the users of an ordinary site who may join a group and are in none."""
        first = (site - 1) * ORDINARY.users
        taken = ORDINARY.groups * ORDINARY.members
        return [first + number + 1 for number in range(taken, ORDINARY.users) if _station(number) != "FAX"]

    def user_rows(self) -> Iterator[tuple[Any, ...]]:
        """The users site by site, the first of each site in its groups; an ineligible one is in none."""
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
                    external_id(key), site_key, first, last, extension, phone, email, station, False, group,
                    *user_keys(first, last, extension, phone, email),
                )  # fmt: skip
            group_key += size.groups

    def group_rows(self) -> Iterator[tuple[Any, ...]]:
        for site_key, size in enumerate(self.sites, 1):
            for number in range(size.groups):
                name = f"Groupe {number:04} – équipe"
                yield site_key, name, *group_keys({"name": name}).values(), CREATED, CREATED

    def site_rows(self) -> Iterator[tuple[Any, ...]]:
        for key in range(1, len(self.sites) + 1):
            name = f"Site {key:04}"
            yield f"s-{key}", name, *site_keys(name, None)

    def tables(self) -> Iterator[tuple[str, tuple[str, ...], Iterable[tuple[Any, ...]]]]:
        """Each table with its columns and rows, in an order that keeps its references."""
        yield "sites", SITE_COLUMNS, self.site_rows()
        yield "pickup_groups", GROUP_COLUMNS, self.group_rows()
        yield "users", USER_COLUMNS, self.user_rows()


def external_id(user: int) -> str:
    return f"u-{user}"


def name_of(number: int) -> tuple[str, str]:
    """A name for a user; the numbers spread over the alphabet."""
    spread = number * 7919
    first = FIRST_NAMES[spread % len(FIRST_NAMES)]
    return first, f"{LAST_NAMES[spread % len(LAST_NAMES)]} {spread % 9973:04}"


def _station(number: int) -> str:
    return STATIONS[number % len(STATIONS)]


async def fill(url: str, directory: Directory) -> None:
    """Fill a migrated database, unless it holds a site already."""
    address = parse_database_url(url)
    if address.path:
        _fill_sqlite(address.path, directory)
    else:
        await _fill_postgres(url, directory)


def _fill_sqlite(path: str, directory: Directory) -> None:
    connection = sqlite3.connect(path)
    if not connection.execute("SELECT 1 FROM sites LIMIT 1").fetchall():
        for table, columns, rows in directory.tables():
            marks = ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
        # Without ANALYZE, which an import does not run either.
        connection.commit()
    connection.close()


async def _fill_postgres(url: str, directory: Directory) -> None:
    connection = await asyncpg.connect(url)
    try:
        if not await connection.fetch("SELECT 1 FROM sites LIMIT 1"):
            for table, columns, rows in directory.tables():
                await connection.copy_records_to_table(table, records=rows, columns=columns)
        # Now, and not while something is measured.
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
