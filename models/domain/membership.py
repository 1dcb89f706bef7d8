"""Membership: the users that a mutation names, and moving users between groups under the site's lock."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from models.caller import Caller
from models.change import ChangeKind
from models.database.sessions import Transaction
from models.domain.change_log import LockedSite
from models.domain.rules import NodeReference
from models.queries.grants import granted
from models.user import User


@dataclass(frozen=True, slots=True)
class MembershipSnapshot:
    """The users that a mutation names and the members of its group, as they are under the lock.

    `users` has all of them by key, `groups` the names of the groups that they are in, by the groups' keys. `members`
    are the keys of the group's members in the order of their sort keys.
    """

    users: dict[int, User]
    groups: dict[int, str]
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MembershipDiff:
    """The users that a mutation adds to the group, in the order given, and those that it removes from it.

    `exemptions_cleared` are the keys of the added users that were exempt from barge-in.
    """

    added: tuple[User, ...] = ()
    removed: tuple[User, ...] = ()
    exemptions_cleared: tuple[int, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        cleared = tuple(user.key for user in self.added if user.barge_in_exempt)
        object.__setattr__(self, "exemptions_cleared", cleared)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


async def fetch_membership(
    transaction: Transaction, caller: Caller, references: Sequence[NodeReference], group_key: int | None = None
) -> MembershipSnapshot:
    """Read the users referred to that the caller may see, and the members of the group, if one is given."""
    statement = transaction.statement()
    keys = statement.keys(sorted({reference.key for reference in references if reference.key is not None}))
    if group_key is not None:
        members = f"SELECT id FROM users WHERE pickup_group_id = {statement.bind(group_key)}"
        keys = f"(SELECT * FROM {keys} AS named UNION {members})"
    sql = (
        "SELECT x.id AS key, x.site_id AS site_key, x.first_name, x.last_name, x.station_type, x.barge_in_exempt, "
        "x.pickup_group_id AS pickup_group_key, pickup_groups.name AS group_name "
        "FROM users AS x LEFT JOIN pickup_groups ON pickup_groups.id = x.pickup_group_id "
        f"WHERE x.id IN {keys} AND {granted(statement, caller, 'x.site_id')} ORDER BY x.sort_key, x.id"
    )
    users = [User.view(record) for record in await transaction.fetch(sql, statement.values)]
    return MembershipSnapshot(
        {user.key: user for user in users},
        {user.pickup_group_key: user.__dict__["group_name"] for user in users if user.pickup_group_key is not None},
        tuple(user.key for user in users if group_key is not None and user.pickup_group_key == group_key),
    )


def apply_membership_diff(site: LockedSite, group_key: int, diff: MembershipDiff) -> None:
    """Move the users, clear the exemptions of those added, and log a change of each other group that loses members.

    These changes come first in the log, by the groups' keys; the caller logs the change of the group itself.
    """
    lost: dict[int, list[int]] = {}
    for user in diff.added:
        if user.pickup_group_key is not None:
            lost.setdefault(user.pickup_group_key, []).append(user.key)
    for other_key in sorted(lost):
        site.add_change(ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED, other_key, removed=lost[other_key])
    _set_group(site, None, [user.key for user in diff.removed])
    _set_group(site, group_key, [user.key for user in diff.added])
    _raise_versions(site, [*lost])


def _set_group(site: LockedSite, group_key: int | None, user_keys: Sequence[int]) -> None:
    """Put the users into the group and clear their exemptions; or, without a group, only take them out of theirs."""
    if not user_keys:
        return
    statement = site.writes.statement()
    not_exempt = "" if group_key is None else ", barge_in_exempt = FALSE"
    assigned = f"pickup_group_id = {statement.bind(group_key)}{not_exempt}"
    site.writes.add(f"UPDATE users SET {assigned} WHERE id IN {statement.keys(user_keys)}", statement)


def release_members(site: LockedSite, group_key: int) -> None:
    """Remove every member from the group."""
    statement = site.writes.statement()
    sql = f"UPDATE users SET pickup_group_id = NULL WHERE pickup_group_id = {statement.bind(group_key)}"
    site.writes.add(sql, statement)


def _raise_versions(site: LockedSite, group_keys: Sequence[int]) -> None:
    if not group_keys:
        return
    statement = site.writes.statement()
    sql = (
        f"UPDATE pickup_groups SET version = version + 1, updated_at = {statement.bind(site.at)} "
        f"WHERE id IN {statement.keys(group_keys)}"
    )
    site.writes.add(sql, statement)
