"""Memberships that the directory ends: what a change of a user's site or station does to their membership.

Import asks in SQL, for all rows of a partition at once, the directory's mutations in Python.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from models.change import ChangeKind
from models.database.sessions import Transaction
from models.domain.change_log import LockedSite
from models.domain.pickup_groups import raise_versions
from models.user import ELIGIBLE_NAMES, ELIGIBLE_SQL


class MembershipEndReason(Enum):
    """Why a user leaves their pickup group. The first that holds is given."""

    MOVED_TO_ANOTHER_SITE = "MOVED_TO_ANOTHER_SITE"
    STATION_NOT_ELIGIBLE = "STATION_NOT_ELIGIBLE"
    REMOVED = "REMOVED"


@dataclass(frozen=True, slots=True)
class MembershipEnded:
    """A user who leaves their pickup group, which is of the site `site_key`."""

    user_key: int
    user_external_id: str
    site_key: int
    pickup_group_key: int
    reason: MembershipEndReason


def membership_end(*, moves: bool, station_type: str) -> MembershipEndReason | None:
    """Why a member leaves their group when they get this station, and perhaps another site; None if they stay."""
    if moves:
        return MembershipEndReason.MOVED_TO_ANOTHER_SITE
    return None if station_type in ELIGIBLE_NAMES else MembershipEndReason.STATION_NOT_ELIGIBLE


def membership_end_sql(moves: str, station_type: str) -> str:
    """The SQL of the same: the name of the reason or NULL, of a condition and a column."""
    return (
        f"CASE WHEN {moves} THEN '{MembershipEndReason.MOVED_TO_ANOTHER_SITE.value}' "
        f"WHEN {station_type} NOT IN ({ELIGIBLE_SQL}) THEN '{MembershipEndReason.STATION_NOT_ELIGIBLE.value}' END"
    )


async def log_ended_memberships(
    transaction: Transaction, sites: Mapping[int, LockedSite], ended: Sequence[MembershipEnded]
) -> None:
    """Add a change for each group that loses members, by the groups' keys, and raise the versions of the groups."""
    groups: dict[int, list[MembershipEnded]] = {}
    for one in ended:
        groups.setdefault(one.pickup_group_key, []).append(one)
    if not groups:
        return
    for key in sorted(groups):
        site = sites[groups[key][0].site_key]
        removed = [one.user_key for one in groups[key]]
        site.add_change(ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED, key, removed=removed)
    await raise_versions(transaction, sorted(groups), next(iter(sites.values())).at)
