"""Concurrent mutations of one site: one is first, and the others get the violations that follow."""

import asyncio
from collections import Counter
from random import Random
from typing import Any

import pytest

from models.integrity.check import find_problems
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user, make_users

RULES = "violations { rule }"
HISTORY = """query($id: ID!) { site(id: $id) { revision changes(last: 100) { totalCount
  nodes { revision pickupGroupId } } pickupGroups(first: 100) { nodes { id version name memberCount } }
  users(first: 100) { nodes { id pickupGroup { id } } } } }"""
TASKS = 16


def outcomes(payloads: list[dict[str, Any]]) -> Counter[str]:
    """How often each rule was broken; `done` counts payloads without a violation."""
    return Counter(rule for payload in payloads for rule in [one["rule"] for one in payload["violations"]] or ["done"])


async def test_concurrent_creates_with_one_name_leave_one_group(api: Api) -> None:
    site = await make_site()
    names = ["Sales", "SALES", " sales ", "sAlEs"]

    made = await asyncio.gather(
        *(api.mutate("createPickupGroup", RULES, siteId=site.id, name=names[n % 4]) for n in range(TASKS))
    )

    assert outcomes(made) == {"done": 1, "NAME_TAKEN": TASKS - 1}
    found = (await api.ask(HISTORY, id=site.id))["site"]
    assert (found["revision"], found["changes"]["totalCount"], len(found["pickupGroups"]["nodes"])) == (1, 1, 1)


async def test_concurrent_adds_of_one_user_leave_one_membership(api: Api) -> None:
    site = await make_site()
    user = await make_user(site, exempt=True)
    groups = [await make_group(site, f"Group {number}") for number in range(TASKS)]

    answers = await asyncio.gather(
        *(
            api.mutate(
                "addPickupGroupMembers",
                f"bargeInExemptionsCleared {{ id }} {RULES}",
                id=group.id,
                userIds=[user.id],
            )
            for group in groups
        )
    )

    assert outcomes(answers) == {"done": 1, "MEMBER_IN_ANOTHER_GROUP": TASKS - 1}
    assert sum(len(payload["bargeInExemptionsCleared"]) for payload in answers) == 1
    assert (await api.ask(HISTORY, id=site.id))["site"]["revision"] == 1


async def test_concurrent_changes_of_one_version_leave_one(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    users = await make_users(site, TASKS)

    answers = await asyncio.gather(
        *(
            api.mutate(
                "setPickupGroupMembers",
                f"pickupGroup {{ version memberCount }} {RULES}",
                id=group.id,
                userIds=[user.id],
                expectedVersion=1,
            )
            for user in users
        )
    )

    assert outcomes(answers) == {"done": 1, "VERSION_CONFLICT": TASKS - 1}
    assert [payload["pickupGroup"] for payload in answers] == [{"version": 2, "memberCount": 1}] * TASKS


async def test_concurrent_adds_all_succeed(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    users = await make_users(site, TASKS)

    answers = await asyncio.gather(
        *(
            api.mutate("addPickupGroupMembers", f"pickupGroup {{ version }} {RULES}", id=group.id, userIds=[user.id])
            for user in users
        )
    )

    assert outcomes(answers) == {"done": TASKS}
    assert sorted(payload["pickupGroup"]["version"] for payload in answers) == list(range(2, TASKS + 2))
    (stored,) = (await api.ask(HISTORY, id=site.id))["site"]["pickupGroups"]["nodes"]
    assert (stored["version"], stored["memberCount"]) == (TASKS + 1, TASKS)


async def test_concurrent_deletes_of_one_group_leave_one(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    await make_users(site, 3, group=group)

    answers = await asyncio.gather(
        *(api.mutate("deletePickupGroup", f"released {{ id }} {RULES}", id=group.id) for _ in range(TASKS))
    )

    assert outcomes(answers) == {"done": 1, "NOT_FOUND": TASKS - 1}
    assert sorted(len(payload["released"]) for payload in answers) == [0] * (TASKS - 1) + [3]


async def test_concurrent_moves_never_deadlock(api: Api) -> None:
    site = await make_site()
    groups = [await make_group(site, name) for name in ("A", "B", "C")]
    users = await make_users(site, 6)

    answers = await asyncio.gather(
        *(
            api.mutate(
                "setPickupGroupMembers",
                f"pickupGroup {{ memberCount }} {RULES}",
                id=groups[number % 3].id,
                userIds=[user.id for user in users],
                moveMembers=True,
            )
            for number in range(TASKS)
        )
    )

    assert outcomes(answers) == {"done": TASKS}
    assert [payload["pickupGroup"]["memberCount"] for payload in answers] == [6] * TASKS
    stored = (await api.ask(HISTORY, id=site.id))["site"]["pickupGroups"]["nodes"]
    assert sorted(group["memberCount"] for group in stored) == [0, 0, 6]


@pytest.mark.parametrize("seed", range(3))
async def test_concurrent_mutations_leave_gapless_changes_and_hold_rules(api: Api, seed: int) -> None:
    site = await make_site()
    users = await make_users(site, 8)
    made = [
        await api.mutate("createPickupGroup", "pickupGroup { id }", siteId=site.id, name=f"Group {number}")
        for number in range(4)
    ]
    groups = [payload["pickupGroup"]["id"] for payload in made]
    errors: list[Any] = []

    async def administrator(number: int) -> None:
        random = Random(f"{seed} {number}")
        for step in range(5):
            group = random.choice(groups)
            named = {"userIds": [user.id for user in random.sample(users, 3)], "moveMembers": random.random() < 0.5}
            choices: list[tuple[str, dict[str, Any]]] = [
                ("createPickupGroup", {"siteId": site.id, "name": f"New {random.randrange(6)}", **named}),
                ("renamePickupGroup", {"id": group, "name": f"New {random.randrange(6)}"}),
                ("setPickupGroupMembers", {"id": group, **named, "expectedVersion": step + 1}),
                ("addPickupGroupMembers", {"id": group, **named}),
                ("removePickupGroupMembers", {"id": group, **named}),
                ("deletePickupGroup", {"id": group} | ({} if step == 4 else {"expectedVersion": 99})),
            ]
            mutation, arguments = random.choice(choices)
            errors.extend((await api.attempt(mutation, RULES, **arguments)).get("errors", []))

    await asyncio.gather(*(administrator(number) for number in range(TASKS)))

    assert errors == []
    found = (await api.ask(HISTORY, id=site.id))["site"]
    total = found["changes"]["totalCount"]
    assert found["revision"] == total > 10
    revisions = [change["revision"] for change in found["changes"]["nodes"]]
    assert revisions == list(range(total - len(revisions) + 1, total + 1))
    assert await find_problems(api.database) == []
    assert api.database.busy == 0
