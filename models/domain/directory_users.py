"""Rows of users that the directory's mutations add, change and remove, under the locks of their sites."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.caller import Caller
from models.change import ChangeKind
from models.database.failures import WriteConflict
from models.database.sessions import Transaction
from models.domain.change_log import LockedSite
from models.domain.directory_rows import USER_COLUMNS, ParsedRow
from models.domain.membership_ends import (
    MembershipEnded,
    MembershipEndReason,
    log_ended_memberships,
    membership_end,
)
from models.queries.grants import granted

_INSERTED = {"external_id": "text", "site_id": "integer", "barge_in_exempt": "boolean", **USER_COLUMNS}
_UPDATED = {
    "key": "integer",
    "site_id": "integer",
    "barge_in_exempt": "boolean",
    "leaves_group": "boolean",
    **USER_COLUMNS,
}


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A user as they are under the locks. `site` is the external id of their site."""

    key: int
    external_id: str
    site_key: int
    site: str
    exempt: bool
    group_key: int | None
    columns: dict[str, Any]

    def ended(self, reason: MembershipEndReason) -> MembershipEnded:
        assert self.group_key is not None
        return MembershipEnded(self.key, self.external_id, self.site_key, self.group_key, reason)


@dataclass(frozen=True, slots=True)
class ChangedUser:
    """A user whose row changes something. `exempt` is what becomes of the exemption; `end` why they leave a group."""

    row: ParsedRow
    stored: StoredUser
    exempt: bool
    end: MembershipEndReason | None


@dataclass(slots=True)
class UsersDiff:
    """What the rows change; `exemptions_refused` are the keys of members whose rows ask for an exemption."""

    added: list[ParsedRow] = field(default_factory=list)
    changed: list[ChangedUser] = field(default_factory=list)
    exemptions_refused: list[int] = field(default_factory=list)

    @property
    def ended(self) -> list[MembershipEnded]:
        return [one.stored.ended(one.end) for one in self.changed if one.end is not None]


async def fetch_users(
    transaction: Transaction,
    caller: Caller,
    external_ids: Iterable[str],
    locked: Mapping[str, LockedSite],
    *,
    of_any_site: bool,
) -> dict[str, StoredUser]:
    """The stored users with these keys that the caller may see, or those of whatever site, by external id.

    Raises WriteConflict if one of a granted site has come to a site that is not locked.
    """
    statement = transaction.statement()
    ids = statement.texts(list(external_ids))
    seen = "TRUE" if of_any_site else granted(statement, caller, "x.site_id")
    sql = (
        "SELECT x.id AS key, x.external_id, x.site_id AS site_key, sites.external_id AS site, "
        "x.barge_in_exempt AS exempt, x.pickup_group_id AS group_key, "
        f"{', '.join(f'x.{name}' for name in USER_COLUMNS)} "
        f"FROM users AS x JOIN sites ON sites.id = x.site_id WHERE x.external_id IN {ids} AND {seen}"
    )
    found = {}
    for record in await transaction.fetch(sql, statement.values):
        columns = {name: record.pop(name) for name in USER_COLUMNS}
        user = StoredUser(**record | {"exempt": bool(record["exempt"])}, columns=columns)
        if user.site not in locked and caller.grants(user.site):
            raise WriteConflict
        found[user.external_id] = user
    return found


def compare_users(
    rows: Sequence[ParsedRow], locked: Mapping[str, LockedSite], stored: Mapping[str, StoredUser]
) -> UsersDiff:
    """What valid rows change. A member who stays in their group stays not exempt, whatever the row says."""
    diff = UsersDiff()
    for row in rows:
        assert row.key is not None
        assert row.site is not None
        user = stored.get(row.key)
        if user is None:
            diff.added.append(row)
            continue
        moves = locked[row.site].key != user.site_key
        end = None
        if user.group_key is not None:
            end = membership_end(moves=moves, station_type=row.columns["station_type"])
        stays = user.group_key is not None and end is None
        if stays and row.exempt:
            diff.exemptions_refused.append(user.key)
        exempt = row.exempt and not stays
        if moves or exempt != user.exempt or row.columns != user.columns:
            diff.changed.append(ChangedUser(row, user, exempt, end))
    return diff


async def apply_users_diff(
    transaction: Transaction, diff: UsersDiff, locked: Mapping[str, LockedSite]
) -> dict[str, int]:
    """Write the rows and log the changes: of groups that lose members, then one of each site.

    Return the keys of the new users by external id. Raises WriteConflict if another transaction has added one of them.
    """
    by_key = {site.key: site for site in locked.values()}
    if diff.changed:
        await _update_users(transaction, diff.changed, locked)
    added = await _insert_users(transaction, diff.added, locked) if diff.added else {}
    await log_ended_memberships(transaction, by_key, diff.ended)
    touched = {one.stored.site_key for one in diff.changed}
    touched |= {_site(row, locked) for row in (*diff.added, *(one.row for one in diff.changed))}
    _log_directory_changes(by_key, touched)
    return added


async def _update_users(
    transaction: Transaction, changed: Sequence[ChangedUser], locked: Mapping[str, LockedSite]
) -> None:
    statement = transaction.statement()
    given = [
        [one.stored.key, _site(one.row, locked), one.exempt, one.end is not None, *one.row.columns.values()]
        for one in changed
    ]
    assigned = ", ".join(f"{name} = given.{name}" for name in ("site_id", "barge_in_exempt", *USER_COLUMNS))
    sql = (
        f"UPDATE users SET {assigned}, "
        "pickup_group_id = CASE WHEN given.leaves_group THEN NULL ELSE users.pickup_group_id END "
        f"FROM {statement.rows(given, _UPDATED)} WHERE users.id = given.key"
    )
    await transaction.fetch(sql, statement.values)


async def _insert_users(
    transaction: Transaction, rows: Sequence[ParsedRow], locked: Mapping[str, LockedSite]
) -> dict[str, int]:
    statement = transaction.statement()
    given = [
        [row.key, _site(row, locked), row.exempt, *row.columns.values()]
        # In the order of the keys: two calls that add the same users wait for each other in one direction.
        for row in sorted(rows, key=lambda row: row.key or "")
    ]
    columns = ", ".join(_INSERTED)
    sql = (
        f"INSERT INTO users ({columns}) SELECT {columns} FROM {statement.rows(given, _INSERTED)} "
        "WHERE TRUE ON CONFLICT (external_id) DO NOTHING RETURNING id, external_id"
    )
    records = await transaction.fetch(sql, statement.values)
    if len(records) < len(rows):
        raise WriteConflict
    return {record["external_id"]: record["id"] for record in records}


async def remove_users(
    transaction: Transaction,
    users: Sequence[StoredUser],
    ended: Sequence[MembershipEnded],
    locked: Mapping[str, LockedSite],
) -> None:
    """Delete the users and log the changes, as `apply_users_diff` does."""
    statement = transaction.statement()
    sql = f"DELETE FROM users WHERE id IN {statement.keys([user.key for user in users])}"
    await transaction.fetch(sql, statement.values)
    by_key = {site.key: site for site in locked.values()}
    await log_ended_memberships(transaction, by_key, ended)
    _log_directory_changes(by_key, {user.site_key for user in users})


def _log_directory_changes(sites: Mapping[int, LockedSite], touched: Iterable[int]) -> None:
    for key in touched:
        sites[key].add_change(ChangeKind.DIRECTORY_CHANGED)


def _site(row: ParsedRow, locked: Mapping[str, LockedSite]) -> int:
    assert row.site is not None
    return locked[row.site].key
