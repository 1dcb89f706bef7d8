"""Random sequences of imports and mutations against a model of the directory.

Two directories are changed in the same way: by the mutations of the directory, and by the same rows in files. Both are
what the model says after each step, their histories too.
"""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from models.integrity.check import find_problems
from tests.support.api import Api
from tests.support.directory import Directory
from tests.support.directory_halves import Half
from tests.support.directory_model import ELIGIBLE, DirectoryModel, Group, SiteRow, Upserted
from tests.support.directory_rows import NUMBER, USERS, Rows
from tests.support.provisioning import SITES_REMOVED, USERS_REMOVED
from tests.system.resilience.conftest import FULL

# On PostgreSQL an import takes longer: it makes its tables anew.
SEEDS = {"sqlite": 300 if FULL else 20, "postgres": 50 if FULL else 3}
STEPS = 20
SITES = ("s1", "s2", "Été")
NAMES = ("Sales", "Été", "Support, days")

_REPORTED = """added changed bargeInExemptionsCleared { externalId } violations { rule path }
  membershipsEnded { userExternalId reason pickupGroup { id } }"""


@pytest.mark.parametrize(
    ("url", "seed"), [(kind, seed) for kind, seeds in SEEDS.items() for seed in range(seeds)], indirect=["url"]
)
async def test_files_and_mutations_equal_directory_model(api: Api, directory: Directory, seed: int) -> None:
    sequence = Sequence(Random(seed), Half(api, directory, "a-"), Half(api, directory, "b-"))

    await sequence.open()
    for _ in range(STEPS):
        await sequence.step()

    assert await find_problems(api.database) == []


class Sequence:
    """Steps on a directory that gets rows through the API, and on one that gets them in files."""

    def __init__(self, random: Random, by_api: Half, by_files: Half) -> None:
        self.random = random
        self.model = DirectoryModel()
        self.rows = Rows(random, self.model)
        self.by_api = by_api
        self.by_files = by_files
        self.steps: list[Callable[[], Awaitable[None]]] = [
            self.upsert_users, self.upsert_users, self.upsert_users, self.upsert_users, self.remove_users,
            self.upsert_sites, self.remove_sites, self.set_group, self.set_group, self.set_group,
            self.set_groups_by_files, self.move_members, self.rename, self.delete,
        ]  # fmt: skip

    async def open(self) -> None:
        """Something to begin with."""
        await self.upsert_sites(SITES)
        await self.upsert_users(USERS)
        await self.set_group()

    async def step(self) -> None:
        await self.random.choice(self.steps)()

    async def check(self) -> None:
        model = self.model
        history = {site: changes for site, changes in model.history.items() if changes}
        expected = {"sites": model.sites, "users": model.users, "groups": model.groups, "history": history}
        for half in (self.by_api, self.by_files):
            found = await half.state(model)
            assert found["history"] == history
            assert found == expected

    async def upsert_sites(self, keys: tuple[str, ...] = ()) -> None:
        rows = [
            SiteRow(key, self.random.choice(("Site", "Montréal")), self.random.choice(("", NUMBER)))
            for key in keys or self.some(SITES, 2)
        ]
        given = [
            {
                "externalId": self.rows.spelt(row.key),
                "name": self.rows.spelt(row.name),
                "mainNumber": self.rows.spelt(row.main_number),
            }
            for row in rows
        ]
        expected = self.model.upsert_sites(rows)

        payload = await self.by_api.upsert("sites", given, "added changed violations { rule }")
        report = await self.by_files.load_sites(given)

        assert payload == {"added": expected[0], "changed": expected[1], "violations": []}
        assert (report.tally.sites_added, report.tally.sites_changed, report.refused) == (*expected, 0)
        await self.check()

    async def remove_sites(self) -> None:
        keys = self.some((*SITES, "none"), 2)
        model = self.model
        broken = [
            ("SITE_IN_USE" if key in model.sites else "NOT_FOUND", ["input", "externalIds", str(place)])
            for place, key in enumerate(keys)
            if key not in model.sites or model.is_used(key)
        ]
        if not broken:
            model.remove_sites(keys)
        for half in (self.by_api, self.by_files):
            payload = await half.remove("sites", keys, SITES_REMOVED)
            assert [(one["rule"], one["path"]) for one in payload["violations"]] == broken
            assert payload["removed"] == (0 if broken else len(keys))
        await self.check()

    async def upsert_users(self, keys: tuple[str, ...] = ()) -> None:
        if not self.model.sites:
            return
        rows = [self.rows.user_row(key) for key in keys or self.some(USERS, 4)]
        given = [self.rows.given_user(row) for row in rows]
        wrong, broken = self.rows.wrong_users(given)
        if wrong:
            payload = await self.by_api.upsert("users", [*given, *wrong], _REPORTED)
            assert [(one["rule"], one["path"]) for one in payload["violations"]] == broken
            await self.check()
        dry = [True, False] if self.random.random() < 0.3 else [False]
        for dry_run in dry:
            model = deepcopy(self.model) if dry_run else self.model
            expected = model.upsert_users(rows)
            payload = await self.by_api.upsert("users", given, _REPORTED, dryRun=dry_run)
            report = await self.by_files.load_users([*given, *wrong], dry_run=dry_run)
            self.check_payload(payload, expected)
            tally = report.tally
            assert (tally.added, tally.changed, tally.memberships_ended, report.refused) == (
                expected.added, expected.changed, len(expected.ended), len(wrong),
            )  # fmt: skip
            await self.check()

    def check_payload(self, payload: dict[str, Any], expected: Upserted) -> None:
        half = self.by_api
        assert payload == {
            "added": expected.added,
            "changed": expected.changed,
            "bargeInExemptionsCleared": [{"externalId": half.prefixed(key)} for key in expected.refused],
            "violations": [],
            "membershipsEnded": [
                {
                    "userExternalId": half.prefixed(key),
                    "reason": reason,
                    "pickupGroup": {"id": half.group_id(number)},
                }
                for key, number, reason in expected.ended
            ],
        }

    async def remove_users(self) -> None:
        if not self.model.users:
            return
        model, keys = self.model, self.some(tuple(self.model.users), 3)
        sites = {model.users[key].site for key in keys}
        kept = [model.users[key] for site in sorted(sites) for key in model.users_of(site) if key not in keys]
        too_many = sorted(
            self.by_files.prefixed(site)
            for site in sites
            if 5 * len([key for key in keys if model.users[key].site == site]) > len(model.users_of(site))
        )
        named_by_file = {row.site for row in kept} == sites
        ended = model.remove_users(keys)

        payload = await self.by_api.remove("users", keys, USERS_REMOVED)
        if named_by_file:
            rows = [self.rows.given_user(row) for row in kept]
            if too_many:
                report = await self.by_files.load_users(rows, prune=True)
                assert (report.too_many, report.tally.removed) == (too_many, 0)
            report = await self.by_files.load_users(rows, prune=True, force=True)
            assert (report.tally.removed, report.tally.memberships_ended) == (len(keys), len(ended))
        else:
            await self.by_files.remove("users", keys, USERS_REMOVED)

        assert payload["removed"] == len(keys)
        assert [(one["userExternalId"], one["reason"]) for one in payload["membershipsEnded"]] == [
            (self.by_api.prefixed(key), reason) for key, _, reason in ended
        ]
        await self.check()

    async def set_group(self) -> None:
        """One row of groups.csv, or the mutation that says the same."""
        if not self.model.sites:
            return
        model, site = self.model, self.random.choice(tuple(self.model.sites))
        number = model.sites[site].main_number
        name = self.random.choice((*NAMES, number) if number else NAMES)
        group = self.named(site, name)
        members = self.some((*model.users_of(site) * 6, *model.users), 3) if model.users else ()
        members = tuple(dict.fromkeys(members))
        valid = all(
            model.users[key].site == site
            and model.users[key].station_type in ELIGIBLE
            and model.group_of(key) in (None, group)
            for key in members
        )
        if valid:
            model.set_members(site, {name: members})

        broken = await self.by_api.set_members(site, name, group, members, move=False)
        written = "" if name == number else name
        report = await self.by_files.load_groups(site, {written: members})

        assert (not broken, report.refused) == (valid, 0 if valid else 1)
        await self.check()

    async def set_groups_by_files(self) -> None:
        """Rows of groups.csv among which members may change places."""
        if not self.model.sites:
            return
        model, site = self.model, self.random.choice(tuple(self.model.sites))
        names = self.some(NAMES, 3)
        groups = [self.named(site, name) for name in names]
        free = [
            key
            for key in model.users_of(site)
            if model.users[key].station_type in ELIGIBLE and model.group_of(key) in (None, *groups)
        ]
        self.random.shuffle(free)
        members_by_name = {name: tuple(free[place :: len(names) + 1]) for place, name in enumerate(names)}
        model.set_members(site, members_by_name)
        for half in (self.by_api, self.by_files):
            assert (await half.load_groups(site, members_by_name)).refused == 0
        await self.check()

    async def move_members(self) -> None:
        if not self.model.groups:
            return
        model, group = self.model, self.random.choice(self.model.groups)
        able = tuple(key for key in model.users_of(group.site) if model.users[key].station_type in ELIGIBLE)
        members = self.some(able, 3) if able else ()
        model.set_members(group.site, {group.name: members})
        for half in (self.by_api, self.by_files):
            assert await half.set_members(group.site, group.name, group, members, move=True) == []
        await self.check()

    async def rename(self) -> None:
        if not self.model.groups:
            return
        group, name = self.random.choice(self.model.groups), self.random.choice(NAMES)
        taken = self.named(group.site, name) not in (None, group)
        for half in (self.by_api, self.by_files):
            payload = await half.rename(group, name)
            assert [one["rule"] for one in payload["violations"]] == ["NAME_TAKEN"] * taken
        if not taken:
            self.model.rename(group, name)
        await self.check()

    async def delete(self) -> None:
        if not self.model.groups:
            return
        group = self.random.choice(self.model.groups)
        for half in (self.by_api, self.by_files):
            await half.delete(group)
        self.model.delete(group)
        await self.check()

    def named(self, site: str, name: str) -> Group | None:
        return next((group for group in self.model.groups_of(site) if group.name == name), None)

    def some(self, of: tuple[str, ...], most: int) -> tuple[str, ...]:
        return tuple(self.random.sample(of, self.random.randint(1, min(most, len(of)))))
