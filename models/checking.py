"""Checking: stored data that breaks a rule, found also where the database's own constraints were taken away."""

from collections.abc import AsyncIterator
from typing import Any

import orjson

from models.change import ChangeKind
from models.database import Database
from models.session import Session
from models.text import clean_name, name_faults, name_key, search_key, sort_key
from models.user import ELIGIBLE_SQL, MISSING_EXTENSION, StationType

BATCH = 5_000

_STATIONS = ", ".join(f"'{station.value}'" for station in StationType)

_QUERIES = (
    (
        "user {0} is in a group of another site, or in one that does not exist",
        "SELECT u.external_id FROM users AS u LEFT JOIN pickup_groups AS g ON g.id = u.pickup_group_id "
        "WHERE u.pickup_group_id IS NOT NULL AND (g.id IS NULL OR g.site_id <> u.site_id)",
    ),
    (
        "user {0} is in a group with a station of type {1}",
        "SELECT external_id, station_type FROM users WHERE pickup_group_id IS NOT NULL "
        f"AND station_type NOT IN ({ELIGIBLE_SQL})",
    ),
    (
        "user {0} has the unknown station type {1}",
        f"SELECT external_id, station_type FROM users WHERE station_type NOT IN ({_STATIONS})",
    ),
    (
        "user {0} is in a group and exempt from barge-in",
        "SELECT external_id FROM users WHERE pickup_group_id IS NOT NULL AND barge_in_exempt",
    ),
    (
        "user {0} is of no site",
        "SELECT external_id FROM users WHERE site_id NOT IN (SELECT id FROM sites)",
    ),
    (
        "pickup group {0} is of no site",
        "SELECT id FROM pickup_groups WHERE site_id NOT IN (SELECT id FROM sites)",
    ),
    (
        "{1} pickup groups of site {0} share a name",
        "SELECT site_id, count(*) FROM pickup_groups GROUP BY site_id, name_key HAVING count(*) > 1",
    ),
    (
        "{1} users have the key {0}",
        "SELECT external_id, count(*) FROM users GROUP BY external_id HAVING count(*) > 1",
    ),
    (
        "{1} sites have the key {0}",
        "SELECT external_id, count(*) FROM sites GROUP BY external_id HAVING count(*) > 1",
    ),
    (
        "site {0} is at revision {1}, but has {2} changes, the last of revision {3}",
        "SELECT s.external_id, s.revision, count(c.id), coalesce(max(c.revision), 0) FROM sites AS s "
        "LEFT JOIN changes AS c ON c.site_id = s.id GROUP BY s.id, s.external_id, s.revision "
        "HAVING s.revision <> count(c.id) OR s.revision <> coalesce(max(c.revision), 0)",
    ),
)


async def find_faults(database: Database) -> list[str]:
    """All of `each_fault`."""
    return [fault async for fault in each_fault(database)]


async def each_fault(database: Database) -> AsyncIterator[str]:
    """A line for each fault, of one moment."""
    async with database.reading() as session:
        for text, sql in _QUERIES:
            for record in await session.fetch(sql, []):
                yield text.format(*record.values())
        async for fault in _derived(session):
            yield fault
        for fault in await _history(session):
            yield fault


async def _each(session: Session, columns: str, table: str) -> AsyncIterator[dict[str, Any]]:
    """The rows of a table in batches, by key."""
    after = 0
    while True:
        statement = session.statement()
        sql = f"SELECT id, {columns} FROM {table} WHERE id > {statement.bind(after)} ORDER BY id LIMIT {BATCH}"
        records = await session.fetch(sql, statement.values)
        for record in records:
            yield record
        if len(records) < BATCH:
            return
        after = records[-1]["id"]


async def _derived(session: Session) -> AsyncIterator[str]:
    """Columns that are worked out from others, and names that no group can have."""
    async for one in _each(session, "external_id, name, main_number, sort_key, search_key", "sites"):
        if (one["sort_key"], one["search_key"]) != (
            sort_key(one["name"]),
            search_key(one["name"], one["main_number"]),
        ):
            yield f"site {one['external_id']} has keys of order or search that are not those of its name"
    columns = "external_id, first_name, last_name, extension, phone_number, email, sort_key, extension_key, search_key"
    async for one in _each(session, columns, "users"):
        first, last, extension = one["first_name"], one["last_name"], one["extension"]
        derived = (
            sort_key(last, first),
            int(extension) if extension else MISSING_EXTENSION,
            search_key(first, last, extension, one["phone_number"], one["email"]),
        )
        if derived != (one["sort_key"], one["extension_key"], one["search_key"]):
            yield f"user {one['external_id']} has keys of order or search that are not those of their texts"
    async for one in _each(session, "name, name_key, sort_key, search_key", "pickup_groups"):
        name = one["name"]
        if name != clean_name(name) or name_faults(name):
            yield f"pickup group {one['id']} has a name that no group can have"
        elif (one["name_key"], one["sort_key"], one["search_key"]) != (
            name_key(name),
            sort_key(name),
            search_key(name),
        ):
            yield f"pickup group {one['id']} has keys of order or search that are not those of its name"


async def _history(session: Session) -> list[str]:
    """The changes replayed from the first give the groups, their names, versions and members as they are now."""
    groups: dict[int, tuple[str, int, set[int]]] = {}
    faults = []
    columns = "site_id, revision, kind, pickup_group_id, name_after, added_keys, removed_keys"
    changes = [one async for one in _each(session, columns, "changes")]
    for one in sorted(changes, key=lambda change: (change["site_id"], change["revision"])):
        key, kind = one["pickup_group_id"], one["kind"]
        if kind == ChangeKind.DIRECTORY_CHANGED.value:
            continue
        if kind == ChangeKind.PICKUP_GROUP_DELETED.value:
            groups.pop(key, None)
            continue
        if kind != ChangeKind.PICKUP_GROUP_CREATED.value and key not in groups:
            faults.append(f"site {one['site_id']}, revision {one['revision']}: a change to a group that was not made")
            continue
        name, version, members = groups.get(key, ("", 0, set()))
        members = (members - set(orjson.loads(one["removed_keys"]))) | set(orjson.loads(one["added_keys"]))
        groups[key] = (one["name_after"] or name, version + 1, members)
    stored = {
        one["id"]: (one["name"], one["version"]) async for one in _each(session, "name, version", "pickup_groups")
    }
    held: dict[int, set[int]] = {}
    async for one in _each(session, "pickup_group_id", "users"):
        if one["pickup_group_id"] is not None:
            held.setdefault(one["pickup_group_id"], set()).add(one["id"])
    for key in sorted(stored.keys() | groups.keys()):
        told = groups.get(key)
        if key not in stored or told is None:
            faults.append(
                f"pickup group {key} is {'stored' if key in stored else 'told of'}, but the history says not so"
            )
        elif (*stored[key], held.get(key, set())) != told:
            faults.append(f"pickup group {key} is not what the history says: its name, version or members differ")
    return faults
