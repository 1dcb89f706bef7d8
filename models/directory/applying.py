"""Bringing sites up to date with the staged rows: the sites that users move between are one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.caller import Caller
from models.change import ChangeKind
from models.database import Transaction
from models.directory.groups import GroupRow, judge_groups
from models.history import LockedSite, lock_site
from models.naming import add_group

_COLUMNS = (
    "first_name",
    "last_name",
    "extension",
    "phone_number",
    "email",
    "station_type",
    "sort_key",
    "extension_key",
    "search_key",
)
_ELIGIBLE = "('PREMIUM', 'STANDARD', 'BASIC', 'HOSTED_SQUARE_KEY', 'HOSTED_PRI')"


@dataclass(slots=True)
class Tally:
    """What an import did, or would do. `notes` tell of each member who lost their group, a line each."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    lost_group: int = 0
    cleared: int = 0
    groups_created: int = 0
    groups_changed: int = 0
    refused_groups: list[tuple[int, int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        for name in ("added", "changed", "removed", "lost_group", "cleared", "groups_created", "groups_changed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.refused_groups += other.refused_groups
        self.notes += other.notes


class Application:
    """One transaction: the sites named by their external ids, locked in the order of their keys."""

    def __init__(self, transaction: Transaction, caller: Caller, external_ids: Sequence[str], *, prune: bool) -> None:
        self.transaction = transaction
        self.caller = caller
        self.external_ids = external_ids
        self.prune = prune
        self.tally = Tally()
        self.sites: dict[int, LockedSite] = {}
        self.touched: set[int] = set()
        self.removed: dict[int, list[int]] = defaultdict(list)
        self.added: dict[int, list[int]] = defaultdict(list)
        self.cleared: dict[int, list[int]] = defaultdict(list)
        self.created: dict[int, str] = {}
        self.group_sites: dict[int, int] = {}

    async def run(self) -> Tally:
        await self._add_sites()
        await self._lock()
        await self._change_sites()
        leaving = await self._leavers()
        groups = await judge_groups(self.transaction, self.external_ids, self.tally.refused_groups)
        await self._release(leaving)
        joining = await self._plan_groups(groups)
        await self._change_users()
        await self._prune_users()
        await self._add_users()
        await self._join(joining)
        await self._record()
        return self.tally

    async def _fetch(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Runs SQL in which {sites} stands for the sites' external ids, {keys} for their keys, {} for a value."""
        statement = self.transaction.statement()
        bound = [statement.bind(value) for value in values]
        text = sql.format(
            *bound,
            sites=statement.texts(self.external_ids) if "{sites}" in sql else "",
            keys=statement.keys(self.sites) if "{keys}" in sql else "",
            eligible=_ELIGIBLE,
        )
        return await self.transaction.fetch(text, statement.values)

    async def _add_sites(self) -> None:
        added = await self._fetch(
            "INSERT INTO sites (external_id, name, main_number, sort_key, search_key) "
            "SELECT external_id, name, main_number, sort_key, search_key FROM stage_sites "
            "WHERE external_id IN {sites} AND external_id NOT IN (SELECT external_id FROM sites) "
            "ORDER BY external_id RETURNING id"
        )
        self.touched |= {record["id"] for record in added}

    async def _lock(self) -> None:
        for record in await self._fetch("SELECT id FROM sites WHERE external_id IN {sites} ORDER BY id"):
            site = await lock_site(self.transaction, self.caller, record["id"])
            assert site is not None
            self.sites[site.key] = site

    async def _change_sites(self) -> None:
        changed = await self._fetch(
            "UPDATE sites SET name = s.name, main_number = s.main_number, sort_key = s.sort_key, "
            "search_key = s.search_key FROM stage_sites AS s WHERE s.external_id = sites.external_id "
            "AND sites.id IN {keys} AND (s.name <> sites.name OR s.main_number IS DISTINCT FROM sites.main_number) "
            "RETURNING sites.id".replace("IS DISTINCT FROM", self._distinct)
        )
        self.touched |= {record["id"] for record in changed}

    @property
    def _distinct(self) -> str:
        return "IS NOT" if self.transaction.dialect == "sqlite" else "IS DISTINCT FROM"

    async def _leavers(self) -> list[dict[str, Any]]:
        """Members who may not stay: they move to another site, get an ineligible station, or are removed."""
        leavers = await self._fetch(
            "SELECT u.id, u.site_id, u.pickup_group_id, u.external_id, g.name, CASE WHEN s.site <> sites.external_id "
            "THEN 'moves to another site' ELSE 'has a station that may not be in a group' END AS why "
            "FROM users AS u JOIN sites ON sites.id = u.site_id JOIN pickup_groups AS g ON g.id = u.pickup_group_id "
            "JOIN stage_users AS s ON s.external_id = u.external_id WHERE u.site_id IN {keys} "
            "AND (s.site <> sites.external_id OR s.station_type NOT IN {eligible}) ORDER BY u.id"
        )
        for record in await self._fetch(
            f"SELECT u.id, u.site_id, u.pickup_group_id, u.external_id, g.name, 'is removed' AS why "
            f"FROM users AS u JOIN pickup_groups AS g ON g.id = u.pickup_group_id "
            f"WHERE {self._pruned} AND u.site_id IN {{keys}} ORDER BY u.id"
        ):
            leavers.append(record)
        for record in leavers:
            self.tally.lost_group += 1
            self.tally.notes.append(f"{record['external_id']} left the group {record['name']}: {record['why']}")
        return leavers

    @property
    def _pruned(self) -> str:
        """The condition of the users that are removed: of a site that users.csv names, but not listed there."""
        if not self.prune:
            return "FALSE"
        return (
            "u.site_id IN (SELECT sites.id FROM sites JOIN stage_users ON stage_users.site = sites.external_id) "
            "AND u.external_id NOT IN (SELECT external_id FROM stage_users) "
            "AND u.external_id NOT IN (SELECT external_id FROM stage_refused)"
        )

    async def _release(self, users: Sequence[dict[str, Any]]) -> None:
        """Takes users out of the groups that they are in, for the change of each group to tell."""
        for user in users:
            self.removed[user["pickup_group_id"]].append(user["id"])
            self.group_sites[user["pickup_group_id"]] = user["site_id"]
        await self._set_group(None, [user["id"] for user in users])

    async def _set_group(self, group_key: int | None, user_keys: Sequence[int]) -> None:
        if not user_keys:
            return
        statement = self.transaction.statement()
        exempt = "" if group_key is None else ", barge_in_exempt = FALSE"
        sql = f"UPDATE users SET pickup_group_id = {statement.bind(group_key)}{exempt} WHERE id IN "
        await self.transaction.fetch(sql + statement.keys(user_keys), statement.values)

    async def _plan_groups(self, groups: Sequence[GroupRow]) -> list[tuple[int, GroupRow]]:
        """Makes new groups, and takes out of the others, and of their old groups, all who are to leave them."""
        planned: list[tuple[int, GroupRow]] = []
        for row in groups:
            key = row.group_key
            if key is None:
                key = await add_group(self.sites[row.site_key], row.name)
                self.created[key] = row.name
            self.group_sites[key] = row.site_key
            planned.append((key, row))
        listed = {name: key for key, row in planned for name in row.members}
        known = [key for key, row in planned if row.group_key is not None]
        statement = self.transaction.statement()
        members = await self.transaction.fetch(
            "SELECT id, site_id, external_id, pickup_group_id FROM users WHERE pickup_group_id IS NOT NULL AND "
            f"(pickup_group_id IN {statement.keys(known)} OR external_id IN {statement.texts(listed)}) ORDER BY id",
            statement.values,
        )
        staying = {one["external_id"] for one in members if listed.get(one["external_id"]) == one["pickup_group_id"]}
        await self._release([one for one in members if one["external_id"] not in staying])
        self._staying = staying
        return planned

    async def _change_users(self) -> None:
        """A member's exemption stays off whatever the file says; of those who join it is decided when they do."""
        differs = " OR ".join(f"s.{name} {self._distinct} u.{name}" for name in _COLUMNS)
        changed = await self._fetch(
            "SELECT u.id, u.site_id AS old_site, sites.id AS new_site FROM stage_users AS s "
            "JOIN users AS u ON u.external_id = s.external_id JOIN sites ON sites.external_id = s.site "
            f"WHERE s.site IN {{sites}} AND (u.site_id <> sites.id OR {differs} "
            "OR (u.pickup_group_id IS NULL AND s.barge_in_exempt <> u.barge_in_exempt "
            "AND s.external_id NOT IN (SELECT external_id FROM stage_members)))"
        )
        self.tally.changed += len(changed)
        self.touched |= {record[name] for record in changed for name in ("old_site", "new_site")}
        if not changed:
            return
        statement = self.transaction.statement()
        keys = statement.keys([record["id"] for record in changed])
        assigned = ", ".join(f"{name} = s.{name}" for name in _COLUMNS)
        await self.transaction.fetch(
            f"UPDATE users SET {assigned}, site_id = (SELECT id FROM sites WHERE sites.external_id = s.site), "
            "barge_in_exempt = (s.barge_in_exempt AND users.pickup_group_id IS NULL) FROM stage_users AS s "
            f"WHERE s.external_id = users.external_id AND users.id IN {keys}",
            statement.values,
        )

    async def _prune_users(self) -> None:
        if not self.prune:
            return
        removed = await self._fetch(
            "DELETE FROM users WHERE id IN "
            f"(SELECT u.id FROM users AS u WHERE {self._pruned} AND u.site_id IN {{keys}}) "
            "RETURNING site_id"
        )
        self.tally.removed += len(removed)
        self.touched |= {record["site_id"] for record in removed}

    async def _add_users(self) -> None:
        columns = ", ".join(_COLUMNS)
        added = await self._fetch(
            f"INSERT INTO users (external_id, site_id, barge_in_exempt, {columns}) "
            f"SELECT s.external_id, sites.id, s.barge_in_exempt, {', '.join(f's.{name}' for name in _COLUMNS)} "
            "FROM stage_users AS s JOIN sites ON sites.external_id = s.site WHERE s.site IN {sites} "
            "AND NOT EXISTS (SELECT 1 FROM users AS u WHERE u.external_id = s.external_id) "
            "ORDER BY s.external_id RETURNING site_id"
        )
        self.tally.added += len(added)
        self.touched |= {record["site_id"] for record in added}

    async def _join(self, planned: Sequence[tuple[int, GroupRow]]) -> None:
        for key, row in planned:
            statement = self.transaction.statement()
            users = await self.transaction.fetch(
                "SELECT id, barge_in_exempt FROM users WHERE pickup_group_id IS NULL "
                f"AND external_id IN {statement.texts(row.members)} ORDER BY id",
                statement.values,
            )
            self.added[key] = [user["id"] for user in users]
            came = {user for removed in self.removed.values() for user in removed}
            self.cleared[key] = [user["id"] for user in users if user["barge_in_exempt"] and user["id"] not in came]
            self.tally.cleared += len(self.cleared[key])
            await self._set_group(key, self.added[key])

    async def _record(self) -> None:
        """Writes each site's changes: groups that lost members, those that were made or changed, the site itself."""
        touched = {key for key in (*self.removed, *self.added) if self.removed.get(key) or self.added.get(key)}
        for key in sorted(touched | set(self.created), key=lambda one: (bool(self.added.get(one)), one)):
            site = self.sites[self.group_sites[key]]
            if key in self.created:
                self.tally.groups_created += 1
                kind, name = ChangeKind.PICKUP_GROUP_CREATED, self.created[key]
                site.record(kind, key, name_after=name, added=self.added[key], cleared=self.cleared[key])
                continue
            self.tally.groups_changed += 1
            site.record(
                ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED,
                key,
                added=self.added[key],
                removed=self.removed[key],
                cleared=self.cleared[key],
            )
            await self._fetch(
                "UPDATE pickup_groups SET version = version + 1, updated_at = {} WHERE id = {}", site.at, key
            )
        for key, site in self.sites.items():
            if key in self.touched:
                site.record(ChangeKind.DIRECTORY_CHANGED)
            await site.write()
