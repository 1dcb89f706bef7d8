"""The change log: a site under its lock, its changes numbered without a gap, and all of it written at the end."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from models.caller import Caller
from models.change import Change, ChangeKind
from models.database.sessions import Transaction, WriteBatch
from models.queries.grants import granted
from models.queries.statement import Statement


def now() -> str:
    """The current instant as the database holds it: RFC 3339 text in UTC with microseconds, which sorts by time."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class LockedSite:
    """A site whose row this transaction has locked, with the changes and writes that it has collected.

    The lock is the first statement of the transaction: an UPDATE that adds 1 to `sites.revision`. On PostgreSQL it
    takes the row lock, on SQLite the write lock of the file, and the revision that it returns is the number of the
    first change. With a SELECT before the first write, 44 to 50 % of SQLite's transactions failed with "database is
    locked", because a reader cannot become a writer while there is another writer; with this UPDATE none of 1,000 did.
    """

    def __init__(self, transaction: Transaction, key: int, revision: int, actor: str) -> None:
        self.transaction = transaction
        self.writes = WriteBatch(transaction)
        self.key = key
        self.at = now()
        self._first_revision = revision
        self._actor = actor
        self._changes: list[Change] = []

    def add_change(
        self,
        kind: ChangeKind,
        group_key: int | None = None,
        *,
        name_before: str | None = None,
        name_after: str | None = None,
        added: Sequence[int] = (),
        removed: Sequence[int] = (),
        exemptions_cleared: Sequence[int] = (),
    ) -> None:
        """Append a change, which takes the next revision; `flush` writes it."""
        change = {
            "site_key": self.key,
            "revision": self._first_revision + len(self._changes),
            "kind": kind.value,
            "actor": self._actor,
            "occurred_at": self.at,
            "pickup_group_key": group_key,
            "name_before": name_before,
            "name_after": name_after,
            "added_keys": orjson.dumps(sorted(added)).decode(),
            "removed_keys": orjson.dumps(sorted(removed)).decode(),
            "cleared_keys": orjson.dumps(sorted(exemptions_cleared)).decode(),
        }
        self._changes.append(Change.view(change))

    @property
    def changes(self) -> Sequence[Change]:
        """The changes added so far."""
        return self._changes

    @property
    def revision(self) -> int:
        """The revision of the last change added; without any, the site's revision before the lock."""
        return self._first_revision + len(self._changes) - 1

    async def flush(self) -> bool:
        """Write the batch, the changes and the site's new revision; whether there are any changes.

        Without a change the increment of the lock is undone, so that reads before the rollback see the old revision.
        """
        if self._changes:
            statement = self.writes.statement()
            self.writes.add(_insert_changes(statement, self._changes), statement)
        correction = len(self._changes) - 1
        if correction:
            statement = self.writes.statement()
            revision = f"revision + {statement.bind(correction)}"
            self.writes.add(f"UPDATE sites SET revision = {revision} WHERE id = {statement.bind(self.key)}", statement)
        await self.writes.execute()
        return bool(self._changes)


async def lock_site(transaction: Transaction, caller: Caller, site_key: int | None) -> LockedSite | None:
    """Lock the site; None if there is none that the caller may see. Must be the first statement of the transaction."""
    statement = transaction.statement()
    condition = f"id = {statement.bind(site_key or 0)} AND {granted(statement, caller, 'id')}"
    return await _lock(transaction, caller, condition, statement.values)


async def lock_site_of_group(transaction: Transaction, caller: Caller, group_key: int | None) -> LockedSite | None:
    """Lock the site of the group, as `lock_site` does; None if there is no such group that the caller may see.

    A group never changes its site, so the site that is locked is still the group's when the lock is granted.
    """
    statement = transaction.statement()
    site = f"(SELECT site_id FROM pickup_groups WHERE pickup_groups.id = {statement.bind(group_key or 0)})"
    condition = f"id = {site} AND {granted(statement, caller, 'id')}"
    return await _lock(transaction, caller, condition, statement.values)


async def _lock(transaction: Transaction, caller: Caller, condition: str, values: list[object]) -> LockedSite | None:
    sql = f"UPDATE sites SET revision = revision + 1 WHERE {condition} RETURNING id, revision"
    for record in await transaction.fetch(sql, values):
        return LockedSite(transaction, record["id"], record["revision"], caller.subject)
    return None


async def lock_sites(transaction: Transaction, caller: Caller, site_keys: Sequence[int]) -> list[LockedSite]:
    """Lock several sites, always in the order of their keys: two imports of the same sites cannot deadlock."""
    statement = transaction.statement()
    sites = await _lock_all(transaction, caller, statement, f"id IN {statement.keys(site_keys)}")
    return sorted(sites.values(), key=lambda site: site.key)


async def lock_named_sites(
    transaction: Transaction, caller: Caller, site_ids: Sequence[str], user_ids: Sequence[str] = ()
) -> dict[str, LockedSite]:
    """Lock the sites with these external ids, and those of the users with these, as `lock_sites` does.

    Return the sites that the caller may see, by external id. A user may have moved before the locks were granted: the
    caller of this function checks that no user is of a site that is not locked.
    """
    statement = transaction.statement()
    named = f"SELECT id FROM sites WHERE external_id IN {statement.texts(site_ids)}"
    if user_ids:
        named += f" UNION SELECT site_id FROM users WHERE external_id IN {statement.texts(user_ids)}"
    return await _lock_all(transaction, caller, statement, f"id IN ({named})")


async def _lock_all(
    transaction: Transaction, caller: Caller, statement: Statement, condition: str
) -> dict[str, LockedSite]:
    condition += f" AND {granted(statement, caller, 'id')}"
    if transaction.dialect == "postgres":
        # A plain UPDATE locks the rows in the order in which it finds them.
        ordered = f"SELECT id FROM sites WHERE {condition} ORDER BY id FOR NO KEY UPDATE"
        sql = (
            f"WITH ordered AS ({ordered}) UPDATE sites SET revision = revision + 1 FROM ordered "
            "WHERE sites.id = ordered.id RETURNING sites.id, sites.external_id, sites.revision"
        )
    else:
        sql = f"UPDATE sites SET revision = revision + 1 WHERE {condition} RETURNING id, external_id, revision"
    return {
        record["external_id"]: LockedSite(transaction, record["id"], record["revision"], caller.subject)
        for record in await transaction.fetch(sql, statement.values)
    }


async def flush_all(transaction: Transaction, sites: Sequence[LockedSite]) -> None:
    """Write the changes and revisions of several sites; sites without a change get their old revision back."""
    changes = [change for site in sites for change in site.changes]
    for first in range(0, len(changes), _INSERT_SIZE):
        statement = transaction.statement()
        sql = _insert_changes(statement, changes[first : first + _INSERT_SIZE])
        await transaction.fetch(sql, statement.values)
    counts = Counter(len(site.changes) for site in sites)
    for count in sorted(counts):
        if count != 1:
            statement = transaction.statement()
            correction = statement.bind(count - 1)
            keys = statement.keys([site.key for site in sites if len(site.changes) == count])
            sql = f"UPDATE sites SET revision = revision + {correction} WHERE id IN {keys}"
            await transaction.fetch(sql, statement.values)


def _insert_changes(statement: Statement, changes: Sequence[Change]) -> str:
    rows = ", ".join(
        f"({', '.join(statement.bind(getattr(change, name)) for name in _INSERTED)})" for change in changes
    )
    columns = ", ".join(Change.column(name) for name in _INSERTED)
    return f"INSERT INTO {Change.table()} ({columns}) VALUES {rows}"


_INSERTED = (
    "site_key",
    "revision",
    "kind",
    "actor",
    "occurred_at",
    "pickup_group_key",
    "name_before",
    "name_after",
    "added_keys",
    "removed_keys",
    "cleared_keys",
)

_INSERT_SIZE = 1_000
"""Changes for each INSERT: 11,000 of the at most 32,766 values that either database binds in one statement."""
