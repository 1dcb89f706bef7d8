"""What administrators do to pickup groups: create, rename, change the members, delete. Each is one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from models.caller import Caller
from models.change import ChangeKind
from models.database import Database, Transaction
from models.errors import N_, BadInput
from models.history import LockedSite, lock_site, lock_site_of_group
from models.membership import Candidates, Moves, apply_moves, fetch_candidates, release_members
from models.naming import add_group, fetch_group, group_with_name, store_group
from models.rules import (
    Named,
    Target,
    exists,
    name_is_free,
    name_is_valid,
    users_exist,
    users_may_join,
    version_is_current,
)
from models.text import clean_name
from models.user import User
from models.wanted import Wanted
from resolvers.outcome import Outcome, carry_out

MOST_USERS = 1000

Told = tuple[LockedSite | None, Outcome, bool]
"""The site locked, the outcome, and whether anything of it is to be kept."""


class MembersAction(Enum):
    """What becomes of the list of members: it becomes the list given, gains it, or loses it."""

    SET = "set"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, on which database, what they want to read of the outcome, and whether it is a rehearsal."""

    database: Database
    caller: Caller
    wanted: Wanted
    dry_run: bool


def check_number(users: Sequence[Named]) -> None:
    """Raises BadInput where one call names more users than it may, repeats counted."""
    if len(users) > MOST_USERS:
        raise BadInput(
            N_("userIds has {number} ids, but one call takes at most {most}."),
            number=len(users),
            most=MOST_USERS,
        )


async def create_group(
    acting: Acting, site_named: Named, raw_name: str, named: Sequence[Named], *, move: bool
) -> Outcome:
    """Makes a group of the site, with the users named as its members."""
    check_number(named)
    name = clean_name(raw_name)
    invalid = list(name_is_valid(name))

    async def story(transaction: Transaction) -> Told:
        site = await lock_site(transaction, acting.caller, site_named.key)
        candidates = await fetch_candidates(transaction, acting.caller, named)
        broken = [*exists(site_named, site, "siteId"), *invalid]
        if site is not None and not invalid:
            broken += name_is_free(await group_with_name(site, name))
        target = Target(site.key, None) if site is not None else None
        broken += users_may_join(named, candidates.users, target, move=move, names=candidates.groups)
        if site is None or broken:
            return site, Outcome(violations=broken), False
        moves = Moves(joining=_first_of(named, candidates))
        if acting.dry_run:
            return site, Outcome.of(None, moves), False
        key = await add_group(site, name)
        await apply_moves(site, key, moves)
        joined = [user.key for user in moves.joining]
        site.record(ChangeKind.PICKUP_GROUP_CREATED, key, name_after=name, added=joined, cleared=moves.cleared)
        return site, Outcome.of(key, moves), True

    return await carry_out(acting.database, acting.caller, acting.wanted, story)


async def rename_group(acting: Acting, group_named: Named, raw_name: str, expected: int | None) -> Outcome:
    """Gives the group another name; its id stays."""
    name = clean_name(raw_name)
    invalid = list(name_is_valid(name))

    async def story(transaction: Transaction) -> Told:
        site = await lock_site_of_group(transaction, acting.caller, group_named.key)
        group = await fetch_group(site, group_named.key)
        if site is None or group is None:
            return site, Outcome(violations=[*exists(group_named, None, "id"), *invalid]), False
        broken = [*invalid, *version_is_current(expected, group.version)]
        if not invalid:
            broken += name_is_free(await group_with_name(site, name, but=group.key))
        if broken or acting.dry_run or name == group.name:
            return site, Outcome(pickup_group_key=group.key, violations=broken), False
        await store_group(site, group.key, name)
        site.record(ChangeKind.PICKUP_GROUP_RENAMED, group.key, name_before=group.name, name_after=name)
        return site, Outcome(pickup_group_key=group.key), True

    return await carry_out(acting.database, acting.caller, acting.wanted, story)


async def change_members(
    acting: Acting,
    action: MembersAction,
    group_named: Named,
    named: Sequence[Named],
    expected: int | None,
    *,
    move: bool,
) -> Outcome:
    """Sets, extends or shortens the list of the group's members."""
    check_number(named)

    async def story(transaction: Transaction) -> Told:
        site = await lock_site_of_group(transaction, acting.caller, group_named.key)
        group = await fetch_group(site, group_named.key)
        target = None if site is None or group is None else Target(site.key, group.key)
        candidates = await fetch_candidates(transaction, acting.caller, named, target.key if target else None)
        if action is MembersAction.REMOVE:
            of_users = users_exist(named, candidates.users)
        else:
            of_users = users_may_join(named, candidates.users, target, move=move, names=candidates.groups)
        if site is None or group is None:
            return site, Outcome(violations=[*exists(group_named, None, "id"), *of_users]), False
        broken = [*version_is_current(expected, group.version), *of_users]
        if broken:
            return site, Outcome(pickup_group_key=group.key, violations=broken), False
        moves = _moves(action, named, candidates)
        if acting.dry_run or not moves:
            return site, Outcome.of(group.key, moves), False
        await apply_moves(site, group.key, moves)
        await store_group(site, group.key)
        site.record(
            ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED,
            group.key,
            added=[user.key for user in moves.joining],
            removed=[user.key for user in moves.leaving],
            cleared=moves.cleared,
        )
        return site, Outcome.of(group.key, moves), True

    return await carry_out(acting.database, acting.caller, acting.wanted, story)


async def delete_group(acting: Acting, group_named: Named, expected: int | None) -> Outcome:
    """Deletes the group; its members become available."""

    async def story(transaction: Transaction) -> Told:
        site = await lock_site_of_group(transaction, acting.caller, group_named.key)
        group = await fetch_group(site, group_named.key)
        if site is None or group is None:
            return site, Outcome(violations=list(exists(group_named, None, "id"))), False
        broken = list(version_is_current(expected, group.version))
        if broken:
            return site, Outcome(violations=broken), False
        candidates = await fetch_candidates(transaction, acting.caller, [], group.key)
        if acting.dry_run:
            return site, Outcome(removed=candidates.members), False
        await release_members(transaction, group.key)
        await group.delete(using_db=transaction.client)
        site.record(ChangeKind.PICKUP_GROUP_DELETED, group.key, name_before=group.name, removed=candidates.members)
        return site, Outcome(deleted_key=group.key, removed=candidates.members), True

    return await carry_out(acting.database, acting.caller, acting.wanted, story)


def _first_of(named: Sequence[Named], candidates: Candidates) -> tuple[User, ...]:
    """The users named, each once, in the order of their first places."""
    return tuple(candidates.users[key] for key in dict.fromkeys(one.key for one in named) if key is not None)


def _moves(action: MembersAction, named: Sequence[Named], candidates: Candidates) -> Moves:
    chosen = _first_of(named, candidates)
    members = set(candidates.members)
    keys = {user.key for user in chosen}
    joining = tuple(user for user in chosen if user.key not in members)
    kept_out = members - keys if action is MembersAction.SET else members & keys
    leaving = tuple(candidates.users[key] for key in candidates.members if key in kept_out)
    if action is MembersAction.SET:
        return Moves(joining, leaving)
    return Moves(joining=joining) if action is MembersAction.ADD else Moves(leaving=leaving)
