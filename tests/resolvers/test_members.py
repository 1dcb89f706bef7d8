"""set, add and removePickupGroupMembers: who joins, who leaves, and what is refused."""

import pytest

from models.user import StationType, User
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user, make_users
from tests.support.payloads import (
    MEMBERS,
    Payload,
    history,
    ids,
    in_another_group,
    members_changed,
    not_eligible,
    not_found,
    nothing_changes,
    on_another_site,
    version_conflict,
)

SET, ADD, REMOVE = "setPickupGroupMembers", "addPickupGroupMembers", "removePickupGroupMembers"
JOINING, ALL = (SET, ADD), (SET, ADD, REMOVE)


def moved(payload: Payload) -> tuple[list[str], list[str], list[str]]:
    """Who was added, removed, and lost their exemption."""
    return ids(payload["added"]), ids(payload["removed"]), ids(payload["bargeInExemptionsCleared"])


def ids_of(users: list[User]) -> list[str]:
    return [user.id for user in users]


def members(payload: Payload) -> list[str]:
    return ids(payload["pickupGroup"]["members"]["nodes"])


async def test_set_members_replaces_members(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, created_at="2020-01-01T00:00:00.000000Z")
    b, a, stays = [await make_user(site, last_name=name, group=group) for name in ("B", "A", "Stays")]
    y, x = await make_user(site, last_name="Y"), await make_user(site, last_name="X", exempt=True)

    payload = await api.mutate(SET, MEMBERS, id=group.id, userIds=[y.id, stays.id, x.id, y.id])

    assert payload["violations"] == []
    assert moved(payload) == ([y.id, x.id], [a.id, b.id], [x.id])
    assert members(payload) == [stays.id, x.id, y.id]
    assert (payload["pickupGroup"]["version"], payload["pickupGroup"]["memberCount"]) == (2, 3)
    assert payload["pickupGroup"]["updatedAt"] > "2020-01-02"
    assert payload["added"][0] == {
        "id": y.id,
        "bargeInExempt": False,
        "pickupStatus": "ASSIGNED",
        "pickupGroup": {"id": group.id},
    }
    assert payload["removed"][0] == {
        "id": a.id,
        "bargeInExempt": False,
        "pickupStatus": "AVAILABLE",
        "pickupGroup": None,
    }
    assert await history(api, site) == [
        members_changed(
            group.id, membersAdded=[y.id, x.id], membersRemoved=[b.id, a.id], bargeInExemptionsCleared=[x.id]
        )
    ]


async def test_set_members_to_empty_list_removes_all(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    user = await make_user(site, group=group)

    payload = await api.mutate(SET, MEMBERS, id=group.id, userIds=[])

    assert (moved(payload), members(payload)) == (([], [user.id], []), [])
    assert await history(api, site) == [members_changed(group.id, membersRemoved=[user.id])]


async def test_add_members_ignores_present_members(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    member, one, other = await make_user(site, group=group), await make_user(site), await make_user(site)

    payload = await api.mutate(ADD, MEMBERS, id=group.id, userIds=[other.id, member.id, one.id, other.id])

    assert payload["violations"] == []
    assert moved(payload) == ([other.id, one.id], [], [])
    assert payload["pickupGroup"]["memberCount"] == 3
    assert await history(api, site) == [members_changed(group.id, membersAdded=[one.id, other.id])]


async def test_remove_members_ignores_users_outside_group(api: Api) -> None:
    site, far = await make_site(), await make_site()
    group, other = await make_group(site), await make_group(site, "Other")
    z, a = await make_user(site, last_name="Z", group=group), await make_user(site, last_name="A", group=group)
    free, busy = await make_user(site), await make_user(site, group=other)
    fax = await make_user(site, station=StationType.FAX)
    foreign = await make_user(far, station=StationType.FAX)
    named = [free, z, busy, foreign, fax, a, z]

    payload = await api.mutate(REMOVE, MEMBERS, id=group.id, userIds=ids_of(named), moveMembers=True)

    assert payload["violations"] == []
    assert moved(payload) == ([], [a.id, z.id], [])
    assert await history(api, site) == [members_changed(group.id, membersRemoved=[z.id, a.id])]


@pytest.mark.parametrize("mutation", ALL)
async def test_member_mutation_without_effect_writes_nothing(api: Api, mutation: str) -> None:
    site = await make_site()
    group, other = await make_group(site), await make_group(site, "Other")
    users = await make_users(site, 2, group=group)
    free, busy = await make_user(site), await make_user(site, group=other)
    named = {SET: [*users, users[0]], ADD: users[:1], REMOVE: [free, busy]}[mutation]

    async with nothing_changes(api):
        payload = await api.mutate(mutation, MEMBERS, id=group.id, userIds=ids_of(named), expectedVersion=1)
        conflict = await api.mutate(mutation, MEMBERS, id=group.id, userIds=ids_of(named), expectedVersion=2)

    assert (payload["violations"], moved(payload)) == ([], ([], [], []))
    assert payload["pickupGroup"]["version"] == 1
    assert payload["pickupGroup"]["site"] == {"id": site.id, "revision": 0}
    assert conflict["violations"] == [version_conflict(1)]


@pytest.mark.parametrize("mutation", [ADD, REMOVE])
async def test_add_and_remove_no_members_writes_nothing(api: Api, mutation: str) -> None:
    site = await make_site()
    group = await make_group(site)
    user = await make_user(site, group=group)

    async with nothing_changes(api):
        payload = await api.mutate(mutation, MEMBERS, id=group.id, userIds=[])

    assert (payload["violations"], members(payload)) == ([], [user.id])


@pytest.mark.parametrize("mutation", ALL)
async def test_member_mutation_rejects_stale_expected_version(api: Api, mutation: str) -> None:
    site = await make_site()
    group = await make_group(site)
    member, free = await make_user(site, group=group), await make_user(site)
    named = [member.id] if mutation == REMOVE else [free.id]

    async with nothing_changes(api):
        early = await api.mutate(mutation, MEMBERS, id=group.id, userIds=named, expectedVersion=2)
        zero = await api.mutate(mutation, MEMBERS, id=group.id, userIds=named, expectedVersion=0)
    right = await api.mutate(mutation, MEMBERS, id=group.id, userIds=named, expectedVersion=1)
    late = await api.mutate(mutation, MEMBERS, id=group.id, userIds=named, expectedVersion=1)

    assert early["violations"] == zero["violations"] == [version_conflict(1)]
    assert (moved(early), members(early)) == (([], [], []), [member.id])
    assert (right["violations"], right["pickupGroup"]["version"]) == ([], 2)
    assert (late["violations"], late["pickupGroup"]) == ([version_conflict(2)], right["pickupGroup"])


@pytest.mark.parametrize("mutation", JOINING)
async def test_member_mutation_reports_all_violations_together(api: Api, mutation: str) -> None:
    site, far = await make_site(), await make_site()
    group, other, far_group = await make_group(site), await make_group(site, "Other"), await make_group(far, "Far")
    member, free = await make_user(site, group=group), await make_user(site)
    busy = await make_user(site, "Ann", "Busy", group=other)
    room = await make_user(site, station=StationType.CONFERENCE_ROOM)
    foreign, foreign_member = await make_user(far), await make_user(far, group=far_group)
    foreign_fax = await make_user(far, station=StationType.FAX)
    before, after = [free, busy], [room, foreign, member, foreign_fax, foreign_member, busy]
    named = [*ids_of(before), "?", *ids_of(after), "?", room.id, foreign.id]

    async with nothing_changes(api):
        payload = await api.mutate(
            mutation,
            MEMBERS,
            id=group.id,
            userIds=named,
            expectedVersion=5,
        )

    assert payload["violations"] == [
        version_conflict(1),
        in_another_group(1, busy, other),
        not_found("?", "userIds", "2"),
        not_eligible(3, room),
        on_another_site(4, foreign),
        on_another_site(6, foreign_fax),
        not_eligible(6, foreign_fax),
        on_another_site(7, foreign_member),
    ]
    assert moved(payload) == ([], [], [])
    assert (members(payload), payload["pickupGroup"]["site"]["revision"]) == ([member.id], 0)


@pytest.mark.parametrize("mutation", ALL)
async def test_member_mutation_rejects_invalid_user_ids(api: Api, mutation: str) -> None:
    site = await make_site()
    group = await make_group(site)
    user = await make_user(site, group=group)
    wrong = ["", site.id, group.id, str(user.key), "User:999", "User:9223372036854775808", "User:\ud800", "User:\x00"]

    async with nothing_changes(api):
        payload = await api.mutate(mutation, MEMBERS, id=group.id, userIds=[user.id, *wrong, *wrong])

    assert payload["violations"] == [not_found(one, "userIds", str(place)) for place, one in enumerate(wrong, 1)]
    assert members(payload) == [user.id]


@pytest.mark.parametrize("mutation", ALL)
async def test_member_mutation_of_unknown_group_reports_other_violations(api: Api, mutation: str) -> None:
    site = await make_site()
    busy = await make_user(site, group=await make_group(site))
    fax = await make_user(site, station=StationType.FAX)
    wrong = ["", site.id, busy.id, "PickupGroup:99", "PickupGroup:\ud800"]

    async with nothing_changes(api):
        answers = [
            await api.mutate(mutation, MEMBERS, id=one, userIds=[busy.id, fax.id, "?", fax.id], expectedVersion=9)
            for one in wrong
        ]

    of_users = [] if mutation == REMOVE else [not_eligible(1, fax)]
    of_users += [not_found("?", "userIds", "2")]
    assert [payload["violations"] for payload in answers] == [[not_found(one, "id"), *of_users] for one in wrong]
    assert [payload["pickupGroup"] for payload in answers] == [None] * len(wrong)
    assert [moved(payload) for payload in answers] == [([], [], [])] * len(wrong)


@pytest.mark.parametrize("mutation", JOINING)
async def test_joining_clears_barge_in_exemption_for_good(api: Api, mutation: str) -> None:
    site = await make_site()
    group = await make_group(site)
    user = await make_user(site, exempt=True)

    joined = await api.mutate(mutation, MEMBERS, id=group.id, userIds=[user.id])
    left = await api.mutate(REMOVE, MEMBERS, id=group.id, userIds=[user.id])
    back = await api.mutate(mutation, MEMBERS, id=group.id, userIds=[user.id])

    assert [moved(payload) for payload in (joined, left, back)] == [
        ([user.id], [], [user.id]),
        ([], [user.id], []),
        ([user.id], [], []),
    ]
    assert joined["bargeInExemptionsCleared"] == joined["added"]
    assert left["removed"] == [
        {"id": user.id, "bargeInExempt": False, "pickupStatus": "AVAILABLE", "pickupGroup": None}
    ]
    assert [one["bargeInExemptionsCleared"] for one in await history(api, site)] == [[user.id], [], []]


@pytest.mark.parametrize("mutation", ALL)
async def test_member_mutation_dry_run_returns_outcome_and_writes_nothing(api: Api, mutation: str) -> None:
    site = await make_site()
    group, other = await make_group(site), await make_group(site, "Other")
    member, exempt = await make_user(site, group=group), await make_user(site, exempt=True)
    busy = await make_user(site, group=other)
    named = [member.id] if mutation == REMOVE else [exempt.id, busy.id]

    async with nothing_changes(api):
        payload = await api.mutate(mutation, MEMBERS, id=group.id, userIds=named, moveMembers=True, dryRun=True)

    leaving = [] if mutation == ADD else [member.id]
    assert payload["violations"] == []
    assert moved(payload) == (([], leaving, []) if mutation == REMOVE else (named, leaving, [exempt.id]))
    assert {user["id"]: (user["pickupStatus"], user["bargeInExempt"]) for user in payload["added"]} == (
        {} if mutation == REMOVE else {exempt.id: ("AVAILABLE", True), busy.id: ("ASSIGNED", False)}
    )
    assert [user["pickupGroup"] for user in payload["removed"]] == [{"id": group.id} for _ in leaving]
    assert (members(payload), payload["pickupGroup"]["version"]) == ([member.id], 1)
    assert payload["pickupGroup"]["site"] == {"id": site.id, "revision": 0}


@pytest.mark.parametrize("mutation", JOINING)
async def test_member_mutation_dry_run_checks_every_rule(api: Api, mutation: str) -> None:
    site = await make_site()
    group, other = await make_group(site), await make_group(site, "Other")
    busy, fax = await make_user(site, group=other), await make_user(site, station=StationType.FAX)

    async with nothing_changes(api):
        payload = await api.mutate(
            mutation, MEMBERS, id=group.id, userIds=[busy.id, fax.id], expectedVersion=3, dryRun=True
        )

    assert payload["violations"] == [version_conflict(1), in_another_group(0, busy, other), not_eligible(1, fax)]


@pytest.mark.parametrize("mutation", ALL)
async def test_member_mutation_rejects_more_than_1000_user_ids(api: Api, mutation: str) -> None:
    site = await make_site()
    group = await make_group(site)
    user = await make_user(site)

    async with nothing_changes(api):
        answer = await api.attempt(mutation, "violations { rule }", id="?", userIds=["?"] * 1001, dryRun=True)
    allowed = await api.mutate(mutation, "violations { rule }", id=group.id, userIds=[user.id] * 1000)

    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["path"]) == ("BAD_USER_INPUT", [mutation])
    assert allowed == {"violations": []}
