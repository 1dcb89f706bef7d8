"""A site under its lock: the one place where a site is changed, and its history written without a gap."""

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
    """A site whose row this transaction has locked, with the changes that it is about to record.

    The lock is the statement that adds one to the revision: a row lock on PostgreSQL, and on SQLite a write under the
    lock of the file. The first change takes that number.
    """

    def __init__(self, transaction: Transaction, key: int, revision: int, actor: str) -> None:
        self.transaction = transaction
        self.writes = WriteBatch(transaction)
        self.key = key
        self.at = now()
        self._revision = revision
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
        """Adds a change to those that `write` will write, in their order."""
        change = {
            "site_key": self.key,
            "revision": self._revision + len(self._changes),
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
        """Those recorded so far."""
        return self._changes

    @property
    def revision(self) -> int:
        """That of the last change, the recorded ones included: what the caller has seen when they are told of it."""
        return self._revision + len(self._changes) - 1

    async def flush(self) -> bool:
        """Writes what there is to write, the changes, and the revision of the last; whether there are any changes.

        Without any, the number that the lock took is given back, for what is read before the transaction is abandoned.
        """
        if self._changes:
            statement = self.writes.statement()
            self.writes.add(_insertion(statement, self._changes), statement)
        by = len(self._changes) - 1
        if by:
            statement = self.writes.statement()
            sql = f"UPDATE sites SET revision = revision + {statement.bind(by)} WHERE id = {statement.bind(self.key)}"
            self.writes.add(sql, statement)
        await self.writes.execute()
        return bool(self._changes)


async def lock_site(transaction: Transaction, caller: Caller, site_key: int | None) -> LockedSite | None:
    """Locks the site; None where there is no such site for the caller. The first statement of its transaction."""
    statement = transaction.statement()
    which = f"id = {statement.bind(site_key or 0)} AND {granted(statement, caller, 'id')}"
    return await _lock(transaction, caller, which, statement.values)


async def lock_site_of_group(transaction: Transaction, caller: Caller, group_key: int | None) -> LockedSite | None:
    """Locks the site of the group; None where there is no such group for the caller. A group never changes its site."""
    statement = transaction.statement()
    group = f"(SELECT site_id FROM pickup_groups WHERE pickup_groups.id = {statement.bind(group_key or 0)})"
    which = f"id = {group} AND {granted(statement, caller, 'id')}"
    return await _lock(transaction, caller, which, statement.values)


async def _lock(transaction: Transaction, caller: Caller, which: str, values: list[object]) -> LockedSite | None:
    sql = f"UPDATE sites SET revision = revision + 1 WHERE {which} RETURNING id, revision"
    for record in await transaction.fetch(sql, values):
        return LockedSite(transaction, record["id"], record["revision"], caller.subject)
    return None


async def lock_sites(transaction: Transaction, caller: Caller, site_keys: Sequence[int]) -> list[LockedSite]:
    """Locks several sites, always in the order of their keys, so that nobody waits in a circle."""
    statement = transaction.statement()
    which = f"id IN {statement.keys(site_keys)} AND {granted(statement, caller, 'id')}"
    if transaction.dialect == "postgres":
        # An UPDATE alone locks in whatever order it finds the rows.
        ordered = f"SELECT id FROM sites WHERE {which} ORDER BY id FOR NO KEY UPDATE"
        sql = (
            f"WITH ordered AS ({ordered}) UPDATE sites SET revision = revision + 1 FROM ordered "
            "WHERE sites.id = ordered.id RETURNING sites.id, sites.revision"
        )
    else:
        sql = f"UPDATE sites SET revision = revision + 1 WHERE {which} RETURNING id, revision"
    records = await transaction.fetch(sql, statement.values)
    locked = [LockedSite(transaction, one["id"], one["revision"], caller.subject) for one in records]
    return sorted(locked, key=lambda site: site.key)


async def flush_all(transaction: Transaction, sites: Sequence[LockedSite]) -> None:
    """Does for several sites what `write` does for one; those without a change get their number back for good."""
    changes = [one for site in sites for one in site.changes]
    for first in range(0, len(changes), _MOST_INSERTED):
        statement = transaction.statement()
        sql = _insertion(statement, changes[first : first + _MOST_INSERTED])
        await transaction.fetch(sql, statement.values)
    numbers = Counter(len(site.changes) for site in sites)
    for number in sorted(numbers):
        if number != 1:
            statement = transaction.statement()
            by = statement.bind(number - 1)
            keys = statement.keys([site.key for site in sites if len(site.changes) == number])
            await transaction.fetch(f"UPDATE sites SET revision = revision + {by} WHERE id IN {keys}", statement.values)


def _insertion(statement: Statement, changes: Sequence[Change]) -> str:
    rows = ", ".join(f"({', '.join(statement.bind(getattr(one, name)) for name in _WRITTEN)})" for one in changes)
    columns = ", ".join(Change.column(name) for name in _WRITTEN)
    return f"INSERT INTO {Change.table()} ({columns}) VALUES {rows}"


_WRITTEN = (
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

_MOST_INSERTED = 1_000
"""Changes written by one statement: both databases bound its values."""
