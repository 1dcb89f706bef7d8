"""removeUsers: users removed with their memberships, and what is refused."""

from models.caller import Permission
from models.integrity.check import find_problems
from tests.support.api import Api
from tests.support.factories import make_site, make_user
from tests.support.payloads import change, history, members_changed, nothing_changes
from tests.support.provisioning import USERS_REMOVED, ended, group_of, row_not_found, stored_users
from tests.support.serving import serving, token

REMOVE = "removeUsers"


async def test_remove_users_ends_memberships(api: Api) -> None:
    site, other = await make_site(external_id="s1"), await make_site(external_id="s2")
    first, second = await make_user(site, external_id="u1"), await make_user(site, external_id="u2")
    await make_user(site, external_id="free")
    await make_user(other, external_id="far")
    group = await group_of(api, site, "Sales", first, second)

    payload = await api.mutate(REMOVE, USERS_REMOVED, externalIds=["far", "u2", "free", "u2", " u2"])

    assert payload == {
        "removed": 3,
        "membershipsEnded": [ended("u2", group, "REMOVED", version=2, members=1)],
        "violations": [],
    }
    assert await stored_users(api) == {"u1": ("s1", group)}
    assert (await history(api, site))[1:] == [
        members_changed(group, membersRemoved=[second.id]),
        change("DIRECTORY_CHANGED", None),
    ]
    assert await history(api, other) == [change("DIRECTORY_CHANGED", None)]
    assert await find_problems(api.database) == []


async def test_remove_users_rejects_unknown_keys_once(api: Api) -> None:
    await make_user(await make_site(), external_id="u1")

    async with nothing_changes(api):
        payload = await api.mutate(REMOVE, USERS_REMOVED, externalIds=["x", "u1", "x", "", "*", "\ud800"])

    assert payload == {
        "removed": 0,
        "membershipsEnded": [],
        "violations": [
            row_not_found("x", "externalIds", 0),
            row_not_found("", "externalIds", 3),
            row_not_found("*", "externalIds", 4),
            row_not_found("\ud800", "externalIds", 5),
        ],
    }


async def test_remove_users_dry_run_returns_memberships_and_writes_nothing(api: Api) -> None:
    site = await make_site()
    user = await make_user(site, external_id="u1")
    group = await group_of(api, site, "Sales", user)

    async with nothing_changes(api):
        payload = await api.mutate(REMOVE, USERS_REMOVED, externalIds=["u1"], dryRun=True)
        nothing = await api.mutate(REMOVE, USERS_REMOVED, externalIds=[])

    assert payload == {
        "removed": 1,
        "membershipsEnded": [ended("u1", group, "REMOVED", version=1, members=1)],
        "violations": [],
    }
    assert nothing == {"removed": 0, "membershipsEnded": [], "violations": []}


async def test_remove_users_is_of_granted_sites_alone(url: str) -> None:
    async with serving(url, token=token("hr", [Permission.PROVISION], ["ours"])) as api:
        await make_user(await make_site(external_id="theirs"), external_id="taken")
        await make_user(await make_site(external_id="ours"), external_id="mine")

        async with nothing_changes(api):
            refused = await api.mutate(REMOVE, USERS_REMOVED, externalIds=["mine", "taken"])
        removed = await api.mutate(REMOVE, USERS_REMOVED, externalIds=["mine"])

    assert refused["violations"] == [row_not_found("taken", "externalIds", 1)]
    assert removed["removed"] == 1


async def test_remove_users_needs_provision(url: str) -> None:
    async with serving(url, token=token(permissions=[Permission.WRITE])) as api:
        await make_user(await make_site(), external_id="u1")
        async with nothing_changes(api):
            answer = await api.attempt(REMOVE, "removed", externalIds=["u1"])

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_remove_users_takes_at_most_500_keys(api: Api) -> None:
    answer = await api.attempt(REMOVE, "removed", externalIds=["u1"] * 501)

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"] == "removeUsers(externalIds): externalIds has 501 entries, but one call takes at most 500."
