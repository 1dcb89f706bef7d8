"""updatePickupGroup: the name and the members of a group, as one transaction."""

import pytest

from models.user import StationType
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user, make_users
from tests.support.payloads import (
    MEMBERS,
    broken,
    change,
    history,
    ids,
    invalid_name,
    members_changed,
    name_taken,
    not_found,
    nothing_changes,
)

UPDATE = "updatePickupGroup"


async def test_update_renames_adds_and_removes_in_one_transaction(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Sales", created_at="2020-01-01T00:00:00.000000Z")
    leaves, stays = [await make_user(site, last_name=name, group=group) for name in ("Leaves", "Stays")]
    joins = await make_user(site, last_name="Joins", exempt=True)

    payload = await api.mutate(
        UPDATE, MEMBERS, id=group.id, name=" Ventes ", addUserIds=[joins.id], removeUserIds=[leaves.id],
        expectedVersion=1,
    )  # fmt: skip

    assert payload["violations"] == []
    assert (ids(payload["added"]), ids(payload["removed"])) == ([joins.id], [leaves.id])
    assert ids(payload["bargeInExemptionsCleared"]) == [joins.id]
    found = payload["pickupGroup"]
    assert (found["name"], found["version"], found["site"]["revision"]) == ("Ventes", 3, 2)
    assert ids(found["members"]["nodes"]) == [joins.id, stays.id]
    assert found["updatedAt"] > "2020-01-02"
    assert await history(api, site) == [
        change("PICKUP_GROUP_RENAMED", group.id, nameBefore="Sales", nameAfter="Ventes"),
        members_changed(
            group.id, membersAdded=[joins.id], membersRemoved=[leaves.id], bargeInExemptionsCleared=[joins.id]
        ),
    ]


@pytest.mark.parametrize("name", [{}, {"name": None}, {"name": "Sales"}])
async def test_update_without_another_name_changes_members_alone(api: Api, name: dict[str, str | None]) -> None:
    site = await make_site()
    group, user = await make_group(site, "Sales"), await make_user(site)

    payload = await api.mutate(UPDATE, MEMBERS, id=group.id, addUserIds=[user.id], **name)

    assert (payload["pickupGroup"]["name"], payload["pickupGroup"]["version"]) == ("Sales", 2)
    assert await history(api, site) == [members_changed(group.id, membersAdded=[user.id])]


async def test_update_without_members_renames_alone(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Sales")

    payload = await api.mutate(UPDATE, MEMBERS, id=group.id, name="SALES")

    assert (payload["pickupGroup"]["name"], payload["pickupGroup"]["version"]) == ("SALES", 2)
    assert await history(api, site) == [change("PICKUP_GROUP_RENAMED", group.id, nameBefore="Sales", nameAfter="SALES")]


async def test_update_that_changes_nothing_records_nothing(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Sales")
    member, free = await make_user(site, group=group), await make_user(site)

    async with nothing_changes(api):
        payload = await api.mutate(
            UPDATE, MEMBERS, id=group.id, name="Sales", addUserIds=[member.id], removeUserIds=[free.id, member.id]
        )

    assert (payload["violations"], payload["added"], payload["removed"]) == ([], [], [])
    assert payload["pickupGroup"]["version"] == 1


async def test_update_joins_user_who_is_to_join_and_to_leave(api: Api) -> None:
    site = await make_site()
    group, user = await make_group(site), await make_user(site)

    payload = await api.mutate(UPDATE, MEMBERS, id=group.id, addUserIds=[user.id, user.id], removeUserIds=[user.id])

    assert (ids(payload["added"]), payload["removed"]) == ([user.id], [])


async def test_update_moves_members_of_other_groups(api: Api) -> None:
    site = await make_site()
    group, other = await make_group(site), await make_group(site, "Other")
    user = await make_user(site, group=other)

    async with nothing_changes(api):
        refused = await api.mutate(UPDATE, MEMBERS, id=group.id, name="Neu", addUserIds=[user.id])
    payload = await api.mutate(UPDATE, MEMBERS, id=group.id, name="Neu", addUserIds=[user.id], moveMembers=True)

    assert broken(refused) == [("MEMBER_IN_ANOTHER_GROUP", ["input", "addUserIds", "0"])]
    assert refused["violations"][0]["pickupGroup"] == {"id": other.id, "name": other.name}
    assert ids(payload["added"]) == [user.id]
    assert await history(api, site) == [
        change("PICKUP_GROUP_RENAMED", group.id, nameBefore=group.name, nameAfter="Neu"),
        members_changed(other.id, membersRemoved=[user.id]),
        members_changed(group.id, membersAdded=[user.id]),
    ]


async def test_update_returns_all_violations_and_changes_nothing(api: Api) -> None:
    site, far = await make_site(), await make_site()
    group, taken = await make_group(site, "Sales"), await make_group(site, "Taken")
    free, fax = await make_user(site), await make_user(site, station=StationType.FAX)
    stranger = await make_user(far)

    async with nothing_changes(api):
        payload = await api.mutate(
            UPDATE, MEMBERS, id=group.id, name="taken", addUserIds=[free.id, fax.id, stranger.id, "User:0"],
            removeUserIds=["x"], expectedVersion=7,
        )  # fmt: skip

    assert payload["violations"][0] == name_taken(taken)
    assert broken(payload)[1:] == [
        ("VERSION_CONFLICT", ["input", "expectedVersion"]),
        ("STATION_NOT_ELIGIBLE", ["input", "addUserIds", "1"]),
        ("MEMBER_ON_ANOTHER_SITE", ["input", "addUserIds", "2"]),
        ("NOT_FOUND", ["input", "addUserIds", "3"]),
        ("NOT_FOUND", ["input", "removeUserIds", "0"]),
    ]


async def test_update_of_unknown_group_still_checks_name_and_users(api: Api) -> None:
    payload = await api.mutate(
        UPDATE, MEMBERS, id="PickupGroup:0", name="", addUserIds=["User:0"], removeUserIds=["User:0"]
    )

    assert payload["pickupGroup"] is None
    assert payload["violations"] == [
        not_found("PickupGroup:0", "id"),
        invalid_name("NAME_REQUIRED"),
        not_found("User:0", "addUserIds", "0"),
        not_found("User:0", "removeUserIds", "0"),
    ]


async def test_dry_update_tells_what_would_happen(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Sales")
    leaves, joins = await make_user(site, group=group), await make_user(site, exempt=True)

    async with nothing_changes(api):
        payload = await api.mutate(
            UPDATE, MEMBERS, id=group.id, name="Other", addUserIds=[joins.id], removeUserIds=[leaves.id], dryRun=True
        )

    assert (payload["violations"], payload["pickupGroup"]["name"]) == ([], "Sales")
    assert (ids(payload["added"]), ids(payload["removed"])) == ([joins.id], [leaves.id])
    assert ids(payload["bargeInExemptionsCleared"]) == [joins.id]


@pytest.mark.parametrize("argument", ["addUserIds", "removeUserIds"])
async def test_update_takes_at_most_1000_users_in_each_list(api: Api, argument: str) -> None:
    site = await make_site()
    group = await make_group(site)
    users = await make_users(site, 1000)
    many = [user.id for user in users]

    payload = await api.mutate(UPDATE, MEMBERS, id=group.id, **{argument: many})
    answer = await api.attempt(UPDATE, MEMBERS, id=group.id, **{argument: [*many, many[0]]})

    assert (payload["violations"], len(payload["added"])) == ([], 1000 if argument == "addUserIds" else 0)
    (error,) = answer["errors"]
    assert error["message"] == f"{UPDATE}({argument}): {argument} has 1001 ids, but one call takes at most 1000."


async def test_changes_of_group_are_its_own_in_order(api: Api) -> None:
    site = await make_site()
    group, other = await make_group(site), await make_group(site, "Other")
    await api.mutate(UPDATE, "violations { rule }", id=group.id, name="A")
    await api.mutate(UPDATE, "violations { rule }", id=other.id, name="B")
    await api.mutate(UPDATE, "violations { rule }", id=group.id, name="C")

    answer = await api.ask(
        "query($id: ID!) { pickupGroup(id: $id) { changes(last: 5) { totalCount nodes { revision nameAfter } } } }",
        id=group.id,
    )

    nodes = [{"revision": 1, "nameAfter": "A"}, {"revision": 3, "nameAfter": "C"}]
    assert answer["pickupGroup"]["changes"] == {"totalCount": 2, "nodes": nodes}
