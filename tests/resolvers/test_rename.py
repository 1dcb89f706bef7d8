"""renamePickupGroup: the new name, the version that is expected, and what is not found."""

from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user
from tests.support.payloads import (
    RENAMED,
    broken,
    change,
    history,
    invalid_name,
    name_taken,
    not_found,
    nothing_changes,
    version_conflict,
)

RENAME = "renamePickupGroup"


async def test_rename_group_keeps_id_and_members(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Sales", created_at="2020-01-01T00:00:00.000000Z")
    user = await make_user(site, group=group)

    payload = await api.mutate(RENAME, RENAMED, id=group.id, name=" Support ")

    renamed = payload["pickupGroup"]
    assert payload["violations"] == []
    assert (renamed["id"], renamed["name"], renamed["version"]) == (group.id, "Support", 2)
    assert renamed["members"] == {"nodes": [{"id": user.id}]}
    assert renamed["site"] == {"id": site.id, "revision": 1}
    assert renamed["updatedAt"] > "2020-01-02"
    assert await history(api, site) == [
        change("PICKUP_GROUP_RENAMED", group.id, nameBefore="Sales", nameAfter="Support")
    ]


async def test_rename_group_updates_search_and_order_and_frees_old_name(api: Api) -> None:
    site = await make_site()
    first, second = await make_group(site, "Alpha"), await make_group(site, "Beta")
    query = """query($id: ID!) { site(id: $id) { pickupGroups { nodes { id } }
      old: pickupGroups(search: "alpha") { totalCount } new: pickupGroups(search: "zeta") { nodes { id } } } }"""

    await api.mutate(RENAME, RENAMED, id=first.id, name="Zêta")
    freed = await api.mutate(RENAME, RENAMED, id=second.id, name="Alpha")
    found = (await api.ask(query, id=site.id))["site"]

    assert freed["violations"] == []
    assert found["pickupGroups"]["nodes"] == [{"id": second.id}, {"id": first.id}]
    assert (found["old"], found["new"]) == ({"totalCount": 1}, {"nodes": [{"id": first.id}]})


async def test_rename_group_rejects_stale_expected_version(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Sales")
    wrong = [0, 2, -1, 2_147_483_647]

    async with nothing_changes(api):
        answers = [await api.mutate(RENAME, RENAMED, id=group.id, name="A", expectedVersion=one) for one in wrong]
    right = await api.mutate(RENAME, RENAMED, id=group.id, name="A", expectedVersion=1)
    late = await api.mutate(RENAME, RENAMED, id=group.id, name="B", expectedVersion=1)
    absent = await api.mutate(RENAME, RENAMED, id=group.id, name="B", expectedVersion=None)

    assert [payload["violations"] for payload in answers] == [[version_conflict(1)]] * len(wrong)
    assert [payload["pickupGroup"]["name"] for payload in answers] == ["Sales"] * len(wrong)
    assert (right["violations"], right["pickupGroup"]["version"]) == ([], 2)
    assert (late["violations"], late["pickupGroup"]["name"]) == ([version_conflict(2)], "A")
    assert (absent["violations"], absent["pickupGroup"]["version"]) == ([], 3)


async def test_rename_group_to_same_name_checks_expected_version(api: Api) -> None:
    group = await make_group(await make_site(), "Sales")

    async with nothing_changes(api):
        wrong = await api.mutate(RENAME, RENAMED, id=group.id, name="Sales", expectedVersion=2)
        right = await api.mutate(RENAME, RENAMED, id=group.id, name="Sales", expectedVersion=1)

    assert wrong["violations"] == [version_conflict(1)]
    assert right["violations"] == []


async def test_rename_group_reports_all_violations_together(api: Api) -> None:
    site = await make_site()
    group, taken = await make_group(site, "Sales"), await make_group(site, "A B")

    async with nothing_changes(api):
        payload = await api.mutate(RENAME, RENAMED, id=group.id, name=f"a{' ' * 80}b", expectedVersion=3)

    assert payload["violations"] == [invalid_name("NAME_TOO_LONG"), name_taken(taken), version_conflict(1)]
    assert (payload["pickupGroup"]["version"], payload["pickupGroup"]["site"]["revision"]) == (1, 0)


async def test_rename_group_of_unknown_group_reports_name_violations(api: Api) -> None:
    site = await make_site()
    await make_group(site, "Taken")
    wrong = ["", site.id, "PickupGroup:99", "PickupGroup:1.5", "pickupgroup:1", "PickupGroup:\ud800", "1"]

    async with nothing_changes(api):
        answers = [await api.mutate(RENAME, RENAMED, id=one, name="x\n" * 50, expectedVersion=9) for one in wrong]
        taken = await api.mutate(RENAME, RENAMED, id="PickupGroup:99", name="Taken")

    assert [payload["pickupGroup"] for payload in answers] == [None] * len(wrong)
    assert [payload["violations"] for payload in answers] == [
        [not_found(one, "id"), invalid_name("NAME_TOO_LONG"), invalid_name("NAME_INVALID")] for one in wrong
    ]
    assert broken(taken) == [("NOT_FOUND", ["input", "id"])]


async def test_rename_group_dry_run_writes_nothing(api: Api) -> None:
    site = await make_site()
    group, taken = await make_group(site, "Sales"), await make_group(site, "Taken")

    async with nothing_changes(api):
        free = await api.mutate(RENAME, RENAMED, id=group.id, name="Free", expectedVersion=1, dryRun=True)
        refused = await api.mutate(RENAME, RENAMED, id=group.id, name="taken", expectedVersion=2, dryRun=True)

    assert free["violations"] == []
    assert free["pickupGroup"] == refused["pickupGroup"]
    assert (free["pickupGroup"]["name"], free["pickupGroup"]["version"]) == ("Sales", 1)
    assert free["pickupGroup"]["site"] == {"id": site.id, "revision": 0}
    assert refused["violations"] == [name_taken(taken), version_conflict(1)]
