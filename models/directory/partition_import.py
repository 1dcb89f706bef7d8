"""One partition of an import: its sites brought up to date in one transaction, under their locks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from models.caller import Caller
from models.database.sessions import Transaction
from models.directory.columns import SITES, USERS
from models.directory.import_plan import CHANGED, EXEMPTION_REFUSED, NEW, differ
from models.directory.partition import Partition, StalePlan
from models.directory.partition_changes import record_changes
from models.directory.partition_members import PartitionMembers, refused_exemption
from models.directory.staging_area import BATCH, StagingArea
from models.domain.change_log import LockedSite, lock_sites


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
    """Applies one partition of the plan. Every statement handles all of its rows at once."""

    def __init__(self, transaction: Transaction, caller: Caller, number: int, *, find_rows: bool = False) -> None:
        self._transaction = transaction
        self._caller = caller
        self._partition = Partition(transaction, number, find_rows=find_rows)
        self._members = PartitionMembers(self._partition)
        self._tally = Tally()
        self._touched: set[int] = set()

    async def run(self) -> Tally:
        """Raises StalePlan and, to find the rows that break a constraint, ConstraintBroken."""
        if self._transaction.dialect == "postgres":
            # A plan that is good for one partition may be bad for another.
            await self._transaction.fetch("SET LOCAL plan_cache_mode = force_custom_plan", [])
        members, tally = self._members, self._tally
        await members.clear_tables()
        sites = [*await self._lock_sites(), *await self._add_sites()]
        await self._check_sites()
        await self._change_sites()
        await members.find_ended()
        await members.create_groups(sites[0].at)
        await members.find_removed()
        await members.change_groups(sites[0].at)
        await members.remove()
        await self._change_exemptions()
        await self._change_users()
        await self._remove_users()
        await members.add()
        await self._add_users()
        await members.note_exemptions()
        by_key = {site.key: site for site in sites}
        recorded = await record_changes(self._transaction, by_key, members, self._touched)
        tally.groups_created, tally.groups_changed = len(members.created), recorded.groups
        tally.memberships_ended, tally.exemptions_cleared = members.ended, recorded.exemptions_cleared
        tally.notes = members.notes
        return tally

    async def _lock_sites(self) -> list[LockedSite]:
        planned = await self._partition.fetch(
            "SELECT site, site_key FROM planned_sites WHERE site IN {sites} AND site_key IS NOT NULL"
        )
        locked = await lock_sites(self._transaction, self._caller, [site["site_key"] for site in planned])
        changed = await self._partition.fetch(
            "SELECT DISTINCT w.site FROM planned_sites AS w JOIN changes AS c ON c.site_id = w.site_key "
            "AND c.revision > w.revision WHERE w.site IN {sites} AND c.kind = 'DIRECTORY_CHANGED'"
        )
        found = {site.key for site in locked}
        stale = [site["site"] for site in changed]
        stale += [site["site"] for site in planned if site["site_key"] not in found]
        if stale:
            raise StalePlan(stale)
        return locked

    async def _check_sites(self) -> None:
        """Raise StalePlan if a site is gone that users.csv or groups.csv names and sites.csv does not add again."""
        gone = await self._partition.fetch(
            "SELECT site FROM planned_sites WHERE site IN {sites} AND site NOT IN (SELECT external_id FROM sites)"
        )
        if gone:
            raise StalePlan(one["site"] for one in gone)

    async def _add_sites(self) -> list[LockedSite]:
        """Add the new sites. They need no lock, since no other transaction sees them yet; their first revision is 1."""
        added = await self._partition.write(
            SITES,
            "s.number",
            f"INSERT INTO sites (external_id, {', '.join(SITES.attributes)}, revision) "
            f"SELECT s.external_id, {', '.join(f's.{name}' for name in SITES.attributes)}, 1 FROM staged_sites AS s "
            "WHERE s.external_id IN {sites} AND {rows} AND s.external_id NOT IN (SELECT site FROM planned_sites "
            "WHERE site_key IS NOT NULL) ORDER BY s.external_id RETURNING id",
        )
        self._touched |= {site["id"] for site in added}
        self._tally.sites_added = len(added)
        return [LockedSite(self._transaction, site["id"], 1, self._caller.subject) for site in added]

    async def _change_sites(self) -> None:
        assigned = ", ".join(f"{name} = s.{name}" for name in SITES.attributes)
        changed = await self._partition.write(
            SITES,
            "s.number",
            f"UPDATE sites SET {assigned} FROM staged_sites AS s WHERE s.external_id = sites.external_id "
            "AND s.external_id IN {sites} AND {rows} "
            f"AND ({differ(self._transaction.dialect, SITES.attributes, 's', 'sites')}) RETURNING sites.id",
        )
        self._touched |= {site["id"] for site in changed}
        self._tally.sites_changed = len(changed)

    async def _change_exemptions(self) -> None:
        number, sites = await self._members.change_exemptions()
        self._tally.changed += number
        self._touched |= sites

    async def _change_users(self) -> None:
        """Write the columns that differ, but for the exemption: that depends on the group."""
        assigned = ", ".join(f"{name} = s.{name}" for name in USERS.attributes)
        await self._partition.write(
            USERS,
            "s.number",
            f"UPDATE users SET {assigned}, site_id = sites.id FROM {{users}} AS s JOIN sites "
            f"ON sites.external_id = s.site WHERE users.id = s.user_key AND s.kind = {CHANGED} AND {{rows}}",
        )
        for changed in await self._partition.fetch(
            "SELECT new.id AS new, old.id AS old, s.n FROM "
            "(SELECT site, old_site, count(*) AS n FROM {users} AS s "
            f"WHERE kind = {CHANGED} GROUP BY site, old_site) AS s JOIN sites AS new ON new.external_id = s.site "
            "JOIN sites AS old ON old.external_id = s.old_site"
        ):
            self._touched |= {changed["new"], changed["old"]}
            self._tally.changed += changed["n"]

    async def _remove_users(self) -> None:
        removed = await self._partition.fetch(
            "SELECT sites.id, count(*) AS n FROM pruned_users AS p JOIN sites ON sites.external_id = p.site "
            "WHERE p.site IN {sites} GROUP BY sites.id"
        )
        if not removed:
            return
        await self._partition.fetch(
            "DELETE FROM users WHERE id IN (SELECT user_key FROM pruned_users WHERE site IN {sites})"
        )
        self._touched |= {site["id"] for site in removed}
        self._tally.removed = sum(site["n"] for site in removed)

    async def _add_users(self) -> None:
        """Insert the new users with their groups: each index is written once for each of them."""
        added = await self._partition.fetch(
            "SELECT sites.id, s.n FROM (SELECT site, count(*) AS n FROM {users} AS s "
            f"WHERE kind = {NEW} GROUP BY site) AS s JOIN sites ON sites.external_id = s.site"
        )
        if not added:
            return
        (last,) = await self._partition.fetch("SELECT COALESCE(max(id), 0) AS key FROM users")
        # In the order of their names, so that neighbours in the indexes are neighbours in the table.
        await self._partition.write(
            USERS,
            "s.number",
            "INSERT INTO users "
            f"(external_id, site_id, pickup_group_id, barge_in_exempt, {', '.join(USERS.attributes)}) "
            "SELECT s.external_id, sites.id, w.group_key, s.barge_in_exempt AND w.group_key IS NULL, "
            f"{', '.join(f's.{name}' for name in USERS.attributes)} "
            "FROM {users} AS s JOIN sites ON sites.external_id = s.site "
            "LEFT JOIN wanted_members AS w ON w.external_id = s.external_id "
            f"WHERE s.kind = {NEW} AND {{rows}} ORDER BY s.site, s.sort_key, s.external_id",
        )
        await self._partition.fetch(
            "INSERT INTO added_members SELECT u.id, w.group_key, s.barge_in_exempt FROM {users} AS s "
            "JOIN wanted_members AS w ON w.external_id = s.external_id "
            "JOIN users AS u ON u.external_id = w.external_id WHERE u.id > {}",
            last["key"],
        )
        for site in added:
            self._touched.add(site["id"])
            self._tally.added += site["n"]


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
        for member in records:
            yield refused_exemption(member)
        if len(records) < BATCH:
            return
        after = records[-1]["number"]
