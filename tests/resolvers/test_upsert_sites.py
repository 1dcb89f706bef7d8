"""upsertSites and removeSites: sites added, changed and removed with their changes, and what is refused."""

import asyncio

import pytest

from models.caller import Permission
from models.database.database import Database
from models.errors import NotFoundError
from models.integrity.check import find_problems
from resolvers.directory_mutations import remove_sites
from resolvers.json_query.selection import FieldSelection, SelectionSet
from resolvers.subscriptions import follow_site
from resolvers.transactions import MutationContext
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user
from tests.support.payloads import broken, change, history, nothing_changes
from tests.support.provisioning import SITES_REMOVED, SITES_UPSERTED, row_not_found, site_row, user_row
from tests.support.root_fields import CHANGES, root_field
from tests.support.serving import serving, token

UPSERT, REMOVE = "upsertSites", "removeSites"
REMOVED = FieldSelection("removeSites", "removeSites", "removeSites", {"RemoveSitesPayload": SelectionSet([])})


async def test_upsert_sites_adds_and_changes(api: Api) -> None:
    site, same = await make_site("Old", external_id="s1", main_number="+15145550100"), await make_site(external_id="s3")
    rows = [site_row("s2", name=" Québec ", mainNumber="+1 418 555 0100"), site_row("s1", name="New"), site_row("s3")]

    payload = await api.mutate(UPSERT, SITES_UPSERTED, sites=rows)

    added = payload["sites"][0]
    assert payload == {
        "sites": [
            {
                "id": added["id"],
                "externalId": "s2",
                "name": "Québec",
                "mainNumber": "+14185550100",
                "revision": 1,
            },
            {"id": site.id, "externalId": "s1", "name": "New", "mainNumber": None, "revision": 1},
            {"id": same.id, "externalId": "s3", "name": "Site", "mainNumber": None, "revision": 0},
        ],
        "added": 1,
        "changed": 1,
        "violations": [],
    }
    assert await history(api, site) == [change("DIRECTORY_CHANGED", None)]
    assert await history(api, same) == []
    found = await api.ask('{ sites(search: "quebec 418555") { nodes { id } } }')
    assert found["sites"]["nodes"] == [{"id": added["id"]}]
    assert await find_problems(api.database) == []


async def test_upsert_sites_records_nothing_of_rows_that_change_nothing(api: Api) -> None:
    rows = [site_row("s1", mainNumber="+15145550100"), site_row("s2")]
    first = await api.mutate(UPSERT, SITES_UPSERTED, sites=rows)

    async with nothing_changes(api):
        again = await api.mutate(UPSERT, SITES_UPSERTED, sites=rows)

    assert (first["added"], again) == (2, first | {"added": 0})


async def test_upsert_sites_dry_run_writes_nothing(api: Api) -> None:
    site = await make_site("Old", external_id="s1")

    async with nothing_changes(api):
        payload = await api.mutate(UPSERT, SITES_UPSERTED, sites=[site_row("s0"), site_row("s1")], dryRun=True)

    now = {"id": site.id, "externalId": "s1", "name": "Old", "mainNumber": None, "revision": 0}
    assert payload == {"sites": [now], "added": 1, "changed": 1, "violations": []}


async def test_upsert_sites_reports_all_violations_in_order_of_rows(api: Api) -> None:
    rows = [
        site_row("s1"),
        site_row("*", name=" ", mainNumber="x"),
        site_row("s1 "),
        site_row("s2", name="\U00020000" * 400),
    ]

    async with nothing_changes(api):
        payload = await api.mutate(UPSERT, SITES_UPSERTED, sites=rows)

    assert broken(payload) == [
        ("INVALID_VALUE", ["input", "sites", "1", "externalId"]),
        ("INVALID_VALUE", ["input", "sites", "1", "name"]),
        ("INVALID_VALUE", ["input", "sites", "1", "mainNumber"]),
        ("DUPLICATE_ROW", ["input", "sites", "2", "externalId"]),
        ("INVALID_VALUE", ["input", "sites", "3", "name"]),
    ]
    assert (payload["sites"], payload["added"]) == ([], 0)


async def test_new_site_needs_grant_of_its_key(url: str) -> None:
    async with serving(url, token=token("hr", [Permission.PROVISION], ["ours", "new", "é"])) as api:
        await make_site(external_id="theirs")
        rows = [site_row("new"), site_row("theirs"), site_row("absent")]

        async with nothing_changes(api):
            refused = await api.mutate(UPSERT, SITES_UPSERTED, sites=rows)
            kept = await api.mutate(REMOVE, SITES_REMOVED, externalIds=["theirs", "absent"])
        added = await api.mutate(UPSERT, SITES_UPSERTED, sites=[site_row("new"), site_row("e\u0301")])

    assert refused["violations"] == [
        row_not_found("theirs", "sites", 1, "externalId"),
        row_not_found("absent", "sites", 2, "externalId"),
    ]
    assert kept["violations"] == [
        row_not_found("theirs", "externalIds", 0),
        row_not_found("absent", "externalIds", 1),
    ]
    assert [site["externalId"] for site in added["sites"]] == ["new", "é"]


async def test_removed_site_goes_with_its_changes_and_begins_anew(api: Api) -> None:
    first = (await api.mutate(UPSERT, SITES_UPSERTED, sites=[site_row("s1"), site_row("s2")]))["sites"]
    await api.mutate("upsertUsers", "added", users=[user_row("u1", "s1")])
    await api.mutate("removeUsers", "removed", externalIds=["u1"])

    payload = await api.mutate(REMOVE, SITES_REMOVED, externalIds=["s1", " s1"])
    found = await api.ask("query($id: ID!) { site(id: $id) { id } sites { nodes { externalId } } }", id=first[0]["id"])
    again = await api.mutate(UPSERT, SITES_UPSERTED, sites=[site_row("s1")])

    assert payload == {"removed": 1, "violations": []}
    assert found == {"site": None, "sites": {"nodes": [{"externalId": "s2"}]}}
    assert (again["added"], again["sites"][0]["revision"]) == (1, 1)
    assert again["sites"][0]["id"] != first[0]["id"]
    assert await find_problems(api.database) == []


async def test_remove_sites_rejects_sites_in_use(api: Api) -> None:
    empty = await make_site(external_id="empty")
    with_user, with_group = await make_site(external_id="user"), await make_site("Sales", external_id="group")
    await make_user(with_user)
    await make_group(with_group)
    keys = ["empty", "user", "absent", "group", "user", "|"]

    async with nothing_changes(api):
        payload = await api.mutate(REMOVE, SITES_REMOVED, externalIds=keys)
        message = await api.mutate(REMOVE, "violations { message }", externalIds=["group"])

    def in_use(id_: str, place: int) -> dict[str, object]:
        path = ["input", "externalIds", str(place)]
        return {"__typename": "SiteInUse", "rule": "SITE_IN_USE", "path": path, "site": {"id": id_}}

    assert payload == {
        "removed": 0,
        "violations": [
            in_use(with_user.id, 1),
            row_not_found("absent", "externalIds", 2),
            in_use(with_group.id, 3),
            row_not_found("|", "externalIds", 5),
        ],
    }
    assert message["violations"] == [{"message": "The site Sales still has users or pickup groups. Remove them first."}]
    assert empty.revision == 0


async def test_remove_sites_dry_run_and_empty_call_write_nothing(api: Api) -> None:
    await make_site(external_id="s1")

    async with nothing_changes(api):
        would = await api.mutate(REMOVE, SITES_REMOVED, externalIds=["s1"], dryRun=True)
        nothing = await api.mutate(REMOVE, SITES_REMOVED, externalIds=[])

    assert (would, nothing) == ({"removed": 1, "violations": []}, {"removed": 0, "violations": []})


@pytest.mark.parametrize(("name", "given"), [(UPSERT, {"sites": [site_row("s1")]}), (REMOVE, {"externalIds": ["s1"]})])
async def test_sites_need_provision(url: str, name: str, given: dict[str, object]) -> None:
    async with serving(url, token=token(permissions=[Permission.WRITE])) as api, nothing_changes(api):
        answer = await api.attempt(name, "violations { rule }", **given)

    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_subscriber_of_removed_site_gets_not_found(database: Database) -> None:
    site = await make_site(external_id="s1")
    following = await follow_site(database, root_field(CHANGES), site.key, None)
    waiting = asyncio.ensure_future(anext(following))
    mutation = MutationContext(database, root_field(REMOVED), str)

    removed = await remove_sites(mutation, ["s1"], dry_run=False)

    assert removed.removed == 1
    with pytest.raises(NotFoundError):
        await asyncio.wait_for(waiting, 30)
