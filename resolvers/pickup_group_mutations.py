"""What administrators do to pickup groups: create, rename, change the members, both at once, delete.

Each mutation is a command under the lock of the site: load, check every rule, apply, add to the change log. What is
applied is written when the command has ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from models.change import ChangeKind
from models.database.sessions import Transaction
from models.domain.change_log import LockedSite, lock_site, lock_site_of_group
from models.domain.group_names import clean_name
from models.domain.membership import (
    MembershipDiff,
    MembershipSnapshot,
    apply_membership_diff,
    fetch_membership,
    release_members,
)
from models.domain.pickup_groups import add_group, fetch_group, group_with_name, remove_group, store_group
from models.domain.rules import (
    NodeReference,
    Target,
    exists,
    name_is_free,
    name_is_valid,
    users_exist,
    users_may_join,
    version_is_current,
)
from models.errors import N_, BadArgument
from models.queries.request import Keys
from models.user import User
from resolvers.transactions import MutationContext, MutationResult, run_in_site_transaction

MAX_USERS = 1000


@dataclass(kw_only=True)
class PickupGroupResult(MutationResult):
    """Keys of rows that the mutation changed or would change."""

    pickup_group_key: int | None = None
    deleted_key: int | None = None
    added: Sequence[int] = ()
    removed: Sequence[int] = ()
    exemptions_cleared: Sequence[int] = ()

    @classmethod
    def of_diff(cls, group_key: int | None, diff: MembershipDiff) -> "PickupGroupResult":
        return cls(
            pickup_group_key=group_key,
            added=[user.key for user in diff.added],
            removed=[user.key for user in diff.removed],
            exemptions_cleared=diff.exemptions_cleared,
        )

    @property
    def keys(self) -> dict[str, Keys]:
        return {
            "pickup_group": self.pickup_group_key,
            "deleted_id": self.deleted_key,
            "added": self.added,
            "removed": self.removed,
            "released": self.removed,
            "barge_in_exemptions_cleared": self.exemptions_cleared,
        }


class MembersAction(Enum):
    """What becomes of the list of members: it becomes the list given, gains it, or loses it."""

    SET = "set"
    ADD = "add"
    REMOVE = "remove"


def check_user_count(field: str, argument: str, user_ids: Sequence[str]) -> None:
    """Raises BadArgument if one list of a call names more users than it may, repeats counted."""
    if len(user_ids) > MAX_USERS:
        template = N_("{list} has {number} ids, but one call takes at most {most}.")
        values = {"list": argument, "number": len(user_ids), "most": MAX_USERS}
        raise BadArgument(argument, user_ids, template, **values).at(field)


async def create_group(
    mutation: MutationContext,
    site_reference: NodeReference,
    raw_name: str,
    users: Sequence[NodeReference],
    *,
    move: bool,
    dry_run: bool,
) -> PickupGroupResult:
    """Create a group of the site with these users as its members."""
    name = clean_name(raw_name)

    async def command(transaction: Transaction, site: LockedSite | None) -> PickupGroupResult:
        found = await fetch_membership(transaction, mutation.caller, users)
        target = None if site is None else Target(site.key, None)
        violations = [
            *exists(site_reference, site, "siteId"),
            *name_is_valid(name),
            *name_is_free(await group_with_name(site, name)),
            *users_may_join(users, found.users, target, move=move, names=found.groups),
        ]
        if site is None or violations:
            return PickupGroupResult(violations=violations)
        diff = MembershipDiff(added=_distinct(users, found))
        if dry_run:
            return PickupGroupResult.of_diff(None, diff)
        key = await add_group(site, {"name": name})
        apply_membership_diff(site, key, diff)
        site.add_change(
            ChangeKind.PICKUP_GROUP_CREATED,
            key,
            name_after=name,
            added=[user.key for user in diff.added],
            exemptions_cleared=diff.exemptions_cleared,
        )
        return PickupGroupResult.of_diff(key, diff)

    return await run_in_site_transaction(mutation, lock_site, site_reference, command)


async def rename_group(
    mutation: MutationContext, reference: NodeReference, raw_name: str, expected_version: int | None, *, dry_run: bool
) -> PickupGroupResult:
    """Give the group another name; its id stays."""
    name = clean_name(raw_name)

    async def command(_transaction: Transaction, site: LockedSite | None) -> PickupGroupResult:
        group = await fetch_group(site, reference.key)
        if site is None or group is None:
            return PickupGroupResult(violations=[*exists(reference, None, "id"), *name_is_valid(name)])
        violations = [
            *name_is_valid(name),
            *name_is_free(await group_with_name(site, name, but=group.key)),
            *version_is_current(expected_version, group.version),
        ]
        if not violations and not dry_run and name != group.name:
            store_group(site, group, {"name": name}, changes=1)
            site.add_change(ChangeKind.PICKUP_GROUP_RENAMED, group.key, name_before=group.name, name_after=name)
        return PickupGroupResult(pickup_group_key=group.key, violations=violations)

    return await run_in_site_transaction(mutation, lock_site_of_group, reference, command)


async def change_members(
    mutation: MutationContext,
    action: MembersAction,
    reference: NodeReference,
    users: Sequence[NodeReference],
    expected_version: int | None,
    *,
    move: bool,
    dry_run: bool,
) -> PickupGroupResult:
    """Set, extend or shorten the list of the group's members."""

    async def command(transaction: Transaction, site: LockedSite | None) -> PickupGroupResult:
        group = await fetch_group(site, reference.key)
        target = None if site is None or group is None else Target(site.key, group.key)
        found = await fetch_membership(transaction, mutation.caller, users, group.key if group else None)
        if action is MembersAction.REMOVE:
            of_users = users_exist(users, found.users)
        else:
            of_users = users_may_join(users, found.users, target, move=move, names=found.groups)
        if site is None or group is None:
            return PickupGroupResult(violations=[*exists(reference, None, "id"), *of_users])
        violations = [*version_is_current(expected_version, group.version), *of_users]
        if violations:
            return PickupGroupResult(pickup_group_key=group.key, violations=violations)
        diff = _diff(action, users, found)
        if diff and not dry_run:
            _apply_members_change(site, group.key, diff)
            store_group(site, group, changes=1)
        return PickupGroupResult.of_diff(group.key, diff)

    return await run_in_site_transaction(mutation, lock_site_of_group, reference, command)


async def update_group(
    mutation: MutationContext,
    reference: NodeReference,
    raw_name: str | None,
    joining: Sequence[NodeReference],
    leaving: Sequence[NodeReference],
    expected_version: int | None,
    *,
    move: bool,
    dry_run: bool,
) -> PickupGroupResult:
    """Rename the group if a name is given, and extend and shorten the list of its members, as one transaction."""
    name = None if raw_name is None else clean_name(raw_name)

    async def command(transaction: Transaction, site: LockedSite | None) -> PickupGroupResult:
        group = await fetch_group(site, reference.key)
        target = None if site is None or group is None else Target(site.key, group.key)
        named = [*joining, *leaving]
        found = await fetch_membership(transaction, mutation.caller, named, group.key if group else None)
        of_users = [
            *users_may_join(joining, found.users, target, move=move, names=found.groups, argument="addUserIds"),
            *users_exist(leaving, found.users, argument="removeUserIds"),
        ]
        of_name = [] if name is None else [*name_is_valid(name)]
        if site is None or group is None:
            return PickupGroupResult(violations=[*exists(reference, None, "id"), *of_name, *of_users])
        if name is not None:
            of_name += name_is_free(await group_with_name(site, name, but=group.key))
        violations = [*of_name, *version_is_current(expected_version, group.version), *of_users]
        if violations:
            return PickupGroupResult(pickup_group_key=group.key, violations=violations)
        diff = _update_diff(joining, leaving, found)
        renamed = name is not None and name != group.name
        if (renamed or diff) and not dry_run:
            if renamed:
                site.add_change(ChangeKind.PICKUP_GROUP_RENAMED, group.key, name_before=group.name, name_after=name)
            if diff:
                _apply_members_change(site, group.key, diff)
            store_group(site, group, {"name": name} if renamed else None, changes=renamed + bool(diff))
        return PickupGroupResult.of_diff(group.key, diff)

    return await run_in_site_transaction(mutation, lock_site_of_group, reference, command)


async def delete_group(
    mutation: MutationContext, reference: NodeReference, expected_version: int | None, *, dry_run: bool
) -> PickupGroupResult:
    """Delete the group; its members become available."""

    async def command(transaction: Transaction, site: LockedSite | None) -> PickupGroupResult:
        group = await fetch_group(site, reference.key)
        if site is None or group is None:
            return PickupGroupResult(violations=list(exists(reference, None, "id")))
        violations = list(version_is_current(expected_version, group.version))
        if violations:
            return PickupGroupResult(violations=violations)
        members = (await fetch_membership(transaction, mutation.caller, [], group.key)).members
        if dry_run:
            return PickupGroupResult(removed=members)
        release_members(site, group.key)
        remove_group(site, group.key)
        site.add_change(ChangeKind.PICKUP_GROUP_DELETED, group.key, name_before=group.name, removed=members)
        return PickupGroupResult(deleted_key=group.key, removed=members)

    return await run_in_site_transaction(mutation, lock_site_of_group, reference, command)


def _apply_members_change(site: LockedSite, group_key: int, diff: MembershipDiff) -> None:
    apply_membership_diff(site, group_key, diff)
    site.add_change(
        ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED,
        group_key,
        added=[user.key for user in diff.added],
        removed=[user.key for user in diff.removed],
        exemptions_cleared=diff.exemptions_cleared,
    )


def _distinct(users: Sequence[NodeReference], found: MembershipSnapshot) -> tuple[User, ...]:
    """The users referred to, each once, in the order of their first places."""
    return tuple(found.users[key] for key in dict.fromkeys(user.key for user in users) if key is not None)


def _diff(action: MembersAction, users: Sequence[NodeReference], found: MembershipSnapshot) -> MembershipDiff:
    chosen = _distinct(users, found)
    members = set(found.members)
    keys = {user.key for user in chosen}
    added = tuple(user for user in chosen if user.key not in members)
    leaving = members - keys if action is MembersAction.SET else members & keys
    removed = tuple(found.users[key] for key in found.members if key in leaving)
    if action is MembersAction.SET:
        return MembershipDiff(added, removed)
    return MembershipDiff(added=added) if action is MembersAction.ADD else MembershipDiff(removed=removed)


def _update_diff(
    joining: Sequence[NodeReference], leaving: Sequence[NodeReference], found: MembershipSnapshot
) -> MembershipDiff:
    """A user who is to join and to leave joins."""
    joins, leaves = _diff(MembersAction.ADD, joining, found), _diff(MembersAction.REMOVE, leaving, found)
    kept = {reference.key for reference in joining}
    return MembershipDiff(joins.added, tuple(user for user in leaves.removed if user.key not in kept))
