"""The change log that mutations write: one change per revision, which stays as it is when its group changes again."""

from datetime import datetime

from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user
from tests.support.payloads import change, history, members_changed, nothing_changes

HISTORY = """query($id: ID!, $first: Int, $after: String) { site(id: $id) { revision
  changes(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
    id revision kind occurredAt site { id } pickupGroupId pickupGroup { id name version } } } } }"""


async def test_changes_record_group_from_creation_to_deletion(api: Api) -> None:
    site = await make_site()
    one, other = await make_user(site, exempt=True), await make_user(site)

    created = await api.mutate("createPickupGroup", "pickupGroup { id }", siteId=site.id, name="A", userIds=[one.id])
    group = created["pickupGroup"]["id"]
    await api.mutate("renamePickupGroup", "violations { rule }", id=group, name="B")
    await api.mutate("addPickupGroupMembers", "violations { rule }", id=group, userIds=[other.id])
    await api.mutate("removePickupGroupMembers", "violations { rule }", id=group, userIds=[one.id])
    await api.mutate("setPickupGroupMembers", "violations { rule }", id=group, userIds=[one.id])
    await api.mutate("deletePickupGroup", "deletedId", id=group)

    assert await history(api, site) == [
        change("PICKUP_GROUP_CREATED", group, nameAfter="A", membersAdded=[one.id], bargeInExemptionsCleared=[one.id]),
        change("PICKUP_GROUP_RENAMED", group, nameBefore="A", nameAfter="B"),
        members_changed(group, membersAdded=[other.id]),
        members_changed(group, membersRemoved=[one.id]),
        members_changed(group, membersAdded=[one.id], membersRemoved=[other.id]),
        change("PICKUP_GROUP_DELETED", group, nameBefore="B", membersRemoved=[one.id]),
    ]


async def test_change_pickup_group_is_current_and_null_after_deletion(api: Api) -> None:
    site = await make_site()
    group, other = await make_group(site, "Sales"), await make_group(site, "Other")
    await api.mutate("renamePickupGroup", "violations { rule }", id=group.id, name="A")
    await api.mutate("renamePickupGroup", "violations { rule }", id=other.id, name="B")
    await api.mutate("renamePickupGroup", "violations { rule }", id=other.id, name="C")

    before = (await api.ask(HISTORY, id=site.id))["site"]["changes"]["nodes"]
    await api.mutate("deletePickupGroup", "deletedId", id=group.id)
    after = (await api.ask(HISTORY, id=site.id))["site"]["changes"]["nodes"]

    current = {"id": other.id, "name": "C", "version": 3}
    assert [one["pickupGroup"] for one in before] == [{"id": group.id, "name": "A", "version": 2}, current, current]
    assert [one["pickupGroup"] for one in after] == [None, current, current, None]
    assert [one["pickupGroupId"] for one in after] == [group.id, other.id, other.id, group.id]


async def test_revision_counts_per_site(api: Api) -> None:
    site, other = await make_site(), await make_site()
    group, far = await make_group(site), await make_group(other)

    for name in ("A", "B"):
        await api.mutate("renamePickupGroup", "violations { rule }", id=group.id, name=name)
        await api.mutate("renamePickupGroup", "violations { rule }", id=far.id, name=name)

    for one in (site, other):
        found = (await api.ask(HISTORY, id=one.id))["site"]
        assert (found["revision"], found["changes"]["totalCount"]) == (2, 2)
        assert [change["revision"] for change in found["changes"]["nodes"]] == [1, 2]
        assert [change["site"] for change in found["changes"]["nodes"]] == [{"id": one.id}] * 2


async def test_changes_pages_stay_while_changes_are_added(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    for name in "ABC":
        await api.mutate("renamePickupGroup", "violations { rule }", id=group.id, name=name)

    page = (await api.ask(HISTORY, id=site.id, first=2))["site"]["changes"]
    await api.mutate("renamePickupGroup", "violations { rule }", id=group.id, name="D")
    rest = (await api.ask(HISTORY, id=site.id, first=2, after=page["pageInfo"]["endCursor"]))["site"]["changes"]

    assert [one["revision"] for one in page["nodes"]] == [1, 2]
    assert [one["revision"] for one in rest["nodes"]] == [3, 4]
    assert (page["totalCount"], rest["totalCount"]) == (3, 4)
    assert (page["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)


async def test_changes_of_one_mutation_share_occurred_at(api: Api) -> None:
    site = await make_site()
    losing, group = await make_group(site, "Losing"), await make_group(site)
    user = await make_user(site, group=losing)

    payload = await api.mutate(
        "addPickupGroupMembers", "pickupGroup { updatedAt }", id=group.id, userIds=[user.id], moveMembers=True
    )
    changes = (await api.ask(HISTORY, id=site.id))["site"]["changes"]["nodes"]

    assert [one["occurredAt"] for one in changes] == [payload["pickupGroup"]["updatedAt"]] * 2
    assert datetime.fromisoformat(changes[0]["occurredAt"]).utcoffset() is not None
    assert changes[0]["occurredAt"].endswith("Z")


async def test_node_returns_change(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    await api.mutate("deletePickupGroup", "deletedId", id=group.id)
    (recorded,) = (await api.ask(HISTORY, id=site.id))["site"]["changes"]["nodes"]

    found = await api.ask(
        "query($id: ID!) { node(id: $id) { id ... on Change { kind nameBefore } } }", id=recorded["id"]
    )

    assert found["node"] == {"id": recorded["id"], "kind": "PICKUP_GROUP_DELETED", "nameBefore": "Sales"}


async def test_mutation_rejects_id_of_change(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    await api.mutate("renamePickupGroup", "violations { rule }", id=group.id, name="A")

    async with nothing_changes(api):
        payload = await api.mutate("deletePickupGroup", "violations { rule }", id="Change:1")

    assert payload["violations"] == [{"rule": "NOT_FOUND"}]
