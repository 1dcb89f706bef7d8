"""Rows of users that the directory's mutations add, change and remove, under the locks of their sites."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.caller import Caller
from models.change import ChangeKind
from models.database.failures import WriteConflict
from models.database.sessions import Transaction
from models.domain.change_log import LockedSite
from models.domain.directory_rows import USER_COLUMNS, ParsedRow, insert_rows
from models.domain.membership_ends import (
    MembershipEnded,
    MembershipEndReason,
    log_ended_memberships,
    membership_end,
)
from models.queries.grants import granted

_INSERTED = {"external_id": "text", "site_id": "integer", "barge_in_exempt": "boolean", **USER_COLUMNS}
_UPDATED = {
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
    added = {}
    if diff.added:
        given = [[row.key, _site(row, locked), row.exempt, *row.columns.values()] for row in diff.added]
        added = await insert_rows(transaction, "users", _INSERTED, given)
    await log_ended_memberships(transaction, by_key, diff.ended)
    touched = {one.stored.site_key for one in diff.changed}
    touched |= {_site(row, locked) for row in (*diff.added, *(one.row for one in diff.changed))}
    _log_directory_changes(by_key, touched)
    return added


async def _update_users(
    transaction: Transaction, changed: Sequence[ChangedUser], locked: Mapping[str, LockedSite]
) -> None:
    """Assign no column that stays as it is in all rows: SQLite would write each index that holds it.

    For a user whose email changes this takes 22 writes to files instead of 36.
    """
    rows = [(one.stored.key, _columns_before(one), _columns_after(one, locked)) for one in changed]
    types = {name: type_ for name, type_ in _UPDATED.items() if any(old[name] != new[name] for _, old, new in rows)}
    given = [[key, *(new[name] for name in types)] for key, _, new in rows]
    statement = transaction.statement()
    sql = (
        f"UPDATE users SET {', '.join(map(_assignment, types))} "
        f"FROM {statement.rows(given, {'key': 'integer', **types})} WHERE users.id = given.key"
    )
    await transaction.fetch(sql, statement.values)


def _columns_before(one: ChangedUser) -> dict[str, Any]:
    user = one.stored
    return {"site_id": user.site_key, "barge_in_exempt": user.exempt, "leaves_group": False, **user.columns}


def _columns_after(one: ChangedUser, locked: Mapping[str, LockedSite]) -> dict[str, Any]:
    site, leaves_group = _site(one.row, locked), one.end is not None
    return {"site_id": site, "barge_in_exempt": one.exempt, "leaves_group": leaves_group, **one.row.columns}


def _assignment(name: str) -> str:
    if name == "leaves_group":
        return "pickup_group_id = CASE WHEN given.leaves_group THEN NULL ELSE users.pickup_group_id END"
    return f"{name} = given.{name}"


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
