"""The groups of one partition and their members: memberships that end or begin, and the exemptions that they clear."""

from typing import Any

from models.change import ChangeKind
from models.directory.columns import GROUP_KEYS, GROUPS, USERS
from models.directory.import_plan import CHANGED, EXEMPTION_CHANGED, EXEMPTION_REFUSED, NEW, differ
from models.directory.partition import Partition, StalePlan
from models.domain.membership_ends import MembershipEndReason, membership_end_sql

_REASON = membership_end_sql("s.old_site <> s.site", "s.station_type")

_REASONS = {
    MembershipEndReason.MOVED_TO_ANOTHER_SITE.value: "moves to another site",
    MembershipEndReason.STATION_NOT_ELIGIBLE.value: "has a station that may not be in a group",
    MembershipEndReason.REMOVED.value: "is removed",
}
"""The reasons that notes give in other words; those of a groups.csv are written out."""

_IS_REMOVED = "EXISTS (SELECT 1 FROM removed_members AS l WHERE l.user_key = u.id)"
"""Of a user u. With NOT IN, PostgreSQL would read all users for the few of a partition."""


class PartitionMembers:
    """Changes the groups and memberships of a partition.

    `created` are the names of new groups by key. `changed` are the groups with other attributes, by the kind of change:
    the keys of their sites by their own.
    """

    def __init__(self, partition: Partition) -> None:
        self._partition = partition
        self.created: dict[int, str] = {}
        self.changed: dict[ChangeKind, dict[int, int]] = {}
        self.ended = 0
        self.notes: list[str] = []

    async def clear_tables(self) -> None:
        """Empty the tables of a partition. On PostgreSQL, DELETE would leave dead rows until the command ends."""
        empty = "DELETE FROM" if self._partition.transaction.dialect == "sqlite" else "TRUNCATE"
        for table in ("partition_groups", "wanted_members", "removed_members", "added_members"):
            await self._partition.fetch(f"{empty} {table}")

    async def find_ended(self) -> None:
        """Find the members who move to another site, get a station that is not eligible, or are removed."""
        await self._partition.fetch(
            f"INSERT INTO removed_members SELECT u.id, u.pickup_group_id, {_REASON} "
            "FROM {users} AS s JOIN users AS u ON u.id = s.user_key "
            f"WHERE u.pickup_group_id IS NOT NULL AND s.kind = {CHANGED} AND {_REASON} IS NOT NULL "
            f"UNION ALL SELECT u.id, u.pickup_group_id, '{MembershipEndReason.REMOVED.value}' "
            "FROM pruned_users AS p JOIN users AS u ON u.id = p.user_key "
            "WHERE p.site IN {sites} AND u.pickup_group_id IS NOT NULL"
        )

    async def create_groups(self, at: str) -> None:
        columns = ("name", *GROUPS.attributes, *GROUP_KEYS)
        created = await self._partition.write(
            GROUPS,
            "n.number",
            f"INSERT INTO pickup_groups (site_id, {', '.join(columns)}, created_at, updated_at) "
            f"SELECT sites.id, {', '.join(f'n.{name}' for name in columns)}, {{}}, {{}} FROM accepted_groups AS n "
            "JOIN sites ON sites.external_id = n.site WHERE n.site IN {sites} AND {rows} AND NOT EXISTS "
            "(SELECT 1 FROM pickup_groups AS g WHERE g.site_id = sites.id AND g.name_key = n.name_key) "
            "ORDER BY n.number RETURNING id, name",
            at,
            at,
        )
        self.created = {group["id"]: group["name"] for group in created}

    async def change_groups(self, at: str) -> None:
        """Write what the rows say of stored groups; each kind of change raises the version by 1."""
        for kind, attributes in GROUPS.attributes_by_change.items():
            assigned = ", ".join(f"{name} = n.{name}" for name in (*attributes, *GROUP_KEYS))
            differs = differ(self._partition.transaction.dialect, attributes, "n", "pickup_groups")
            changed = await self._partition.write(
                GROUPS,
                "n.number",
                f"UPDATE pickup_groups SET {assigned}, version = version + 1, updated_at = {{}} FROM partition_groups "
                "AS p JOIN accepted_groups AS n ON n.number = p.number WHERE pickup_groups.id = p.group_key "
                f"AND ({differs}) AND {{rows}} RETURNING pickup_groups.id, pickup_groups.site_id",
                at,
            )
            self.changed[kind] = {group["id"]: group["site_id"] for group in changed}

    async def find_removed(self) -> None:
        """Find the members whose group's row does not list them, or who are listed by the row of another group."""
        await self._partition.fetch(
            "INSERT INTO partition_groups SELECT g.id, n.number FROM accepted_groups AS n "
            "JOIN sites ON sites.external_id = n.site "
            "JOIN pickup_groups AS g ON g.site_id = sites.id AND g.name_key = n.name_key WHERE n.site IN {sites}"
        )
        await self._partition.fetch(
            "INSERT INTO wanted_members SELECT m.external_id, p.group_key FROM partition_groups AS p "
            "JOIN staged_members AS m ON m.number = p.number"
        )
        await self._check_groups_are_named()
        await self._partition.fetch(
            "INSERT INTO removed_members SELECT u.id, u.pickup_group_id, 'joins the group ' || g.name "
            "FROM wanted_members AS w JOIN users AS u ON u.external_id = w.external_id "
            "JOIN pickup_groups AS g ON g.id = w.group_key "
            f"WHERE u.pickup_group_id <> w.group_key AND NOT {_IS_REMOVED}"
        )
        await self._partition.fetch(
            "INSERT INTO removed_members SELECT u.id, u.pickup_group_id, 'is not in the row of the group' "
            "FROM partition_groups AS p JOIN users AS u ON u.pickup_group_id = p.group_key "
            "WHERE NOT EXISTS (SELECT 1 FROM wanted_members AS w WHERE w.external_id = u.external_id) "
            f"AND NOT {_IS_REMOVED}"
        )

    async def _check_groups_are_named(self) -> None:
        """Raise StalePlan if a user was put into a group since the plan was made that no accepted row names."""
        stale = await self._partition.fetch(
            "SELECT DISTINCT sites.external_id AS site FROM wanted_members AS w "
            "JOIN users AS u ON u.external_id = w.external_id JOIN pickup_groups AS g ON g.id = w.group_key "
            "JOIN sites ON sites.id = g.site_id "
            "WHERE u.pickup_group_id NOT IN (SELECT group_key FROM partition_groups) "
            f"AND NOT {_IS_REMOVED}"
        )
        if stale:
            raise StalePlan(one["site"] for one in stale)

    async def remove(self) -> None:
        """Remove the members found, with a note for each."""
        removed = await self._partition.fetch(
            "SELECT u.external_id, g.name, l.reason FROM removed_members AS l JOIN users AS u ON u.id = l.user_key "
            "JOIN pickup_groups AS g ON g.id = l.group_key ORDER BY u.external_id"
        )
        self.ended = len(removed)
        self.notes = [
            f"{user['external_id']} left the group {user['name']}: {_REASONS.get(user['reason'], user['reason'])}"
            for user in removed
        ]
        await self._partition.fetch(
            "UPDATE users SET pickup_group_id = NULL WHERE id IN (SELECT user_key FROM removed_members)"
        )

    async def add(self) -> None:
        """Add stored users to their groups. Their exemptions end: the stored ones, or those that their rows ask for."""
        await self._partition.fetch(
            "INSERT INTO added_members SELECT u.id, w.group_key, u.barge_in_exempt FROM wanted_members AS w "
            "JOIN users AS u ON u.external_id = w.external_id WHERE u.pickup_group_id IS NULL"
        )
        await self._partition.fetch(
            "UPDATE added_members SET exempt = TRUE "
            f"WHERE user_key IN (SELECT s.user_key FROM {{users}} AS s WHERE s.kind <> {NEW} AND s.barge_in_exempt) "
            "AND user_key NOT IN (SELECT user_key FROM removed_members)"
        )
        await self._partition.write(
            GROUPS,
            "p.number",
            "UPDATE users SET pickup_group_id = j.group_key, barge_in_exempt = FALSE FROM added_members AS j "
            "JOIN partition_groups AS p ON p.group_key = j.group_key WHERE j.user_key = users.id AND {rows}",
        )

    async def change_exemptions(self) -> tuple[int, set[int]]:
        """Write the exemptions of users who end up in no group.

        Return how many users nothing else changes of, and the keys of their sites.
        """
        changed = await self._partition.fetch(
            "SELECT u.id, u.site_id, s.kind FROM {users} AS s JOIN users AS u ON u.id = s.user_key "
            f"WHERE s.kind <> {NEW} AND s.barge_in_exempt <> u.barge_in_exempt AND u.pickup_group_id IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM wanted_members AS w WHERE w.external_id = s.external_id)"
        )
        await self._partition.write(
            USERS,
            "s.number",
            "UPDATE users SET barge_in_exempt = s.barge_in_exempt FROM {users} AS s WHERE users.id = s.user_key "
            f"AND s.kind <> {NEW} AND s.barge_in_exempt <> users.barge_in_exempt AND users.pickup_group_id IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM wanted_members AS w WHERE w.external_id = s.external_id) AND {rows}",
        )
        alone = [user for user in changed if user["kind"] in (EXEMPTION_CHANGED, EXEMPTION_REFUSED)]
        return len(alone), {user["site_id"] for user in alone}

    async def note_exemptions(self) -> None:
        cleared = await self._partition.fetch(
            "SELECT u.external_id, g.name FROM added_members AS j JOIN users AS u ON u.id = j.user_key "
            "JOIN pickup_groups AS g ON g.id = j.group_key WHERE j.exempt ORDER BY 1"
        )
        refused = await self._partition.fetch(
            "SELECT u.external_id, g.name FROM {users} AS s JOIN users AS u ON u.id = s.user_key "
            f"JOIN pickup_groups AS g ON g.id = u.pickup_group_id WHERE s.kind <> {NEW} AND s.barge_in_exempt "
            "AND u.id NOT IN (SELECT user_key FROM added_members WHERE exempt) ORDER BY 1"
        )
        self.notes += [f"{user['external_id']} joined the group {user['name']}: exempt no longer" for user in cleared]
        self.notes += [refused_exemption(user) for user in refused]


def refused_exemption(member: dict[str, Any]) -> str:
    return f"{member['external_id']} is in the group {member['name']}: stays not exempt"
