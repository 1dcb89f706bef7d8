"""Rows of pickup groups under the site's lock: find, add, update and remove them."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.database.sessions import Transaction
from models.domain.change_log import LockedSite
from models.domain.group_names import comparable
from models.pickup_group import PickupGroup
from models.queries.row_keys import group_keys, name_key

_COLUMNS = ", ".join(f"{PickupGroup.column(name)} AS {name}" for name in PickupGroup.model_fields())


async def fetch_group(site: LockedSite | None, key: int | None) -> PickupGroup | None:
    """The group with all its columns; None if it was deleted before the lock was granted."""
    if site is None or key is None:
        return None
    statement = site.transaction.statement()
    condition = f"id = {statement.bind(key)} AND site_id = {statement.bind(site.key)}"
    sql = f"SELECT {_COLUMNS} FROM pickup_groups WHERE {condition}"
    for record in await site.transaction.fetch(sql, statement.values):
        return PickupGroup.view(record)
    return None


async def group_with_name(site: LockedSite | None, name: str, *, but: int | None = None) -> tuple[int, str] | None:
    """The key and the name of the site's group, other than `but`, that has the same name key.

    An invalid name is looked up too, so that all its violations are returned: one with a line break instead of a
    space, for example, has the name key of a valid name.
    """
    if site is None or not comparable(name):
        return None
    statement = site.transaction.statement()
    condition = f"site_id = {statement.bind(site.key)} AND name_key = {statement.bind(name_key(name))}"
    sql = f"SELECT id AS key, name FROM pickup_groups WHERE {condition}"
    for record in await site.transaction.fetch(sql, statement.values):
        if record["key"] != but:
            return record["key"], record["name"]
    return None


async def add_group(site: LockedSite, columns: Mapping[str, Any]) -> int:
    """Insert a group with these columns and those derived from them, without members, and return its key."""
    statement = site.transaction.statement()
    values = {"site_id": site.key, "created_at": site.at, "updated_at": site.at, **columns, **group_keys(columns)}
    bound = ", ".join(statement.bind(value) for value in values.values())
    sql = f"INSERT INTO pickup_groups ({', '.join(values)}) VALUES ({bound}) RETURNING id"
    (record,) = await site.transaction.fetch(sql, statement.values)
    key: int = record["id"]
    return key


def store_group(
    site: LockedSite, group: PickupGroup, changed: Mapping[str, Any] | None = None, *, changes: int
) -> None:
    """Raise the group's version by the number of its changes, and write the columns that have changed, if any."""
    statement = site.writes.statement()
    values = {"updated_at": site.at}
    if changed:
        values |= {**changed, **group_keys({**vars(group), **changed})}
    assigned = ", ".join(f"{column} = {statement.bind(value)}" for column, value in values.items())
    assigned += f", version = version + {statement.bind(changes)}"
    sql = f"UPDATE pickup_groups SET {assigned} WHERE id = {statement.bind(group.key)}"
    site.writes.add(sql, statement)


async def raise_versions(transaction: Transaction, keys: Sequence[int], at: str) -> dict[int, int]:
    """Raise the versions of groups whose members have changed; return the keys of their sites by group."""
    statement = transaction.statement()
    records = await transaction.fetch(
        f"UPDATE pickup_groups SET version = version + 1, updated_at = {statement.bind(at)} "
        f"WHERE id IN {statement.keys(keys)} RETURNING id, site_id",
        statement.values,
    )
    return {group["id"]: group["site_id"] for group in records}


def remove_group(site: LockedSite, key: int) -> None:
    """Delete the row of a group that has no members."""
    statement = site.writes.statement()
    site.writes.add(f"DELETE FROM pickup_groups WHERE id = {statement.bind(key)}", statement)
