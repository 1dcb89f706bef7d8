"""The integrity check: stored data that breaks a rule, even one that the database enforces."""

import sqlite3
from collections.abc import AsyncIterator, Sequence

from models.database.database import Database
from models.database.sessions import Records, Session
from models.integrity.replay import Replay
from models.integrity.stored_rows import CHANGE, TABLES, Record, unreadable
from models.user import ELIGIBLE_SQL

BATCH = 5_000
"""Rows that are read at once, and changes that are replayed, in whole sites, before they are compared."""

_FIRST = -(2**63)

_QUERIES = (
    (
        "user {0} is in a group of another site, or in one that does not exist",
        "SELECT u.external_id FROM users AS u LEFT JOIN pickup_groups AS g ON g.id = u.pickup_group_id "
        "WHERE u.pickup_group_id IS NOT NULL AND (g.id IS NULL OR g.site_id <> u.site_id)",
    ),
    (
        "user {0} is in a group with a station of the type {1}",
        "SELECT external_id, station_type FROM users WHERE pickup_group_id IS NOT NULL "
        f"AND station_type NOT IN ({ELIGIBLE_SQL})",
    ),
    (
        "user {0} is in a group and exempt from barge-in",
        "SELECT external_id FROM users WHERE pickup_group_id IS NOT NULL AND barge_in_exempt",
    ),
    (
        "user {0} has no site",
        "SELECT external_id FROM users WHERE site_id NOT IN (SELECT id FROM sites)",
    ),
    (
        "pickup group {0} has no site",
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
        "SELECT s.external_id, s.revision, count(c.id), coalesce(max(c.revision), 0) AS last FROM sites AS s "
        "LEFT JOIN changes AS c ON c.site_id = s.id GROUP BY s.id, s.external_id, s.revision "
        "HAVING s.revision <> count(c.id) OR s.revision <> coalesce(max(c.revision), 0)",
    ),
    (
        "the {1} changes of site {0} are not numbered from 1 without a gap",
        "SELECT s.external_id, count(*) FROM sites AS s JOIN changes AS c ON c.site_id = s.id "
        "GROUP BY s.id, s.external_id HAVING min(c.revision) <> 1 OR max(c.revision) <> count(*) "
        "OR count(DISTINCT c.revision) <> count(*)",
    ),
    (
        "the change stored as {0} has no site",
        "SELECT id FROM changes WHERE site_id IS NULL OR site_id NOT IN (SELECT id FROM sites) ORDER BY id",
    ),
)


async def find_problems(database: Database) -> list[str]:
    """Return all problems."""
    return [problem async for problem in iterate_problems(database)]


async def iterate_problems(database: Database) -> AsyncIterator[str]:
    """Yield a line for each problem, from one snapshot, with a batch of rows or the groups of a site in memory."""
    async with database.reading() as session:
        for text, sql in _QUERIES:
            for record in await session.fetch(sql, []):
                yield text.format(*record.values())
        for table, column_types, problems in TABLES:
            async for row in _rows(session, table, tuple(column_types)):
                if wrong := unreadable(row, column_types):
                    yield f"the row {row['id']} of {table} cannot be read: {wrong}"
                    continue
                for problem in problems(row):
                    yield f"{_name(table, row)} {problem}"
        async for problem in _check_change_log(session):
            yield problem


def _name(table: str, row: Record) -> str:
    return f"pickup group {row['id']}" if table == "pickup_groups" else f"{table[:-1]} {row['external_id']}"


async def _rows(
    session: Session,
    table: str,
    columns: Sequence[str],
    order: Sequence[str] = ("id",),
    after: Sequence[int] = (_FIRST,),
    condition: str = "TRUE",
) -> AsyncIterator[Record]:
    """Yield the rows of a table in order, in batches; of an unreadable row, only the columns of the order."""
    size = BATCH
    while True:
        asked = size
        try:
            page = await _page(session, table, (*order, *columns), order, after, condition, size)
        except sqlite3.OperationalError:
            # Text that is not UTF-8: read the rows one by one, until the broken one is found.
            if size > 1:
                size = 1
                continue
            page = await _page(session, table, order, order, after, condition, 1)
            size = BATCH
        for row in page:
            yield row
        if len(page) < asked:
            return
        after = [page[-1][name] for name in order]


async def _page(
    session: Session,
    table: str,
    columns: Sequence[str],
    order: Sequence[str],
    after: Sequence[int],
    condition: str,
    size: int,
) -> Records:
    statement = session.statement()
    places = ", ".join(statement.bind(place) for place in after)
    by = ", ".join(order)
    sql = (
        f"SELECT {', '.join(dict.fromkeys(columns))} FROM {table} WHERE ({by}) > ({places}) AND {condition} "
        f"ORDER BY {by} LIMIT {size}"
    )
    return await session.fetch(sql, statement.values)


async def _check_change_log(session: Session) -> AsyncIterator[str]:
    """Replay the changes from the first: they must give the groups, their names, versions and members as stored."""
    replay = Replay()
    after, site, number = _FIRST, _FIRST, 0
    order = ("site_id", "revision", "id")
    async for change in _rows(session, "changes", tuple(CHANGE), order, (_FIRST,) * len(order)):
        if change["site_id"] != site and number >= BATCH:
            async for problem in _compare_sites(session, replay, after, site):
                yield problem
            replay, after, number = Replay(), site, 0
        if isinstance(change["site_id"], int):
            site = change["site_id"]
        number += 1
        for problem in replay.add(change):
            yield problem
    async for problem in _compare_sites(session, replay, after, None):
        yield problem


async def _compare_sites(session: Session, replay: Replay, after: int, last: int | None) -> AsyncIterator[str]:
    """Compare the groups of the sites after the key `after`, up to `last`, with the replayed ones."""
    waiting: Records = []
    groups = _rows(
        session,
        "pickup_groups",
        ("id", "name", "version"),
        ("site_id", "id"),
        (after, 2**63 - 1),
        "TRUE" if last is None else f"site_id <= {last}",
    )
    async for group in groups:
        waiting.append(group)
        if len(waiting) == BATCH:
            async for problem in _compare_groups(session, replay, waiting):
                yield problem
            waiting.clear()
    async for problem in _compare_groups(session, replay, waiting):
        yield problem
    for site, key in sorted(replay.groups):
        yield f"pickup group {key} is in the change log of site {site}, but it is not stored there"


async def _compare_groups(session: Session, replay: Replay, groups: Records) -> AsyncIterator[str]:
    """Compare these groups, and take them out of the replayed ones."""
    statement = session.statement()
    keys = statement.keys([group["id"] for group in groups])
    members: dict[int, set[int]] = {}
    sql = f"SELECT id, pickup_group_id FROM users WHERE pickup_group_id IN {keys}"
    for member in await session.fetch(sql, statement.values):
        members.setdefault(member["pickup_group_id"], set()).add(member["id"])
    for group in groups:
        logged = replay.groups.pop((group["site_id"], group["id"]), None)
        stored = (group.get("name"), group.get("version"), members.get(group["id"], set()))
        if logged is None:
            yield f"pickup group {group['id']} is stored, but not in the change log"
        elif stored != (logged.name, logged.version, logged.members):
            yield f"pickup group {group['id']} differs from the change log: in its name, version or members"
