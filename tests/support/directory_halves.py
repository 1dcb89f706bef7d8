"""Two directories beside each other in one database: what one gets through the API, the other gets in files.

The keys of each begin with a prefix. `state` is what is stored, in the terms of the model.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from models.directory.import_job import ImportReport
from tests.support.api import Api
from tests.support.directory import Directory
from tests.support.directory_model import Change, DirectoryModel, Group, SiteRow, UserRow
from tests.support.provisioning import SITES_REMOVED

Given = dict[str, Any]
"""A row as a caller gives it: the fields of the schema, its keys without a prefix."""

USER_FIELDS = (
    "externalId", "siteExternalId", "firstName", "lastName", "extension", "phoneNumber", "email", "stationType",
    "bargeInExempt",
)  # fmt: skip
_RULES = "violations { rule path }"


class Half:
    """One of the two directories."""

    def __init__(self, api: Api, files: Directory, prefix: str) -> None:
        self.api = api
        self.files = files
        self._prefix = prefix
        self._groups: dict[int, int] = {}
        self._users: dict[int, str] = {}
        self._user_ids: dict[str, str] = {}
        self._site_ids: dict[str, str] = {}

    def prefixed(self, key: str) -> str:
        """The key with the prefix, or without one if it is empty."""
        return self._prefix + key if key else ""

    async def load_users(self, rows: Sequence[Given], **options: Any) -> ImportReport:
        return await self.files.load(users=_csv([self._row(row).values() for row in rows]), **options)

    async def load_sites(self, rows: Sequence[Given], **options: Any) -> ImportReport:
        return await self.files.load(sites=_csv([self._row(row).values() for row in rows]), **options)

    async def load_groups(
        self, site: str, members_by_name: Mapping[str, Sequence[str]], **options: Any
    ) -> ImportReport:
        rows = [
            (self.prefixed(site), name, "|".join(self.prefixed(key) for key in members))
            for name, members in members_by_name.items()
        ]
        return await self.files.load(groups=_csv(rows), **options)

    async def upsert(self, what: str, rows: Sequence[Given], selection: str, **options: Any) -> dict[str, Any]:
        """Upsert users or sites."""
        given = {what: [self._row(row) for row in rows]}
        return await self.api.mutate(f"upsert{what.capitalize()}", selection, **given, **options)

    async def remove(self, what: str, keys: Sequence[str], selection: str = SITES_REMOVED) -> dict[str, Any]:
        external_ids = [self.prefixed(key) for key in keys]
        return await self.api.mutate(f"remove{what.capitalize()}", selection, externalIds=external_ids)

    async def set_members(
        self, site: str, name: str, group: Group | None, members: Sequence[str], *, move: bool
    ) -> list[str]:
        """Set the members of the group, or create it; return the broken rules."""
        given: dict[str, Any] = {"userIds": [self._user_ids[key] for key in members], "moveMembers": move}
        if group is None:
            given |= {"siteId": self._site_ids[site], "name": name}
            payload = await self.api.mutate("createPickupGroup", _RULES, **given)
        else:
            payload = await self.api.mutate("setPickupGroupMembers", _RULES, id=self.group_id(group.number), **given)
        return [violation["rule"] for violation in payload["violations"]]

    async def rename(self, group: Group, name: str) -> dict[str, Any]:
        return await self.api.mutate("renamePickupGroup", _RULES, id=self.group_id(group.number), name=name)

    async def delete(self, group: Group) -> dict[str, Any]:
        return await self.api.mutate("deletePickupGroup", _RULES, id=self.group_id(group.number))

    def group_id(self, number: int) -> str:
        key = next(key for key, other in self._groups.items() if other == number)
        return f"PickupGroup:{key}"

    async def state(self, model: DirectoryModel) -> dict[str, Any]:
        """What is stored. New groups get the numbers that the model gives them, by their sites and names."""
        sites = await self._select(
            "SELECT external_id, name, COALESCE(main_number, '') AS main_number, id, revision FROM sites AS s"
        )
        self._site_ids = {site[0]: f"Site:{site[3]}" for site in sites}
        users = await self._users_stored()
        groups = await self._groups_stored(model, users)
        history = await self._history()
        for key, *_, revision in sites:
            assert len(history.get(key, [])) == revision
        rows = {site[0]: SiteRow(*site[:3]) for site in sites}
        return {"sites": rows, "users": users, "groups": groups, "history": history}

    async def _users_stored(self) -> dict[str, UserRow]:
        found = await self._select(
            "SELECT u.external_id, s.external_id AS site, u.first_name, u.last_name, "
            "COALESCE(u.extension, '') AS extension, COALESCE(u.phone_number, '') AS phone_number, "
            "COALESCE(u.email, '') AS email, u.station_type, u.barge_in_exempt, u.id "
            "FROM users AS u JOIN sites AS s ON s.id = u.site_id"
        )
        self._users |= {user[-1]: user[0] for user in found}
        self._user_ids = {user[0]: f"User:{user[-1]}" for user in found}
        rows = ((key, self._bare(site), *texts, bool(exempt)) for key, site, *texts, exempt, _ in found)
        return {row[0]: UserRow(*row) for row in rows}

    async def _groups_stored(self, model: DirectoryModel, users: Mapping[str, UserRow]) -> list[Group]:
        found = await self._select(
            "SELECT s.external_id, g.name, g.version, g.id FROM pickup_groups AS g JOIN sites AS s ON s.id = g.site_id"
        )
        numbers = {(group.site, group.name): group.number for group in model.groups}
        groups = {}
        for site, name, version, key in found:
            number = self._groups.setdefault(key, numbers.get((site, name), 0))
            groups[key] = Group(number, site, name, version)
        for user, group in await self._select(
            "SELECT u.external_id, u.pickup_group_id FROM users AS u JOIN sites AS s ON s.id = u.site_id "
            "WHERE u.pickup_group_id IS NOT NULL"
        ):
            assert user in users
            groups[group].members.add(user)
        return sorted(groups.values(), key=lambda group: group.number)

    async def _history(self) -> dict[str, list[Change]]:
        history: dict[str, list[Change]] = {}
        for site, revision, kind, group, before, after, *keys in await self._select(
            "SELECT s.external_id, c.revision, c.kind, c.pickup_group_id, c.name_before, c.name_after, c.added_keys, "
            "c.removed_keys, c.cleared_keys FROM changes AS c JOIN sites AS s ON s.id = c.site_id",
            "c.site_id, c.revision",
        ):
            changes = history.setdefault(site, [])
            users = [frozenset(self._users[key] for key in orjson.loads(text)) for text in keys]
            changes.append(Change(kind, None if group is None else self._groups[group], before, after, *users))
            assert revision == len(changes)
        return history

    async def _select(self, sql: str, order: str = "1") -> list[tuple[Any, ...]]:
        """The rows of this half, the first column without its prefix."""
        condition = "AND" if " WHERE " in sql else "WHERE"
        sql += f" {condition} substr(s.external_id, 1, {len(self._prefix)}) = '{self._prefix}' ORDER BY {order}"
        async with self.files.database.reading() as session:
            records = await session.fetch(sql, [])
        return [(self._bare(first), *rest) for first, *rest in (record.values() for record in records)]

    def _bare(self, key: str) -> str:
        assert key.startswith(self._prefix)
        return key.removeprefix(self._prefix)

    def _row(self, row: Given) -> Given:
        keys = ("externalId", "siteExternalId")
        return {name: self.prefixed(value) if name in keys else value for name, value in row.items()}


def _csv(rows: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
