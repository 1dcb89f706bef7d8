"""createPickupGroup: the group made, its members and their exemptions, and each rule broken."""

from models.user import StationType
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user, make_users
from tests.support.payloads import (
    CREATED,
    at,
    broken,
    change,
    history,
    ids,
    in_another_group,
    invalid_name,
    members_changed,
    name_taken,
    not_eligible,
    not_found,
    nothing_changes,
    on_another_site,
)

CREATE = "createPickupGroup"


async def test_create_group_adds_members(api: Api) -> None:
    site = await make_site()
    one, other = await make_user(site, last_name="Zola"), await make_user(site, last_name="Abel")

    payload = await api.mutate(
        CREATE,
        f"{CREATED} group: pickupGroup {{ createdAt updatedAt }}",
        siteId=site.id,
        name="Accueil",
        userIds=[one.id, other.id],
    )

    group = payload["pickupGroup"]
    assert payload["violations"] == payload["bargeInExemptionsCleared"] == []
    assert (group["name"], group["version"], group["memberCount"]) == ("Accueil", 1, 2)
    assert ids(group["members"]["nodes"]) == [other.id, one.id]
    assert group["site"] == {"id": site.id, "revision": 1}
    assert payload["group"]["createdAt"] == payload["group"]["updatedAt"]
    assert await history(api, site) == [
        change("PICKUP_GROUP_CREATED", group["id"], nameAfter="Accueil", membersAdded=[one.id, other.id])
    ]


async def test_create_group_without_members(api: Api) -> None:
    site = await make_site()

    left_out = await api.mutate(CREATE, CREATED, siteId=site.id, name="One")
    empty = await api.mutate(CREATE, CREATED, siteId=site.id, name="Two", userIds=[])

    assert left_out["pickupGroup"]["memberCount"] == empty["pickupGroup"]["memberCount"] == 0
    assert left_out["pickupGroup"]["id"] != empty["pickupGroup"]["id"]
    assert [one["nameAfter"] for one in await history(api, site)] == ["One", "Two"]


async def test_create_group_clears_barge_in_exemptions(api: Api) -> None:
    site = await make_site()
    exempt, plain = await make_user(site, exempt=True), await make_user(site)

    payload = await api.mutate(CREATE, CREATED, siteId=site.id, name="A", userIds=[plain.id, exempt.id])

    group = payload["pickupGroup"]["id"]
    assert payload["bargeInExemptionsCleared"] == [
        {"id": exempt.id, "bargeInExempt": False, "pickupStatus": "ASSIGNED", "pickupGroup": {"id": group}}
    ]
    assert await history(api, site) == [
        change(
            "PICKUP_GROUP_CREATED",
            group,
            nameAfter="A",
            membersAdded=[exempt.id, plain.id],
            bargeInExemptionsCleared=[exempt.id],
        )
    ]


async def test_create_group_rejects_ineligible_station_types(api: Api) -> None:
    site = await make_site()
    users = [await make_user(site, station=station) for station in StationType]
    allowed, others = users[:5], users[5:]

    async with nothing_changes(api):
        refused = await api.mutate(CREATE, CREATED, siteId=site.id, name="A", userIds=[user.id for user in users])
    made = await api.mutate(CREATE, CREATED, siteId=site.id, name="A", userIds=[user.id for user in allowed])

    assert refused["violations"] == [not_eligible(place, user) for place, user in enumerate(others, 5)]
    assert made["pickupGroup"]["memberCount"] == 5


async def test_create_group_reports_each_user_violation_once(api: Api) -> None:
    site, elsewhere = await make_site(), await make_site()
    group, far_group = await make_group(site, "Taken"), await make_group(elsewhere, "Far")
    free, busy = await make_user(site), await make_user(site, "Ann", "Busy", group=group)
    fax = await make_user(site, station=StationType.FAX)
    foreign, foreign_member = await make_user(elsewhere), await make_user(elsewhere, group=far_group)
    foreign_fax = await make_user(elsewhere, station=StationType.AUTO_ATTENDANT)
    named = [free, fax, busy, free, foreign, fax, foreign_fax, foreign_member, busy, foreign]

    async with nothing_changes(api):
        payload = await api.mutate(CREATE, CREATED, siteId=site.id, name="A", userIds=[user.id for user in named])

    assert payload["pickupGroup"] is None
    assert payload["bargeInExemptionsCleared"] == []
    assert payload["violations"] == [
        not_eligible(1, fax),
        in_another_group(2, busy, group),
        on_another_site(4, foreign),
        on_another_site(6, foreign_fax),
        not_eligible(6, foreign_fax),
        on_another_site(7, foreign_member),
    ]


async def test_create_group_rejects_invalid_user_ids(api: Api) -> None:
    site = await make_site()
    group, user = await make_group(site), await make_user(site)
    wrong = [
        "",
        site.id,
        group.id,
        f"Change:{user.key}",
        str(user.key),
        f"user:{user.key}",
        f"User:0{user.key}",
        f" {user.id}",
        f"{user.id}\n",
        f"User:-{user.key}",
        "User:0",
        "User:9999",
        "User:9223372036854775808",
        f"User:{'9' * 5_000}",
        "User:١",
        "User:\x00",
        "User:\ud800",
        "'; DROP TABLE users; --",
    ]

    async with nothing_changes(api):
        payload = await api.mutate(CREATE, CREATED, siteId=site.id, name="A", userIds=[*wrong, *wrong])

    assert payload["violations"] == [not_found(id_, "userIds", str(place)) for place, id_ in enumerate(wrong)]


async def test_create_group_on_unknown_site_reports_other_violations(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Taken")
    busy, fax = await make_user(site, group=group), await make_user(site, station=StationType.FAX)
    site_ids = ["", "Site:99", "User:1", "PickupGroup:1", "nobody", "Site:\ud800", "Site:1.0", "Site:01"]

    async with nothing_changes(api):
        answers = [
            await api.mutate(CREATE, CREATED, siteId=one, name="\u200ba" * 50, userIds=[busy.id, "?", fax.id, fax.id])
            for one in site_ids
        ]

    assert [payload["pickupGroup"] for payload in answers] == [None] * len(site_ids)
    assert [payload["violations"] for payload in answers] == [
        [
            not_found(site_id, "siteId"),
            invalid_name("NAME_TOO_LONG"),
            invalid_name("NAME_INVALID"),
            not_found("?", "userIds", "1"),
            not_eligible(2, fax),
        ]
        for site_id in site_ids
    ]


async def test_create_group_reports_all_violations_together(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Taken")
    busy = await make_user(site, group=group)

    async with nothing_changes(api):
        payload = await api.mutate(CREATE, CREATED, siteId=site.id, name="TAKEN", userIds=["?", busy.id])

    assert payload["violations"] == [
        name_taken(group),
        not_found("?", "userIds", "0"),
        in_another_group(1, busy, group),
    ]


async def test_create_group_with_move_members_moves_users(api: Api) -> None:
    site = await make_site()
    first, second = await make_group(site, "First"), await make_group(site, "Second")
    b, a = await make_user(site, group=second), await make_user(site, group=first)
    exempt, c = await make_user(site, exempt=True), await make_user(site, group=second)
    stays = await make_user(site, group=second)

    payload = await api.mutate(
        CREATE, CREATED, siteId=site.id, name="New", userIds=[c.id, exempt.id, a.id, b.id, a.id], moveMembers=True
    )

    group = payload["pickupGroup"]
    assert payload["violations"] == []
    assert (group["version"], group["memberCount"], group["site"]["revision"]) == (1, 4, 3)
    assert ids(payload["bargeInExemptionsCleared"]) == [exempt.id]
    assert await history(api, site) == [
        members_changed(first.id, membersRemoved=[a.id]),
        members_changed(second.id, membersRemoved=[b.id, c.id]),
        change(
            "PICKUP_GROUP_CREATED",
            group["id"],
            nameAfter="New",
            membersAdded=[b.id, a.id, exempt.id, c.id],
            bargeInExemptionsCleared=[exempt.id],
        ),
    ]
    left = await api.ask(
        "query($ids: [ID!]!) { nodes(ids: $ids) { ... on PickupGroup { version updatedAt "
        "members { nodes { id } } } } }",
        ids=[first.id, second.id],
    )
    at_once = {"updatedAt": group["updatedAt"], "version": 2}
    assert left["nodes"] == [
        {**at_once, "members": {"nodes": []}},
        {**at_once, "members": {"nodes": [{"id": stays.id}]}},
    ]


async def test_create_group_with_move_members_rejects_user_of_other_site(api: Api) -> None:
    site, elsewhere = await make_site(), await make_site()
    foreign = await make_user(elsewhere, group=await make_group(elsewhere))
    fax = await make_user(site, station=StationType.FAX)

    async with nothing_changes(api):
        payload = await api.mutate(
            CREATE, CREATED, siteId=site.id, name="A", userIds=[foreign.id, fax.id], moveMembers=True
        )

    assert payload["violations"] == [on_another_site(0, foreign), not_eligible(1, fax)]


async def test_create_group_dry_run_returns_outcome_and_writes_nothing(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Losing")
    exempt, busy = await make_user(site, exempt=True), await make_user(site, group=group)

    async with nothing_changes(api):
        payload = await api.mutate(
            CREATE, CREATED, siteId=site.id, name="New", userIds=[exempt.id, busy.id], moveMembers=True, dryRun=True
        )

    assert payload["violations"] == []
    assert payload["pickupGroup"] is None
    assert payload["bargeInExemptionsCleared"] == [
        {"id": exempt.id, "bargeInExempt": True, "pickupStatus": "AVAILABLE", "pickupGroup": None}
    ]


async def test_create_group_dry_run_checks_every_rule(api: Api) -> None:
    site = await make_site()
    group = await make_group(site, "Taken")
    busy = await make_user(site, group=group)

    async with nothing_changes(api):
        payload = await api.mutate(CREATE, CREATED, siteId=site.id, name="taken", userIds=[busy.id], dryRun=True)

    assert payload["violations"] == [name_taken(group), in_another_group(0, busy, group)]


async def test_create_group_rejects_more_than_1000_user_ids(api: Api) -> None:
    site = await make_site()
    users = await make_users(site, 20)
    named = [user.id for user in users] * 50

    async with nothing_changes(api):
        answer = await api.attempt(CREATE, CREATED, siteId=site.id, name="", userIds=[*named, users[0].id])
    created = await api.mutate(CREATE, CREATED, siteId=site.id, name="A", userIds=named)

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["path"] == [CREATE]
    assert error["message"] == f"{CREATE}(userIds): userIds has 1001 ids, but one call takes at most 1000."
    assert created["violations"] == []
    assert created["pickupGroup"]["memberCount"] == 20


async def test_create_group_reports_path_of_each_of_1000_unknown_users(api: Api) -> None:
    site = await make_site()

    payload = await api.mutate(
        CREATE, "violations { rule path }", siteId=site.id, name="A", userIds=[f"User:{n}" for n in range(1000)]
    )

    assert broken(payload) == [("NOT_FOUND", at(place)) for place in range(1000)]
