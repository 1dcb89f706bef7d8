"""Concurrent mutations of the directory and of pickup groups: no error but violations, and every rule still holds."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

from models.integrity.check import find_problems
from tests.support.api import Api
from tests.support.directory import Directory
from tests.support.directory import user as csv_row
from tests.support.factories import make_site, make_user
from tests.support.provisioning import group_of, site_row, stored_users, user_row

CALLERS, ROUNDS = 16, 3
SITES = ("s1", "s2")
USERS = [f"u{number}" for number in range(8)]
RULES = "violations { rule }"


async def test_concurrent_moves_memberships_and_imports_keep_every_rule(api: Api, directory: Directory) -> None:
    """Many callers move the same users between two sites, while some set groups and files are loaded."""
    sites = [await make_site(external_id=key) for key in SITES]
    users = [await make_user(sites[0], external_id=key) for key in USERS]
    groups = [await group_of(api, site, name) for site in sites for name in ("Sales", "Support")]
    answers: list[dict[str, Any]] = []

    async def move(number: int) -> None:
        random = Random(number)
        for _ in range(ROUNDS):
            chosen = random.sample(USERS, 4)
            rows = [user_row(key, random.choice(SITES), bargeInExempt=random.random() < 0.5) for key in chosen]
            if random.random() < 0.3:
                rows[0]["stationType"] = "FAX"
            answers.append(await api.attempt("upsertUsers", RULES, users=rows))
            if random.random() < 0.3:
                answers.append(await api.attempt("removeUsers", RULES, externalIds=chosen[:1]))

    async def administer(number: int) -> None:
        random = Random(number)
        for _ in range(2 * ROUNDS):
            chosen = [user.id for user in random.sample(users, 3)]
            group = random.choice(groups)
            answers.append(
                await api.attempt("setPickupGroupMembers", RULES, id=group, userIds=chosen, moveMembers=True)
            )

    async def load(until: Callable[[], bool]) -> int:
        random, loaded = Random("file"), 0
        while not loaded or not until():
            named = random.choice(SITES)
            members = "|".join(random.sample(USERS, 3))
            rows = "".join(csv_row(key, random.choice(SITES), random.choice(("BASIC", "FAX"))) for key in USERS)
            report = await directory.load(users=rows, groups=f"{named},Sales,{members}\n")
            # The users are valid; whether the row of the group is depends on where its members are.
            assert report.refused <= 1
            loaded += 1
        return loaded

    callers = asyncio.gather(*(move(number) for number in range(CALLERS)), *(administer(number) for number in range(4)))
    await asyncio.gather(callers, load(callers.done))

    assert [answer["errors"] for answer in answers if "errors" in answer] == []
    assert len(answers) > (CALLERS + 8) * ROUNDS
    assert await find_problems(api.database) == []
    assert set(await stored_users(api)) <= set(USERS)
    assert api.database.busy == 0


async def test_concurrent_calls_add_each_key_once(api: Api) -> None:
    keys = [f"k{number}" for number in range(20)]

    async def add(number: int) -> tuple[int, int]:
        order = Random(number).sample(keys, len(keys))
        sites = await api.mutate("upsertSites", "added violations { rule }", sites=[site_row(key) for key in order])
        users = await api.mutate(
            "upsertUsers", "added violations { rule }", users=[user_row(key, key) for key in reversed(order)]
        )
        assert sites["violations"] == users["violations"] == []
        return sites["added"], users["added"]

    added = await asyncio.gather(*(add(number) for number in range(6)))

    assert (sum(sites for sites, _ in added), sum(users for _, users in added)) == (20, 20)
    assert await find_problems(api.database) == []


async def test_site_removed_beside_its_changes_leaves_nothing(api: Api) -> None:
    await make_site(external_id="s1")

    async def use(number: int) -> None:
        for _ in range(8):
            key = f"u{number}"
            await api.mutate("upsertUsers", RULES, users=[user_row(key, "s1")])
            await api.mutate("removeUsers", RULES, externalIds=[key])

    async def remove() -> None:
        for _ in range(8):
            await api.mutate("removeSites", RULES, externalIds=["s1"])
            await api.mutate("upsertSites", RULES, sites=[site_row("s1")])

    await asyncio.gather(use(1), use(2), remove())

    assert await find_problems(api.database) == []
    assert await api.mutate("removeSites", "removed", externalIds=["s1"]) == {"removed": 1}
