"""A directory of 2,500 ordinary sites, a big one, and one whose rows tie in every order."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from models.queries.row_keys import group_keys, site_keys, user_keys
from tests.benchmark.data import name_of
from tests.support.databases import connected


@dataclass(frozen=True)
class SiteSize:
    """`members` are those of its first group; each other group has one."""

    users: int
    groups: int
    members: int
    changes: int
    tied: bool = False
    """Whether all users have the same name and extension, and all groups the same instant."""


ORDINARY, BIG, TIED = SiteSize(3, 2, 1, 1), SiteSize(3_000, 600, 1_000, 2_000), SiteSize(600, 400, 0, 0, tied=True)
SIZES = [*[ORDINARY] * 1_250, BIG, *[ORDINARY] * 1_250, TIED]
"""Of each site; its key is counted from 1."""

BIG_SITE, BIG_GROUP, TIED_SITE = 1_251, 1_250 * ORDINARY.groups + 1, len(SIZES)
IDS = {"Site": f"Site:{BIG_SITE}", "PickupGroup": f"PickupGroup:{BIG_GROUP}"}

LENGTHS = {
    "sites": len(SIZES),
    "users": sum(size.users for size in SIZES),
    "users of site": BIG.users,
    "Site.users": BIG.users,
    "pickupGroups": sum(size.groups for size in SIZES),
    "pickupGroups of site": BIG.groups,
    "Site.pickupGroups": BIG.groups,
    "Site.changes": BIG.changes,
    "PickupGroup.changes": BIG.changes // 2,
    "members": BIG.members,
    "availableUsers": BIG.users - BIG.members - BIG.groups + 1,
}
"""Rows of each list, of the big site or over all sites."""

Rows = list[tuple[Any, ...]]


def make_rows() -> dict[tuple[str, str], Rows]:
    """By table and columns. In every order the rows of a site stand among those of the other sites."""
    sites: Rows = []
    groups: Rows = []
    users: Rows = []
    changes: Rows = []
    for site, size in enumerate(SIZES, 1):
        name = f"Site {_spread(site):04}"
        sites.append((f"s-{site}", name, size.changes, *site_keys(name, None)))
        first_group = len(groups) + 1
        for number in range(size.groups):
            name = f"Groupe {_spread(len(groups)):04} {'Hélène' if number % 10 == 0 else 'équipe'}"
            at = _instant(4_000 if size.tied else _spread(len(groups)))
            groups.append((site, name, *group_keys({"name": name}).values(), at, at))
        for number in range(size.users):
            place = max(0, number - size.members + 1)
            group = first_group + place if place < size.groups and not size.tied else None
            users.append(_make_user(len(users) + 1, site, number, group))
        for number in range(1, size.changes + 1):
            # On the big site every second one is of its first group.
            group = first_group + (number % size.groups if number % 2 else 0)
            changes.append((site, number, "PICKUP_GROUP_RENAMED", "ann", _instant(number), group))
    return {
        ("sites", "external_id, name, revision, sort_key, search_key"): sites,
        ("pickup_groups", "site_id, name, name_key, sort_key, search_key, created_at, updated_at"): groups,
        (
            "users",
            "external_id, site_id, first_name, last_name, extension, station_type, barge_in_exempt, pickup_group_id, "
            "sort_key, extension_key, search_key",
        ): users,
        ("changes", "site_id, revision, kind, actor, occurred_at, pickup_group_id"): changes,
    }


def _make_user(key: int, site: int, number: int, group: int | None) -> tuple[Any, ...]:
    """Available users of the big site come after its members in every order, so that only the right index will do."""
    first, last = name_of(key)
    extension = _spread(key) + 100
    if site == TIED_SITE:
        first, last, extension = "Ann", "Lee", 5_000
    elif site == BIG_SITE and group is None:
        last, extension = f"Zola {last}", extension + 10_000
    station = "STANDARD" if group or number % 4 else "FAX"
    if number == BIG.users - 1:
        station = "VOICEMAIL_ONLY"
    return (
        f"u-{key}", site, first, last, str(extension), station, False, group,
        *user_keys(first, last, str(extension), None, None),
    )  # fmt: skip


def _spread(number: int) -> int:
    return number * 7919 % 9973


def _instant(number: int) -> str:
    return f"2026-01-01T00:00:00.{number:06}Z"


def fill_sqlite(path: str) -> None:
    """Without ANALYZE, which is never run on the file of a server."""
    connection = sqlite3.connect(path)
    for (table, columns), rows in make_rows().items():
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
    connection.commit()
    connection.close()


async def fill_postgres(url: str) -> None:
    """With the statistics that autovacuum gathers after a while."""
    async with connected(url) as connection:
        # VACUUM does not mark rows as visible to all while their commit is on its way to the disk.
        await connection.execute("SET synchronous_commit = on")
        for (table, columns), rows in make_rows().items():
            await connection.copy_records_to_table(table, records=rows, columns=columns.split(", "))
        await connection.execute("VACUUM ANALYZE")
