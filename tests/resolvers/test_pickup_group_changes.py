"""Mutations: every rule holding and broken, and nothing changed after a refusal."""

from typing import Any

import pytest

from models.user import StationType
from tests.api import Api
from tests.factories import make_group, make_site, make_user

V = "violations { rule path message __typename }"
GROUP = "pickupGroup { id name version memberCount site { revision } }"
MEMBERS = (
    f"{GROUP} added {{ id bargeInExempt }} removed {{ id pickupStatus }} "
    f"bargeInExemptionsCleared {{ id bargeInExempt }} {V}"
)
CHANGES = """query($id: ID!) { site(id: $id) { revision changes { nodes {
  revision kind pickupGroupId nameBefore nameAfter membersAdded membersRemoved bargeInExemptionsCleared } } } }"""


def broken(payload: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(one["rule"], one["path"]) for one in payload["violations"]]


async def history(api: Api, site_id: str) -> list[dict[str, Any]]:
    """The site's changes, whose revisions must be gapless up to the site's own."""
    site = (await api.ask(CHANGES, id=site_id))["site"]
    changes: list[dict[str, Any]] = site["changes"]["nodes"]
    assert [one["revision"] for one in changes] == list(range(1, site["revision"] + 1))
    return changes


async def test_create_names_the_group_and_clears_exemptions(api: Api) -> None:
    site = await make_site()
    plain, exempt = await make_user(site), await make_user(site, exempt=True)

    payload = await api.mutate(
        "createPickupGroup",
        f"{GROUP} bargeInExemptionsCleared {{ id bargeInExempt }} {V}",
        siteId=site.id,
        name="  Équipe  ",
        userIds=[plain.id, exempt.id, plain.id],
    )

    group = payload["pickupGroup"]
    assert (group["name"], group["version"], group["memberCount"]) == ("Équipe", 1, 2)
    assert payload["bargeInExemptionsCleared"] == [{"id": exempt.id, "bargeInExempt": False}]
    (change,) = await history(api, site.id)
    assert change["kind"] == "PICKUP_GROUP_CREATED"
    assert (change["nameBefore"], change["nameAfter"]) == (None, "Équipe")
    assert change["membersAdded"] == [plain.id, exempt.id]
    assert change["bargeInExemptionsCleared"] == [exempt.id]


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("", ["NAME_REQUIRED"]),
        (" \u200b\t ", ["NAME_REQUIRED"]),
        ("x" * 81, ["NAME_TOO_LONG"]),
        ("a\u202eb", ["NAME_INVALID"]),
        ("a\ud800", ["NAME_INVALID"]),
        ("a\nb" + "x" * 80, ["NAME_TOO_LONG", "NAME_INVALID"]),
    ],
)
async def test_a_bad_name_is_refused(api: Api, name: str, rules: list[str]) -> None:
    site = await make_site()
    group = await make_group(site)

    created = await api.mutate("createPickupGroup", f"{GROUP} {V}", siteId=site.id, name=name)
    renamed = await api.mutate("renamePickupGroup", f"{GROUP} {V}", id=group.id, name=name)

    expected = [(rule, ["input", "name"]) for rule in rules]
    assert created["pickupGroup"] is None
    assert broken(created) == broken(renamed) == expected
    assert renamed["pickupGroup"]["name"] == "Sales"
    assert await history(api, site.id) == []


async def test_a_name_taken_in_other_letters_is_refused_on_the_same_site_alone(api: Api) -> None:
    site, other = await make_site(), await make_site()
    group, taken = await make_group(site), await make_group(site, "Straße 1")

    refused = await api.mutate(
        "renamePickupGroup",
        f"{GROUP} violations {{ rule path ... on NameTaken {{ pickupGroup {{ id }} }} }}",
        id=group.id,
        name="STRASSE   1",
    )
    elsewhere = await api.mutate("createPickupGroup", f"{GROUP} {V}", siteId=other.id, name="Straße 1")

    assert refused["violations"] == [{"rule": "NAME_TAKEN", "path": ["input", "name"], "pickupGroup": {"id": taken.id}}]
    assert elsewhere["violations"] == []
    assert await history(api, site.id) == []


async def test_rename_keeps_the_id_and_may_change_the_case_of_its_own_name(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)

    await api.mutate("renamePickupGroup", V, id=group.id, name="SALES")
    same = await api.mutate("renamePickupGroup", f"{GROUP} {V}", id=group.id, name=" SALES ", expectedVersion=2)

    assert same["pickupGroup"] == {
        "id": group.id,
        "name": "SALES",
        "version": 2,
        "memberCount": 0,
        "site": {"revision": 1},
    }
    (change,) = await history(api, site.id)
    assert (change["kind"], change["nameBefore"], change["nameAfter"]) == ("PICKUP_GROUP_RENAMED", "Sales", "SALES")


async def test_set_reports_who_joined_and_left_and_a_second_call_changes_nothing(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    leaving = await make_user(site, group=group)
    joining = await make_user(site, exempt=True)

    first = await api.mutate("setPickupGroupMembers", MEMBERS, id=group.id, userIds=[joining.id])
    second = await api.mutate("setPickupGroupMembers", MEMBERS, id=group.id, userIds=[joining.id])

    assert [one["id"] for one in first["added"]] == [joining.id]
    assert first["removed"] == [{"id": leaving.id, "pickupStatus": "AVAILABLE"}]
    assert [one["id"] for one in first["bargeInExemptionsCleared"]] == [joining.id]
    assert (second["added"], second["removed"], second["pickupGroup"]) == ([], [], first["pickupGroup"])
    assert len(await history(api, site.id)) == 1


async def test_leaving_does_not_bring_an_exemption_back(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    user = await make_user(site, exempt=True)

    await api.mutate("addPickupGroupMembers", V, id=group.id, userIds=[user.id])
    payload = await api.mutate(
        "removePickupGroupMembers", "removed { id bargeInExempt }", id=group.id, userIds=[user.id]
    )

    assert payload["removed"] == [{"id": user.id, "bargeInExempt": False}]


async def test_every_broken_rule_of_members_has_its_place(api: Api) -> None:
    site, other = await make_site(), await make_site()
    group, another = await make_group(site), await make_group(site, "Another")
    busy = await make_user(site, group=another)
    fax = await make_user(site, station=StationType.FAX)
    foreign_fax = await make_user(other, station=StationType.FAX)
    ids = [busy.id, fax.id, foreign_fax.id, "nobody", busy.id]

    payload = await api.mutate(
        "addPickupGroupMembers",
        """pickupGroup { version memberCount } violations { rule path ... on MemberInAnotherGroup { user { id }
        pickupGroup { id } } ... on MemberOnAnotherSite { user { id } } ... on StationNotEligible { user { id } }
        ... on NotFound { id } ... on VersionConflict { currentVersion } }""",
        id=group.id,
        userIds=ids,
        expectedVersion=7,
    )

    assert payload["violations"] == [
        {"rule": "VERSION_CONFLICT", "path": ["input", "expectedVersion"], "currentVersion": 1},
        {
            "rule": "MEMBER_IN_ANOTHER_GROUP",
            "path": ["input", "userIds", "0"],
            "user": {"id": busy.id},
            "pickupGroup": {"id": another.id},
        },
        {"rule": "STATION_NOT_ELIGIBLE", "path": ["input", "userIds", "1"], "user": {"id": fax.id}},
        {"rule": "MEMBER_ON_ANOTHER_SITE", "path": ["input", "userIds", "2"], "user": {"id": foreign_fax.id}},
        {"rule": "STATION_NOT_ELIGIBLE", "path": ["input", "userIds", "2"], "user": {"id": foreign_fax.id}},
        {"rule": "NOT_FOUND", "path": ["input", "userIds", "3"], "id": "nobody"},
    ]
    assert payload["pickupGroup"] == {"version": 1, "memberCount": 0}
    assert await history(api, site.id) == []


async def test_move_members_records_a_change_for_each_group_those_that_lose_first(api: Api) -> None:
    site = await make_site()
    losing, group = await make_group(site, "Losing"), await make_group(site)
    user = await make_user(site, group=losing)

    payload = await api.mutate("addPickupGroupMembers", MEMBERS, id=group.id, userIds=[user.id], moveMembers=True)

    assert payload["pickupGroup"]["version"] == 2
    lost, gained = await history(api, site.id)
    assert (lost["pickupGroupId"], lost["membersRemoved"], lost["membersAdded"]) == (losing.id, [user.id], [])
    assert (gained["pickupGroupId"], gained["membersRemoved"], gained["membersAdded"]) == (group.id, [], [user.id])


async def test_create_with_moved_members_is_told_last(api: Api) -> None:
    site = await make_site()
    losing = await make_group(site, "Losing")
    user = await make_user(site, group=losing)

    await api.mutate("createPickupGroup", V, siteId=site.id, name="New", userIds=[user.id], moveMembers=True)

    kinds = [one["kind"] for one in await history(api, site.id)]
    assert kinds == ["PICKUP_GROUP_MEMBERS_CHANGED", "PICKUP_GROUP_CREATED"]


async def test_remove_passes_over_who_is_out_and_tells_of_who_is_unknown(api: Api) -> None:
    site = await make_site()
    group, another = await make_group(site), await make_group(site, "Another")
    elsewhere = await make_user(site, group=another)

    passed = await api.mutate("removePickupGroupMembers", MEMBERS, id=group.id, userIds=[elsewhere.id])
    unknown = await api.mutate("removePickupGroupMembers", MEMBERS, id=group.id, userIds=["User:999"])

    assert (passed["violations"], passed["removed"], passed["pickupGroup"]["version"]) == ([], [], 1)
    assert broken(unknown) == [("NOT_FOUND", ["input", "userIds", "0"])]


async def test_delete_releases_the_members(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    user = await make_user(site, group=group)

    refused = await api.mutate("deletePickupGroup", f"deletedId released {{ id }} {V}", id=group.id, expectedVersion=2)
    rehearsed = await api.mutate(
        "deletePickupGroup", "deletedId released { id pickupStatus }", id=group.id, dryRun=True
    )
    deleted = await api.mutate("deletePickupGroup", "deletedId released { id pickupStatus }", id=group.id)
    again = await api.mutate("deletePickupGroup", f"deletedId {V}", id=group.id)

    assert (refused["deletedId"], refused["released"]) == (None, [])
    assert broken(refused) == [("VERSION_CONFLICT", ["input", "expectedVersion"])]
    assert rehearsed == {"deletedId": None, "released": [{"id": user.id, "pickupStatus": "ASSIGNED"}]}
    assert deleted == {"deletedId": group.id, "released": [{"id": user.id, "pickupStatus": "AVAILABLE"}]}
    assert broken(again) == [("NOT_FOUND", ["input", "id"])]
    (change,) = await history(api, site.id)
    assert (change["kind"], change["nameBefore"]) == ("PICKUP_GROUP_DELETED", "Sales")
    assert change["membersRemoved"] == [user.id]


async def test_dry_runs_tell_what_would_be_and_keep_nothing(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    user = await make_user(site, exempt=True)

    created = await api.mutate(
        "createPickupGroup",
        f"{GROUP} bargeInExemptionsCleared {{ id bargeInExempt }} {V}",
        siteId=site.id,
        name="New",
        userIds=[user.id],
        dryRun=True,
    )
    added = await api.mutate("addPickupGroupMembers", MEMBERS, id=group.id, userIds=[user.id], dryRun=True)
    renamed = await api.mutate("renamePickupGroup", f"{GROUP} {V}", id=group.id, name="New", dryRun=True)

    assert created["pickupGroup"] is None
    assert created["bargeInExemptionsCleared"] == [{"id": user.id, "bargeInExempt": True}]
    assert added["added"] == [{"id": user.id, "bargeInExempt": True}]
    assert added["pickupGroup"] == renamed["pickupGroup"]
    assert renamed["pickupGroup"]["site"] == {"revision": 0}
    assert (renamed["pickupGroup"]["name"], renamed["pickupGroup"]["memberCount"]) == ("Sales", 0)
    assert await history(api, site.id) == []


async def test_without_the_group_or_site_what_does_not_depend_on_it_is_told(api: Api) -> None:
    site = await make_site()
    fax = await make_user(site, station=StationType.FAX)
    ids = [fax.id, "nobody"]

    set_ = await api.mutate("setPickupGroupMembers", MEMBERS, id="PickupGroup:99", userIds=ids)
    removed = await api.mutate("removePickupGroupMembers", MEMBERS, id=site.id, userIds=ids)
    renamed = await api.mutate("renamePickupGroup", f"{GROUP} {V}", id="?", name="")
    created = await api.mutate("createPickupGroup", V, siteId="Site:99", name="", userIds=ids)

    of_users = [("STATION_NOT_ELIGIBLE", ["input", "userIds", "0"]), ("NOT_FOUND", ["input", "userIds", "1"])]
    assert broken(set_) == [("NOT_FOUND", ["input", "id"]), *of_users]
    assert set_["pickupGroup"] is None
    assert broken(removed) == [("NOT_FOUND", ["input", "id"]), of_users[1]]
    assert broken(renamed) == [("NOT_FOUND", ["input", "id"]), ("NAME_REQUIRED", ["input", "name"])]
    assert broken(created) == [("NOT_FOUND", ["input", "siteId"]), ("NAME_REQUIRED", ["input", "name"]), *of_users]


async def test_more_than_a_thousand_users_are_malformed_input(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    query = "mutation($i: SetPickupGroupMembersInput!) { setPickupGroupMembers(input: $i) { violations { rule } } }"

    error = await api.error(query, i={"id": group.id, "userIds": ["User:1"] * 1001})
    allowed = await api.ask(query, i={"id": group.id, "userIds": ["User:1"] * 1000})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert allowed["setPickupGroupMembers"]["violations"] == [{"rule": "NOT_FOUND"}]


async def test_violations_are_told_in_french(api: Api) -> None:
    site = await make_site()
    api.http.headers["Accept-Language"] = "fr-CA, en;q=0.5"

    payload = await api.mutate("createPickupGroup", "violations { message }", siteId=site.id, name="")

    assert payload["violations"] == [{"message": "Donnez un nom au groupe."}]
