"""Bringing the sites of one part of the plan up to date, in one transaction under their locks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from models.caller import Caller
from models.database.sessions import Records, Transaction
from models.directory.planning import CHANGED, COLUMNS, EXEMPTION, KEPT, NEW, distinct
from models.directory.recording import record_changes
from models.directory.staging import BATCH, Stage
from models.domain.change_log import LockedSite, lock_sites
from models.user import ELIGIBLE_SQL

_LEAVING = "EXISTS (SELECT 1 FROM stage_leaving AS l WHERE l.user_key = u.id)"
"""Of a user u: planned with NOT IN, PostgreSQL would read all users for the few that a part is about."""


class Stale(Exception):
    """Another import has changed a site of the part since the plan was made."""


@dataclass(slots=True)
class Tally:
    """What an import did, or would do. `notes` have a line for each member treated otherwise than their row says."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    lost_group: int = 0
    cleared: int = 0
    groups_created: int = 0
    groups_changed: int = 0
    sites_added: int = 0
    sites_changed: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Adds the numbers, and leaves the notes."""
        for name in self.__slots__:
            if name != "notes":
                setattr(self, name, getattr(self, name) + getattr(other, name))


class Application:
    """One part of the plan, applied in a transaction. Every statement is about all of its rows at once."""

    def __init__(self, transaction: Transaction, caller: Caller, part: int) -> None:
        self.transaction = transaction
        self.caller = caller
        self.part = part
        self.tally = Tally()
        self.sites: dict[int, LockedSite] = {}
        self.touched: set[int] = set()
        self.created: dict[int, str] = {}

    async def run(self) -> Tally:
        """Raises Stale."""
        if self.transaction.dialect == "postgres":
            # What was planned for one part may be all wrong for another.
            await self._fetch("SET LOCAL plan_cache_mode = force_custom_plan")
        await self._clear()
        await self._lock()
        await self._change_sites()
        await self._find_leavers()
        await self._make_groups()
        await self._find_released()
        await self._release()
        await self._change_exemptions()
        await self._change_users()
        await self._remove_users()
        await self._join()
        await self._add_users()
        await self._note_exemptions()
        recorded = await record_changes(self.transaction, self.sites, self.created, self.touched)
        self.tally.groups_created = len(self.created)
        self.tally.groups_changed = recorded.groups
        self.tally.cleared = recorded.cleared
        return self.tally

    async def _fetch(self, sql: str, *values: Any) -> Records:
        """Runs SQL in which {users} stands for the part's rows of stage_part, {sites} for its sites, {} for a value."""
        statement = self.transaction.statement()
        bound = [statement.bind(value) for value in values]
        users = f"(SELECT * FROM stage_part WHERE part = {self.part})"
        sites = f"(SELECT site FROM stage_work WHERE part = {self.part})"
        return await self.transaction.fetch(sql.format(*bound, users=users, sites=sites), statement.values)

    async def _clear(self) -> None:
        """Empties the tables of a part. PostgreSQL would keep what DELETE leaves behind until the command ends."""
        empty = "DELETE FROM" if self.transaction.dialect == "sqlite" else "TRUNCATE"
        for table in ("stage_wanted", "stage_leaving", "stage_joining"):
            await self._fetch(f"{empty} {table}")

    async def _lock(self) -> None:
        work = await self._fetch("SELECT site, site_key FROM stage_work WHERE site IN {sites}")
        keys = [one["site_key"] for one in work if one["site_key"] is not None]
        locked = await lock_sites(self.transaction, self.caller, keys)
        await self._check_current()
        # The lock of a new site is that nobody sees it yet; its first change has revision 1.
        added = await self._fetch(
            "INSERT INTO sites (external_id, name, main_number, sort_key, search_key, revision) "
            "SELECT s.external_id, s.name, s.main_number, s.sort_key, s.search_key, 1 FROM stage_sites AS s "
            "WHERE s.external_id IN {sites} AND s.external_id NOT IN (SELECT site FROM stage_work "
            "WHERE site_key IS NOT NULL) ORDER BY s.external_id RETURNING id"
        )
        new = [LockedSite(self.transaction, one["id"], 1, self.caller.subject) for one in added]
        self.sites = {site.key: site for site in (*locked, *new)}
        self.touched |= {site.key for site in new}
        self.tally.sites_added = len(new)

    async def _check_current(self) -> None:
        stale = await self._fetch(
            "SELECT 1 AS stale FROM stage_work AS w JOIN changes AS c ON c.site_id = w.site_key "
            "AND c.revision > w.revision WHERE w.site IN {sites} AND c.kind = 'DIRECTORY_CHANGED' LIMIT 1"
        )
        if stale:
            raise Stale

    async def _change_sites(self) -> None:
        differs = distinct(self.transaction.dialect)
        changed = await self._fetch(
            "UPDATE sites SET name = s.name, main_number = s.main_number, sort_key = s.sort_key, "
            "search_key = s.search_key FROM stage_sites AS s WHERE s.external_id = sites.external_id "
            f"AND s.external_id IN {{sites}} AND (s.name <> sites.name OR s.main_number {differs} sites.main_number "
            "OR s.sort_key <> sites.sort_key OR s.search_key <> sites.search_key) RETURNING sites.id"
        )
        self.touched |= {record["id"] for record in changed}
        self.tally.sites_changed = len(changed)

    async def _find_leavers(self) -> None:
        """Members who may not stay: they move to another site, get an ineligible station, or are removed."""
        leavers = await self._fetch(
            "SELECT u.id, u.pickup_group_id, u.external_id, g.name, CASE WHEN s.old_site <> s.site "
            "THEN 'moves to another site' ELSE 'has a station that may not be in a group' END AS why "
            "FROM {users} AS s JOIN users AS u ON u.id = s.user_key "
            f"JOIN pickup_groups AS g ON g.id = u.pickup_group_id WHERE s.kind = {CHANGED} "
            f"AND (s.old_site <> s.site OR s.station_type NOT IN ({ELIGIBLE_SQL})) "
            "UNION ALL SELECT u.id, u.pickup_group_id, u.external_id, g.name, 'is removed' "
            "FROM stage_pruned AS p JOIN users AS u ON u.id = p.user_key "
            "JOIN pickup_groups AS g ON g.id = u.pickup_group_id WHERE p.site IN {sites} ORDER BY 3"
        )
        statement = self.transaction.statement()
        keys = statement.keys([one["id"] for one in leavers])
        await self.transaction.fetch(
            f"INSERT INTO stage_leaving SELECT id, pickup_group_id FROM users WHERE id IN {keys}", statement.values
        )
        self.tally.lost_group = len(leavers)
        self.tally.notes = [f"{one['external_id']} left the group {one['name']}: {one['why']}" for one in leavers]

    async def _make_groups(self) -> None:
        at = next(iter(self.sites.values())).at
        made = await self._fetch(
            "INSERT INTO pickup_groups (site_id, name, name_key, sort_key, search_key, created_at, updated_at) "
            "SELECT sites.id, n.name, n.name_key, n.sort_key, n.search_key, {0}, {0} FROM stage_named AS n "
            "JOIN sites ON sites.external_id = n.site WHERE n.site IN {sites} AND NOT EXISTS "
            "(SELECT 1 FROM pickup_groups AS g WHERE g.site_id = sites.id AND g.name_key = n.name_key) "
            "ORDER BY n.number RETURNING id, name",
            at,
        )
        self.created = {one["id"]: one["name"] for one in made}

    async def _find_released(self) -> None:
        """Members whom the rows put into another group, or leave out of theirs."""
        await self._fetch(
            "INSERT INTO stage_wanted SELECT m.external_id, g.id FROM stage_named AS n "
            "JOIN sites ON sites.external_id = n.site "
            "JOIN pickup_groups AS g ON g.site_id = sites.id AND g.name_key = n.name_key "
            "JOIN stage_members AS m ON m.number = n.number WHERE n.site IN {sites}"
        )
        await self._fetch(
            "INSERT INTO stage_leaving SELECT u.id, u.pickup_group_id FROM stage_wanted AS w "
            "JOIN users AS u ON u.external_id = w.external_id WHERE u.pickup_group_id <> w.group_key "
            f"AND NOT {_LEAVING}"
        )
        await self._fetch(
            "INSERT INTO stage_leaving SELECT u.id, u.pickup_group_id FROM stage_named AS n "
            "JOIN sites ON sites.external_id = n.site "
            "JOIN pickup_groups AS g ON g.site_id = sites.id AND g.name_key = n.name_key "
            "JOIN users AS u ON u.pickup_group_id = g.id WHERE n.site IN {sites} "
            "AND NOT EXISTS (SELECT 1 FROM stage_wanted AS w WHERE w.external_id = u.external_id) "
            f"AND NOT {_LEAVING}"
        )

    async def _release(self) -> None:
        await self._fetch("UPDATE users SET pickup_group_id = NULL WHERE id IN (SELECT user_key FROM stage_leaving)")

    async def _change_users(self) -> None:
        """Writes the columns that differ; whether somebody is exempt is decided apart, by where they end up."""
        assigned = ", ".join(f"{name} = s.{name}" for name in COLUMNS)
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
        """Of users who end up in no group the file decides."""
        differing = await self._fetch(
            "SELECT u.id, u.site_id, s.kind, s.barge_in_exempt AS exempt "
            "FROM {users} AS s JOIN users AS u ON u.id = s.user_key "
            f"WHERE s.kind <> {NEW} AND s.barge_in_exempt <> u.barge_in_exempt AND u.pickup_group_id IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM stage_wanted AS w WHERE w.external_id = s.external_id)"
        )
        for exempt in (True, False):
            statement = self.transaction.statement()
            keys = statement.keys([one["id"] for one in differing if bool(one["exempt"]) is exempt])
            await self.transaction.fetch(
                f"UPDATE users SET barge_in_exempt = {'TRUE' if exempt else 'FALSE'} WHERE id IN {keys}",
                statement.values,
            )
        for one in differing:
            if one["kind"] in (EXEMPTION, KEPT):
                self.tally.changed += 1
                self.touched.add(one["site_id"])

    async def _remove_users(self) -> None:
        removed = await self._fetch(
            "SELECT sites.id, count(*) AS n FROM stage_pruned AS p JOIN sites ON sites.external_id = p.site "
            "WHERE p.site IN {sites} GROUP BY sites.id"
        )
        if not removed:
            return
        await self._fetch("DELETE FROM users WHERE id IN (SELECT user_key FROM stage_pruned WHERE site IN {sites})")
        self.touched |= {one["id"] for one in removed}
        self.tally.removed = sum(one["n"] for one in removed)

    async def _join(self) -> None:
        """Who joins a group loses the exemption that is stored or that their row gives; a member had none."""
        await self._fetch(
            "INSERT INTO stage_joining SELECT u.id, w.group_key, u.barge_in_exempt FROM stage_wanted AS w "
            "JOIN users AS u ON u.external_id = w.external_id WHERE u.pickup_group_id IS NULL"
        )
        await self._fetch(
            "UPDATE stage_joining SET exempt = TRUE "
            f"WHERE user_key IN (SELECT s.user_key FROM {{users}} AS s WHERE s.kind <> {NEW} AND s.barge_in_exempt) "
            "AND user_key NOT IN (SELECT user_key FROM stage_leaving)"
        )
        await self._fetch(
            "UPDATE users SET pickup_group_id = j.group_key, barge_in_exempt = FALSE "
            "FROM stage_joining AS j WHERE j.user_key = users.id"
        )

    async def _add_users(self) -> None:
        """Adds new users in their groups at once: each index is written to once for each of them."""
        added = await self._fetch(
            "SELECT sites.id, s.n FROM (SELECT site, count(*) AS n FROM {users} AS s "
            f"WHERE kind = {NEW} GROUP BY site) AS s JOIN sites ON sites.external_id = s.site"
        )
        if not added:
            return
        (last,) = await self._fetch("SELECT COALESCE(max(id), 0) AS key FROM users")
        # In the order of their names, which puts rows beside each other that the indexes put there.
        await self._fetch(
            f"INSERT INTO users (external_id, site_id, pickup_group_id, barge_in_exempt, {', '.join(COLUMNS)}) "
            "SELECT s.external_id, sites.id, w.group_key, s.barge_in_exempt AND w.group_key IS NULL, "
            f"{', '.join(f's.{name}' for name in COLUMNS)} "
            "FROM {users} AS s JOIN sites ON sites.external_id = s.site "
            "LEFT JOIN stage_wanted AS w ON w.external_id = s.external_id "
            f"WHERE s.kind = {NEW} ORDER BY s.site, s.sort_key, s.external_id"
        )
        await self._fetch(
            "INSERT INTO stage_joining SELECT u.id, w.group_key, s.barge_in_exempt FROM {users} AS s "
            "JOIN stage_wanted AS w ON w.external_id = s.external_id "
            "JOIN users AS u ON u.external_id = w.external_id WHERE u.id > {}",
            last["key"],
        )
        for one in added:
            self.touched.add(one["id"])
            self.tally.added += one["n"]

    async def _note_exemptions(self) -> None:
        cleared = await self._fetch(
            "SELECT u.external_id, g.name FROM stage_joining AS j JOIN users AS u ON u.id = j.user_key "
            "JOIN pickup_groups AS g ON g.id = j.group_key WHERE j.exempt ORDER BY 1"
        )
        kept = await self._fetch(
            "SELECT u.external_id, g.name FROM {users} AS s JOIN users AS u ON u.id = s.user_key "
            f"JOIN pickup_groups AS g ON g.id = u.pickup_group_id WHERE s.kind <> {NEW} AND s.barge_in_exempt "
            "AND u.id NOT IN (SELECT user_key FROM stage_joining WHERE exempt) ORDER BY 1"
        )
        self.tally.notes += [
            f"{one['external_id']} joined the group {one['name']}: exempt no longer" for one in cleared
        ]
        self.tally.notes += [_kept(one) for one in kept]


async def not_exempt(stage: Stage) -> AsyncIterator[str]:
    """A note of each member whom a row calls exempt, of the sites with which no part has anything to do."""
    after = 0
    while True:
        statement = stage.statement()
        records = await stage.fetch(
            "SELECT c.number, u.external_id, g.name FROM stage_changed AS c JOIN users AS u ON u.id = c.user_key "
            f"JOIN pickup_groups AS g ON g.id = u.pickup_group_id WHERE c.kind = {KEPT} "
            f"AND c.site NOT IN (SELECT site FROM stage_work) AND c.number > {statement.bind(after)} "
            f"ORDER BY c.number LIMIT {BATCH}",
            statement.values,
        )
        for one in records:
            yield _kept(one)
        if len(records) < BATCH:
            return
        after = records[-1]["number"]


def _kept(member: dict[str, Any]) -> str:
    return f"{member['external_id']} is in the group {member['name']}: stays not exempt"
