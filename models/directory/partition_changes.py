"""What one partition of an import did, recorded as changes of its sites."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.change import ChangeKind
from models.database.sessions import Records, Transaction
from models.directory.partition_members import PartitionMembers
from models.domain.change_log import LockedSite, flush_all
from models.domain.pickup_groups import raise_versions


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """How many stored groups have changed, and how many exemptions ended."""

    groups: int
    exemptions_cleared: int


async def record_changes(
    transaction: Transaction,
    sites: Mapping[int, LockedSite],
    members: PartitionMembers,
    touched: set[int],
) -> GroupChanges:
    """Record the changes of each site: other attributes of groups, their members, new groups, and its directory.

    Reads removed_members and added_members. `sites` are the partition's by key, `touched` the keys of those whose
    directory has changed.
    """
    created = members.created
    removed = await _members(transaction, "removed_members")
    added = await _members(transaction, "added_members")
    cleared = await _members(transaction, "added_members WHERE exempt")
    for kind, groups in members.changed.items():
        for key in sorted(groups):
            sites[groups[key]].add_change(kind, key)
    known = sorted((removed.keys() | added.keys()) - created.keys())
    site_of = await raise_versions(transaction, known, next(iter(sites.values())).at)
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
    changed = {*known, *(key for groups in members.changed.values() for key in groups)}
    return GroupChanges(len(changed), sum(len(users) for users in cleared.values()))


async def _members(transaction: Transaction, source: str) -> dict[int, list[int]]:
    """Return the keys of users by the keys of their groups, from one row for each group."""
    gathered = "group_concat(user_key)" if transaction.dialect == "sqlite" else "string_agg(user_key::text, ',')"
    records = await transaction.fetch(f"SELECT group_key, {gathered} AS users FROM {source} GROUP BY group_key", [])
    return {one["group_key"]: [int(key) for key in one["users"].split(",")] for one in records}


async def _groups(transaction: Transaction, keys: Sequence[int]) -> Records:
    statement = transaction.statement()
    sql = f"SELECT id, site_id FROM pickup_groups WHERE id IN {statement.keys(keys)} ORDER BY id"
    return await transaction.fetch(sql, statement.values)
