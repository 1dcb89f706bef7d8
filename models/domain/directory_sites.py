"""Rows of sites that the directory's mutations add, change and remove, under the sites' locks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.change import ChangeKind
from models.database.notifications import CHANNEL
from models.database.sessions import Transaction
from models.domain.change_log import LockedSite
from models.domain.directory_rows import SITE_COLUMNS, ParsedRow, insert_rows

_INSERTED = {"external_id": "text", **SITE_COLUMNS, "revision": "integer"}
_UPDATED = {"key": "integer", **SITE_COLUMNS}


@dataclass(slots=True)
class SitesDiff:
    """The rows that add a site, and those that change one."""

    added: list[ParsedRow] = field(default_factory=list)
    changed: list[ParsedRow] = field(default_factory=list)


async def fetch_sites(transaction: Transaction, sites: Sequence[LockedSite]) -> dict[int, dict[str, Any]]:
    """The stored columns of the sites, by key."""
    statement = transaction.statement()
    keys = statement.keys([site.key for site in sites])
    sql = f"SELECT id AS key, {', '.join(SITE_COLUMNS)} FROM sites WHERE id IN {keys}"
    return {record.pop("key"): record for record in await transaction.fetch(sql, statement.values)}


def compare_sites(
    rows: Sequence[ParsedRow], locked: dict[str, LockedSite], stored: dict[int, dict[str, Any]]
) -> SitesDiff:
    diff = SitesDiff()
    for row in rows:
        assert row.key is not None
        site = locked.get(row.key)
        if site is None:
            diff.added.append(row)
        elif row.columns != stored[site.key]:
            diff.changed.append(row)
    return diff


async def apply_sites_diff(
    transaction: Transaction, diff: SitesDiff, locked: dict[str, LockedSite], actor: str
) -> dict[str, LockedSite]:
    """Write the rows and log a change of each site; return the sites with the new ones, by external id.

    Raises WriteConflict if another transaction has added one of the new sites meanwhile.
    """
    sites = dict(locked)
    if diff.changed:
        statement = transaction.statement()
        given = [[sites[_key(row)].key, *row.columns.values()] for row in diff.changed]
        assigned = ", ".join(f"{name} = given.{name}" for name in SITE_COLUMNS)
        sql = f"UPDATE sites SET {assigned} FROM {statement.rows(given, _UPDATED)} WHERE sites.id = given.key"
        await transaction.fetch(sql, statement.values)
    if diff.added:
        sites |= await _insert_sites(transaction, diff.added, actor)
    for row in (*diff.changed, *diff.added):
        sites[_key(row)].add_change(ChangeKind.DIRECTORY_CHANGED)
    return sites


async def _insert_sites(transaction: Transaction, rows: Sequence[ParsedRow], actor: str) -> dict[str, LockedSite]:
    """New sites need no lock, since no other transaction sees them yet; their first revision is 1."""
    given = [[_key(row), *row.columns.values(), 1] for row in rows]
    keys = await insert_rows(transaction, "sites", _INSERTED, given)
    return {external_id: LockedSite(transaction, key, 1, actor) for external_id, key in keys.items()}


async def sites_in_use(transaction: Transaction, sites: Sequence[LockedSite]) -> dict[int, str]:
    """The names of the sites that have users or groups, by key."""
    statement = transaction.statement()
    sql = (
        f"SELECT id, name FROM sites WHERE id IN {statement.keys([site.key for site in sites])} "
        "AND (EXISTS (SELECT 1 FROM users WHERE users.site_id = sites.id) "
        "OR EXISTS (SELECT 1 FROM pickup_groups WHERE pickup_groups.site_id = sites.id))"
    )
    return {record["id"]: record["name"] for record in await transaction.fetch(sql, statement.values)}


async def delete_sites(transaction: Transaction, sites: Sequence[LockedSite]) -> None:
    """Delete the sites with their changes, and wake their subscribers when that is committed."""
    keys = [site.key for site in sites]

    for table, column in (("changes", "site_id"), ("sites", "id")):
        statement = transaction.statement()
        sql = f"DELETE FROM {table} WHERE {column} IN {statement.keys(keys)}"
        await transaction.fetch(sql, statement.values)
    if transaction.dialect == "postgres":
        # On SQLite, the subscriptions poll the file.
        statement = transaction.statement()
        sql = f"SELECT pg_notify('{CHANNEL}', key::text) FROM {statement.listed(keys)}"
        await transaction.fetch(sql, statement.values)


def _key(row: ParsedRow) -> str:
    assert row.key is not None
    return row.key
