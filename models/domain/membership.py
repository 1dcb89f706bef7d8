"""Membership: the users that a change is about, and moving them between groups, under the site's lock."""

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
    """The users named and the members of the group, by key, as they are under the lock.

    `groups` are the names of the groups that they are in. Members stand in the order of their names.
    """

    users: dict[int, User]
    groups: dict[int, str]
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MembershipDiff:
    """What a change does to memberships: who joins the group, in the order named, and who leaves it."""

    added: tuple[User, ...] = ()
    removed: tuple[User, ...] = ()
    exemptions_cleared: tuple[int, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "exemptions_cleared", tuple(user.key for user in self.added if user.barge_in_exempt))

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


async def fetch_membership(
    transaction: Transaction, caller: Caller, named: Sequence[NodeReference], group_key: int | None = None
) -> MembershipSnapshot:
    """Reads the users named that the caller may see, and the members of the group, where one is given."""
    statement = transaction.statement()
    keys = statement.keys(sorted({one.key for one in named if one.key is not None}))
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
    """Moves the users, clears their exemptions from barge-in, and adds the change of each group that they come from.

    Groups that lose members come first, in the order of their keys; the change of the group itself is the caller's.
    """
    lost: dict[int, list[int]] = {}
    for user in diff.added:
        if user.pickup_group_key is not None:
            lost.setdefault(user.pickup_group_key, []).append(user.key)
    for other in sorted(lost):
        site.add_change(ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED, other, removed=lost[other])
    _set_group(site, None, [user.key for user in diff.removed])
    _set_group(site, group_key, [user.key for user in diff.added])
    _raise_versions(site, [*lost])


def _set_group(site: LockedSite, group_key: int | None, user_keys: Sequence[int]) -> None:
    """Puts the users into the group, which ends their exemptions, or out of theirs, which changes nothing else."""
    if not user_keys:
        return
    statement = site.writes.statement()
    exempt = "" if group_key is None else ", barge_in_exempt = FALSE"
    joined = f"pickup_group_id = {statement.bind(group_key)}{exempt}"
    site.writes.add(f"UPDATE users SET {joined} WHERE id IN {statement.keys(user_keys)}", statement)


def release_members(site: LockedSite, group_key: int) -> None:
    """Puts every member out of the group."""
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
