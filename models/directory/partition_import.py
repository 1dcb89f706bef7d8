"""One partition of an import: its sites brought up to date in one transaction, under their locks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from models.caller import Caller
from models.database.sessions import Records, Transaction
from models.directory.columns import SITES, USERS
from models.directory.import_plan import CHANGED, EXEMPTION_CHANGED, EXEMPTION_REFUSED, NEW, differ
from models.directory.partition_changes import record_changes
from models.directory.staging_area import BATCH, StagingArea
from models.domain.change_log import LockedSite, lock_sites
from models.user import ELIGIBLE_SQL

_IS_REMOVED = "EXISTS (SELECT 1 FROM removed_members AS l WHERE l.user_key = u.id)"
"""Of a user u. With NOT IN, PostgreSQL would read all users for the few of a partition."""


class StalePlan(Exception):
    """Another import has changed a site of the partition since the plan was made."""


@dataclass(slots=True)
class Tally:
    """What an import did, or would do. `notes` has a line for each membership or exemption that it ended."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    memberships_ended: int = 0
    exemptions_cleared: int = 0
    groups_created: int = 0
    groups_changed: int = 0
    sites_added: int = 0
    sites_changed: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add the numbers; the notes stay."""
        for name in self.__slots__:
            if name != "notes":
                setattr(self, name, getattr(self, name) + getattr(other, name))


class PartitionImport:
    """Applies one partition of the plan in a transaction. Every statement handles all of its rows at once."""

    def __init__(self, transaction: Transaction, caller: Caller, partition: int) -> None:
        self.transaction = transaction
        self.caller = caller
        self.partition = partition
        self.tally = Tally()
        self.sites: dict[int, LockedSite] = {}
        self.touched: set[int] = set()
        self.created: dict[int, str] = {}

    async def run(self) -> Tally:
        """Raises StalePlan."""
        if self.transaction.dialect == "postgres":
            # A plan that is good for one partition may be bad for another.
            await self._fetch("SET LOCAL plan_cache_mode = force_custom_plan")
        await self._clear()
        await self._lock()
        await self._change_sites()
        await self._find_ended_memberships()
        await self._make_groups()
        await self._find_removed_members()
        await self._remove_members()
        await self._change_exemptions()
        await self._change_users()
        await self._remove_users()
        await self._add_members()
        await self._add_users()
        await self._note_exemptions()
        recorded = await record_changes(self.transaction, self.sites, self.created, self.touched)
        self.tally.groups_created = len(self.created)
        self.tally.groups_changed = recorded.groups
        self.tally.exemptions_cleared = recorded.exemptions_cleared
        return self.tally

    async def _fetch(self, sql: str, *values: Any) -> Records:
        """Run SQL in which {users} is the partition's rows of partition_users, {sites} its sites, and {} a value."""
        statement = self.transaction.statement()
        bound = [statement.bind(value) for value in values]
        users = f"(SELECT * FROM partition_users WHERE partition = {self.partition})"
        sites = f"(SELECT site FROM planned_sites WHERE partition = {self.partition})"
        return await self.transaction.fetch(sql.format(*bound, users=users, sites=sites), statement.values)

    async def _clear(self) -> None:
        """Empty the tables of a partition. On PostgreSQL, DELETE would leave dead rows until the command ends."""
        empty = "DELETE FROM" if self.transaction.dialect == "sqlite" else "TRUNCATE"
        for table in ("wanted_members", "removed_members", "added_members"):
            await self._fetch(f"{empty} {table}")

    async def _lock(self) -> None:
        work = await self._fetch("SELECT site, site_key FROM planned_sites WHERE site IN {sites}")
        keys = [one["site_key"] for one in work if one["site_key"] is not None]
        locked = await lock_sites(self.transaction, self.caller, keys)
        await self._check_current()
        # A new site needs no lock, since no other transaction sees it yet. Its first change has revision 1.
        added = await self._fetch(
            f"INSERT INTO sites (external_id, {', '.join(SITES.attributes)}, revision) "
            f"SELECT s.external_id, {', '.join(f's.{name}' for name in SITES.attributes)}, 1 FROM staged_sites AS s "
            "WHERE s.external_id IN {sites} AND s.external_id NOT IN (SELECT site FROM planned_sites "
            "WHERE site_key IS NOT NULL) ORDER BY s.external_id RETURNING id"
        )
        new = [LockedSite(self.transaction, one["id"], 1, self.caller.subject) for one in added]
        self.sites = {site.key: site for site in (*locked, *new)}
        self.touched |= {site.key for site in new}
        self.tally.sites_added = len(new)

    async def _check_current(self) -> None:
        stale = await self._fetch(
            "SELECT 1 AS stale FROM planned_sites AS w JOIN changes AS c ON c.site_id = w.site_key "
            "AND c.revision > w.revision WHERE w.site IN {sites} AND c.kind = 'DIRECTORY_CHANGED' LIMIT 1"
        )
        if stale:
            raise StalePlan

    async def _change_sites(self) -> None:
        assigned = ", ".join(f"{name} = s.{name}" for name in SITES.attributes)
        changed = await self._fetch(
            f"UPDATE sites SET {assigned} FROM staged_sites AS s WHERE s.external_id = sites.external_id "
            f"AND s.external_id IN {{sites}} "
            f"AND ({differ(self.transaction.dialect, SITES.attributes, 's', 'sites')}) RETURNING sites.id"
        )
        self.touched |= {record["id"] for record in changed}
        self.tally.sites_changed = len(changed)

    async def _find_ended_memberships(self) -> None:
        """Find the members who move to another site, get a station that is not eligible, or are removed."""
        ended = await self._fetch(
            "SELECT u.id, u.pickup_group_id, u.external_id, g.name, CASE WHEN s.old_site <> s.site "
            "THEN 'moves to another site' ELSE 'has a station that may not be in a group' END AS why "
            "FROM {users} AS s JOIN users AS u ON u.id = s.user_key "
            f"JOIN pickup_groups AS g ON g.id = u.pickup_group_id WHERE s.kind = {CHANGED} "
            f"AND (s.old_site <> s.site OR s.station_type NOT IN ({ELIGIBLE_SQL})) "
            "UNION ALL SELECT u.id, u.pickup_group_id, u.external_id, g.name, 'is removed' "
            "FROM pruned_users AS p JOIN users AS u ON u.id = p.user_key "
            "JOIN pickup_groups AS g ON g.id = u.pickup_group_id WHERE p.site IN {sites} ORDER BY 3"
        )
        statement = self.transaction.statement()
        keys = statement.keys([one["id"] for one in ended])
        await self.transaction.fetch(
            f"INSERT INTO removed_members SELECT id, pickup_group_id FROM users WHERE id IN {keys}", statement.values
        )
        self.tally.memberships_ended = len(ended)
        self.tally.notes = [f"{one['external_id']} left the group {one['name']}: {one['why']}" for one in ended]

    async def _make_groups(self) -> None:
        at = next(iter(self.sites.values())).at
        made = await self._fetch(
            "INSERT INTO pickup_groups (site_id, name, name_key, sort_key, search_key, created_at, updated_at) "
            "SELECT sites.id, n.name, n.name_key, n.sort_key, n.search_key, {0}, {0} FROM accepted_groups AS n "
            "JOIN sites ON sites.external_id = n.site WHERE n.site IN {sites} AND NOT EXISTS "
            "(SELECT 1 FROM pickup_groups AS g WHERE g.site_id = sites.id AND g.name_key = n.name_key) "
            "ORDER BY n.number RETURNING id, name",
            at,
        )
        self.created = {one["id"]: one["name"] for one in made}

    async def _find_removed_members(self) -> None:
        """Find the members whose group's row does not list them, or who are listed by another group."""
        await self._fetch(
            "INSERT INTO wanted_members SELECT m.external_id, g.id FROM accepted_groups AS n "
            "JOIN sites ON sites.external_id = n.site "
            "JOIN pickup_groups AS g ON g.site_id = sites.id AND g.name_key = n.name_key "
            "JOIN staged_members AS m ON m.number = n.number WHERE n.site IN {sites}"
        )
        await self._fetch(
            "INSERT INTO removed_members SELECT u.id, u.pickup_group_id FROM wanted_members AS w "
            "JOIN users AS u ON u.external_id = w.external_id WHERE u.pickup_group_id <> w.group_key "
            f"AND NOT {_IS_REMOVED}"
        )
        await self._fetch(
            "INSERT INTO removed_members SELECT u.id, u.pickup_group_id FROM accepted_groups AS n "
            "JOIN sites ON sites.external_id = n.site "
            "JOIN pickup_groups AS g ON g.site_id = sites.id AND g.name_key = n.name_key "
            "JOIN users AS u ON u.pickup_group_id = g.id WHERE n.site IN {sites} "
            "AND NOT EXISTS (SELECT 1 FROM wanted_members AS w WHERE w.external_id = u.external_id) "
            f"AND NOT {_IS_REMOVED}"
        )

    async def _remove_members(self) -> None:
        await self._fetch("UPDATE users SET pickup_group_id = NULL WHERE id IN (SELECT user_key FROM removed_members)")

    async def _change_users(self) -> None:
        """Write the columns that differ, but for the exemption: that depends on the group."""
        assigned = ", ".join(f"{name} = s.{name}" for name in USERS.attributes)
        await self._fetch(
            f"UPDATE users SET {assigned}, site_id = sites.id FROM {{users}} AS s "
            f"JOIN sites ON sites.external_id = s.site WHERE users.id = s.user_key AND s.kind = {CHANGED}"
        )
        for one in await self._fetch(
            "SELECT new.id AS new, old.id AS old, s.n FROM "
            "(SELECT site, old_site, count(*) AS n FROM {users} AS s "
            f"WHERE kind = {CHANGED} GROUP BY site, old_site) AS s JOIN sites AS new ON new.external_id = s.site "
            "JOIN sites AS old ON old.external_id = s.old_site"
        ):
            self.touched |= {one["new"], one["old"]}
            self.tally.changed += one["n"]

    async def _change_exemptions(self) -> None:
        """Write the exemptions of users who end up in no group."""
        differing = await self._fetch(
            "SELECT u.id, u.site_id, s.kind, s.barge_in_exempt AS exempt "
            "FROM {users} AS s JOIN users AS u ON u.id = s.user_key "
            f"WHERE s.kind <> {NEW} AND s.barge_in_exempt <> u.barge_in_exempt AND u.pickup_group_id IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM wanted_members AS w WHERE w.external_id = s.external_id)"
        )
        for exempt in (True, False):
            statement = self.transaction.statement()
            keys = statement.keys([one["id"] for one in differing if bool(one["exempt"]) is exempt])
            await self.transaction.fetch(
                f"UPDATE users SET barge_in_exempt = {'TRUE' if exempt else 'FALSE'} WHERE id IN {keys}",
                statement.values,
            )
        for one in differing:
            if one["kind"] in (EXEMPTION_CHANGED, EXEMPTION_REFUSED):
                self.tally.changed += 1
                self.touched.add(one["site_id"])

    async def _remove_users(self) -> None:
        removed = await self._fetch(
            "SELECT sites.id, count(*) AS n FROM pruned_users AS p JOIN sites ON sites.external_id = p.site "
            "WHERE p.site IN {sites} GROUP BY sites.id"
        )
        if not removed:
            return
        await self._fetch("DELETE FROM users WHERE id IN (SELECT user_key FROM pruned_users WHERE site IN {sites})")
        self.touched |= {one["id"] for one in removed}
        self.tally.removed = sum(one["n"] for one in removed)

    async def _add_members(self) -> None:
        """Add members, whose exemptions end: the stored one, or the one that their row asks for."""
        await self._fetch(
            "INSERT INTO added_members SELECT u.id, w.group_key, u.barge_in_exempt FROM wanted_members AS w "
            "JOIN users AS u ON u.external_id = w.external_id WHERE u.pickup_group_id IS NULL"
        )
        await self._fetch(
            "UPDATE added_members SET exempt = TRUE "
            f"WHERE user_key IN (SELECT s.user_key FROM {{users}} AS s WHERE s.kind <> {NEW} AND s.barge_in_exempt) "
            "AND user_key NOT IN (SELECT user_key FROM removed_members)"
        )
        await self._fetch(
            "UPDATE users SET pickup_group_id = j.group_key, barge_in_exempt = FALSE "
            "FROM added_members AS j WHERE j.user_key = users.id"
        )

    async def _add_users(self) -> None:
        """Insert the new users with their groups: each index is written once for each of them."""
        added = await self._fetch(
            "SELECT sites.id, s.n FROM (SELECT site, count(*) AS n FROM {users} AS s "
            f"WHERE kind = {NEW} GROUP BY site) AS s JOIN sites ON sites.external_id = s.site"
        )
        if not added:
            return
        (last,) = await self._fetch("SELECT COALESCE(max(id), 0) AS key FROM users")
        # In the order of their names, so that neighbours in the indexes are neighbours in the table.
        await self._fetch(
            "INSERT INTO users "
            f"(external_id, site_id, pickup_group_id, barge_in_exempt, {', '.join(USERS.attributes)}) "
            "SELECT s.external_id, sites.id, w.group_key, s.barge_in_exempt AND w.group_key IS NULL, "
            f"{', '.join(f's.{name}' for name in USERS.attributes)} "
            "FROM {users} AS s JOIN sites ON sites.external_id = s.site "
            "LEFT JOIN wanted_members AS w ON w.external_id = s.external_id "
            f"WHERE s.kind = {NEW} ORDER BY s.site, s.sort_key, s.external_id"
        )
        await self._fetch(
            "INSERT INTO added_members SELECT u.id, w.group_key, s.barge_in_exempt FROM {users} AS s "
            "JOIN wanted_members AS w ON w.external_id = s.external_id "
            "JOIN users AS u ON u.external_id = w.external_id WHERE u.id > {}",
            last["key"],
        )
        for one in added:
            self.touched.add(one["id"])
            self.tally.added += one["n"]

    async def _note_exemptions(self) -> None:
        cleared = await self._fetch(
            "SELECT u.external_id, g.name FROM added_members AS j JOIN users AS u ON u.id = j.user_key "
            "JOIN pickup_groups AS g ON g.id = j.group_key WHERE j.exempt ORDER BY 1"
        )
        refused = await self._fetch(
            "SELECT u.external_id, g.name FROM {users} AS s JOIN users AS u ON u.id = s.user_key "
            f"JOIN pickup_groups AS g ON g.id = u.pickup_group_id WHERE s.kind <> {NEW} AND s.barge_in_exempt "
            "AND u.id NOT IN (SELECT user_key FROM added_members WHERE exempt) ORDER BY 1"
        )
        self.tally.notes += [
            f"{one['external_id']} joined the group {one['name']}: exempt no longer" for one in cleared
        ]
        self.tally.notes += [_refused_exemption(one) for one in refused]


async def exemption_notes(staging: StagingArea) -> AsyncIterator[str]:
    """Yield a note for each member whose row asks for an exemption, on the sites that no partition changes."""
    after = 0
    while True:
        statement = staging.statement()
        records = await staging.fetch(
            "SELECT c.number, u.external_id, g.name FROM changed_users AS c JOIN users AS u ON u.id = c.user_key "
            f"JOIN pickup_groups AS g ON g.id = u.pickup_group_id WHERE c.kind = {EXEMPTION_REFUSED} "
            f"AND c.site NOT IN (SELECT site FROM planned_sites) AND c.number > {statement.bind(after)} "
            f"ORDER BY c.number LIMIT {BATCH}",
            statement.values,
        )
        for one in records:
            yield _refused_exemption(one)
        if len(records) < BATCH:
            return
        after = records[-1]["number"]


def _refused_exemption(member: dict[str, Any]) -> str:
    return f"{member['external_id']} is in the group {member['name']}: stays not exempt"
