"""Writing down what one part of an import did, as changes of its sites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.change import ChangeKind
from models.database.sessions import Records, Transaction
from models.domain.change_log import LockedSite, flush_all


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many groups got or lost members, and how many exemptions ended by joining one."""

    groups: int
    cleared: int


async def record_changes(
    transaction: Transaction,
    sites: Mapping[int, LockedSite],
    created: Mapping[int, str],
    touched: set[int],
) -> Recorded:
    """Writes each site's changes: groups that lost members, those that were made or changed, the site itself.

    Reads stage_leaving and stage_joining. `sites` are those of the part by their keys, `created` the names of the new
    groups by theirs; `touched` are the keys of the sites whose directory has changed.
    """
    removed = await _members(transaction, "stage_leaving")
    added = await _members(transaction, "stage_joining")
    cleared = await _members(transaction, "stage_joining WHERE exempt")
    known = sorted((removed.keys() | added.keys()) - created.keys())
    site_of = await _raise_versions(transaction, known, next(iter(sites.values())).at)
    for key in sorted(known, key=lambda one: (one in added, one)):
        sites[site_of[key]].add_change(
            ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED,
            key,
            added=added.get(key, ()),
            removed=removed.get(key, ()),
            exemptions_cleared=cleared.get(key, ()),
        )
    for one in await _groups(transaction, sorted(created)):
        sites[one["site_id"]].add_change(
            ChangeKind.PICKUP_GROUP_CREATED,
            one["id"],
            name_after=created[one["id"]],
            added=added.get(one["id"], ()),
            exemptions_cleared=cleared.get(one["id"], ()),
        )
    for key in touched:
        sites[key].add_change(ChangeKind.DIRECTORY_CHANGED)
    await flush_all(transaction, list(sites.values()))
    return Recorded(len(known), sum(len(users) for users in cleared.values()))


async def _members(transaction: Transaction, source: str) -> dict[int, list[int]]:
    """The keys of users by the keys of their groups. One row for each group is read, however many they are."""
    gathered = "group_concat(user_key)" if transaction.dialect == "sqlite" else "string_agg(user_key::text, ',')"
    records = await transaction.fetch(f"SELECT group_key, {gathered} AS users FROM {source} GROUP BY group_key", [])
    return {one["group_key"]: [int(key) for key in one["users"].split(",")] for one in records}


async def _raise_versions(transaction: Transaction, groups: Sequence[int], at: str) -> dict[int, int]:
    """Raises the versions of groups; the keys of their sites by theirs."""
    statement = transaction.statement()
    records = await transaction.fetch(
        f"UPDATE pickup_groups SET version = version + 1, updated_at = {statement.bind(at)} "
        f"WHERE id IN {statement.keys(groups)} RETURNING id, site_id",
        statement.values,
    )
    return {one["id"]: one["site_id"] for one in records}


async def _groups(transaction: Transaction, keys: Sequence[int]) -> Records:
    statement = transaction.statement()
    sql = f"SELECT id, site_id FROM pickup_groups WHERE id IN {statement.keys(keys)} ORDER BY id"
    return await transaction.fetch(sql, statement.values)
