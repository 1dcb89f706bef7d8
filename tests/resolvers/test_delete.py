"""deletePickupGroup: the members released, the history that stays, and what is refused."""

from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user
from tests.support.payloads import DELETED, change, history, not_found, nothing_changes, version_conflict

DELETE = "deletePickupGroup"


async def test_delete_group_releases_members(api: Api) -> None:
    site = await make_site()
    group, other = await make_group(site, "Sales"), await make_group(site, "Other")
    z, a = await make_user(site, last_name="Zola", group=group), await make_user(site, last_name="Abel", group=group)
    stays = await make_user(site, group=other)

    payload = await api.mutate(DELETE, DELETED, id=group.id)

    assert payload["deletedId"] == group.id
    assert payload["violations"] == []
    assert payload["released"] == [
        {"id": user.id, "bargeInExempt": False, "pickupStatus": "AVAILABLE", "pickupGroup": None} for user in (a, z)
    ]
    found = await api.ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on User { pickupGroup { id version } } } }",
        ids=[group.id, stays.id],
    )
    assert found["nodes"] == [None, {"id": stays.id, "pickupGroup": {"id": other.id, "version": 1}}]
    assert await history(api, site) == [
        change("PICKUP_GROUP_DELETED", group.id, nameBefore="Sales", membersRemoved=[z.id, a.id])
    ]


async def test_delete_group_without_members(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)

    payload = await api.mutate(DELETE, DELETED, id=group.id)

    assert payload == {"deletedId": group.id, "released": [], "violations": []}
    assert await history(api, site) == [change("PICKUP_GROUP_DELETED", group.id, nameBefore="Sales")]


async def test_delete_group_twice_is_not_found(api: Api) -> None:
    group = await make_group(await make_site())
    await api.mutate(DELETE, DELETED, id=group.id)

    async with nothing_changes(api):
        again = await api.mutate(DELETE, DELETED, id=group.id, expectedVersion=1)

    assert again == {"deletedId": None, "released": [], "violations": [not_found(group.id, "id")]}


async def test_delete_group_rejects_stale_expected_version(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    await make_user(site, group=group)

    async with nothing_changes(api):
        wrong = await api.mutate(DELETE, DELETED, id=group.id, expectedVersion=2)
    right = await api.mutate(DELETE, DELETED, id=group.id, expectedVersion=1)

    assert wrong == {"deletedId": None, "released": [], "violations": [version_conflict(1)]}
    assert right["deletedId"] == group.id


async def test_delete_group_rejects_unknown_id(api: Api) -> None:
    site = await make_site()
    user = await make_user(site, group=await make_group(site))
    wrong = ["", site.id, user.id, "PickupGroup:99", "PickupGroup:0", "PickupGroup:\ud800", "1"]

    async with nothing_changes(api):
        answers = [await api.mutate(DELETE, DELETED, id=one) for one in wrong]

    assert answers == [{"deletedId": None, "released": [], "violations": [not_found(one, "id")]} for one in wrong]


async def test_delete_group_dry_run_returns_released_and_writes_nothing(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    user = await make_user(site, group=group)

    async with nothing_changes(api):
        payload = await api.mutate(DELETE, DELETED, id=group.id, expectedVersion=1, dryRun=True)
        refused = await api.mutate(DELETE, DELETED, id=group.id, expectedVersion=2, dryRun=True)

    still = {"id": user.id, "bargeInExempt": False, "pickupStatus": "ASSIGNED", "pickupGroup": {"id": group.id}}
    assert payload == {"deletedId": None, "released": [still], "violations": []}
    assert refused == {"deletedId": None, "released": [], "violations": [version_conflict(1)]}
