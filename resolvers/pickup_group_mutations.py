"""What administrators do to pickup groups: create, rename, change the members, delete.

Each is told as a story under the lock of the site: load, check every rule, apply, record the change. What is applied
is written when the story has been told.
"""

from collections.abc import Sequence
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
from models.errors import N_, BadInput
from models.user import User
from resolvers.transactions import Acting, Outcome, carry_out

MOST_USERS = 1000


class MembersAction(Enum):
    """What becomes of the list of members: it becomes the list given, gains it, or loses it."""

    SET = "set"
    ADD = "add"
    REMOVE = "remove"


def check_number(users: Sequence[NodeReference]) -> None:
    """Raises BadInput where one call names more users than it may, repeats counted."""
    if len(users) > MOST_USERS:
        raise BadInput(
            N_("userIds has {number} ids, but one call takes at most {most}."),
            number=len(users),
            most=MOST_USERS,
        )


async def create_group(
    acting: Acting, site_named: NodeReference, raw_name: str, named: Sequence[NodeReference], *, move: bool
) -> Outcome:
    """Makes a group of the site, with the users named as its members."""
    check_number(named)
    name = clean_name(raw_name)

    async def story(transaction: Transaction, site: LockedSite | None) -> Outcome:
        candidates = await fetch_membership(transaction, acting.caller, named)
        target = None if site is None else Target(site.key, None)
        broken = [
            *exists(site_named, site, "site_id"),
            *name_is_valid(name),
            *name_is_free(await group_with_name(site, name)),
            *users_may_join(named, candidates.users, target, move=move, names=candidates.groups),
        ]
        if site is None or broken:
            return Outcome(violations=broken)
        moves = MembershipDiff(added=_first_of(named, candidates))
        if acting.dry_run:
            return Outcome.of(None, moves)
        key = await add_group(site, name)
        apply_membership_diff(site, key, moves)
        joined = [user.key for user in moves.added]
        site.add_change(
            ChangeKind.PICKUP_GROUP_CREATED,
            key,
            name_after=name,
            added=joined,
            exemptions_cleared=moves.exemptions_cleared,
        )
        return Outcome.of(key, moves)

    return await carry_out(acting, lock_site, site_named, story)


async def rename_group(acting: Acting, group_named: NodeReference, raw_name: str, expected: int | None) -> Outcome:
    """Gives the group another name; its id stays."""
    name = clean_name(raw_name)

    async def story(_transaction: Transaction, site: LockedSite | None) -> Outcome:
        group = await fetch_group(site, group_named.key)
        if site is None or group is None:
            return Outcome(violations=[*exists(group_named, None, "id"), *name_is_valid(name)])
        broken = [
            *name_is_valid(name),
            *name_is_free(await group_with_name(site, name, but=group.key)),
            *version_is_current(expected, group.version),
        ]
        if not broken and not acting.dry_run and name != group.name:
            store_group(site, group.key, name)
            site.add_change(ChangeKind.PICKUP_GROUP_RENAMED, group.key, name_before=group.name, name_after=name)
        return Outcome(pickup_group_key=group.key, violations=broken)

    return await carry_out(acting, lock_site_of_group, group_named, story)


async def change_members(
    acting: Acting,
    action: MembersAction,
    group_named: NodeReference,
    named: Sequence[NodeReference],
    expected: int | None,
    *,
    move: bool,
) -> Outcome:
    """Sets, extends or shortens the list of the group's members."""
    check_number(named)

    async def story(transaction: Transaction, site: LockedSite | None) -> Outcome:
        group = await fetch_group(site, group_named.key)
        target = None if site is None or group is None else Target(site.key, group.key)
        candidates = await fetch_membership(transaction, acting.caller, named, group.key if group else None)
        if action is MembersAction.REMOVE:
            of_users = users_exist(named, candidates.users)
        else:
            of_users = users_may_join(named, candidates.users, target, move=move, names=candidates.groups)
        if site is None or group is None:
            return Outcome(violations=[*exists(group_named, None, "id"), *of_users])
        broken = [*version_is_current(expected, group.version), *of_users]
        if broken:
            return Outcome(pickup_group_key=group.key, violations=broken)
        moves = _moves(action, named, candidates)
        if moves and not acting.dry_run:
            apply_membership_diff(site, group.key, moves)
            store_group(site, group.key)
            site.add_change(
                ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED,
                group.key,
                added=[user.key for user in moves.added],
                removed=[user.key for user in moves.removed],
                exemptions_cleared=moves.exemptions_cleared,
            )
        return Outcome.of(group.key, moves)

    return await carry_out(acting, lock_site_of_group, group_named, story)


async def delete_group(acting: Acting, group_named: NodeReference, expected: int | None) -> Outcome:
    """Deletes the group; its members become available."""

    async def story(transaction: Transaction, site: LockedSite | None) -> Outcome:
        group = await fetch_group(site, group_named.key)
        if site is None or group is None:
            return Outcome(violations=list(exists(group_named, None, "id")))
        broken = list(version_is_current(expected, group.version))
        if broken:
            return Outcome(violations=broken)
        members = (await fetch_membership(transaction, acting.caller, [], group.key)).members
        if acting.dry_run:
            return Outcome(removed=members)
        release_members(site, group.key)
        remove_group(site, group.key)
        site.add_change(ChangeKind.PICKUP_GROUP_DELETED, group.key, name_before=group.name, removed=members)
        return Outcome(deleted_key=group.key, removed=members)

    return await carry_out(acting, lock_site_of_group, group_named, story)


def _first_of(named: Sequence[NodeReference], candidates: MembershipSnapshot) -> tuple[User, ...]:
    """The users named, each once, in the order of their first places."""
    return tuple(candidates.users[key] for key in dict.fromkeys(one.key for one in named) if key is not None)


def _moves(action: MembersAction, named: Sequence[NodeReference], candidates: MembershipSnapshot) -> MembershipDiff:
    chosen = _first_of(named, candidates)
    members = set(candidates.members)
    keys = {user.key for user in chosen}
    joining = tuple(user for user in chosen if user.key not in members)
    kept_out = members - keys if action is MembersAction.SET else members & keys
    leaving = tuple(candidates.users[key] for key in candidates.members if key in kept_out)
    if action is MembersAction.SET:
        return MembershipDiff(joining, leaving)
    return MembershipDiff(added=joining) if action is MembersAction.ADD else MembershipDiff(removed=leaving)
