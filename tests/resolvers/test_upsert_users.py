"""upsertUsers: users added, changed and moved, what becomes of their memberships, and what is refused."""

from typing import Any

import pytest

from models.caller import Permission
from models.integrity.check import find_problems
from models.user import StationType
from tests.support.api import Api
from tests.support.factories import make_site, make_user
from tests.support.payloads import Payload, broken, change, history, members_changed, nothing_changes
from tests.support.provisioning import NO_USERS, USERS_UPSERTED, ended, group_of, row_not_found, stored_users, user_row
from tests.support.serving import serving, token

UPSERT = "upsertUsers"


async def test_upsert_users_adds_users_with_all_fields(api: Api) -> None:
    site = await make_site(external_id="s1")
    row = user_row(
        "u1",
        "s1",
        firstName=" Ann ",
        lastName="Lee",
        extension="0101",
        phoneNumber="+1 514-555-0142",
        email="ann@example.com",
        stationType="PREMIUM",
        bargeInExempt=True,
    )

    payload = await api.mutate(UPSERT, USERS_UPSERTED, users=[row, user_row("u2", "s1", firstName="", lastName="Fax")])

    first, second = payload.pop("users")
    assert payload == {**NO_USERS, "added": 2}
    assert first == {
        "id": first["id"],
        "externalId": "u1",
        "site": {"externalId": "s1", "revision": 1},
        "firstName": "Ann",
        "lastName": "Lee",
        "extension": "0101",
        "phoneNumber": "+15145550142",
        "email": "ann@example.com",
        "stationType": "PREMIUM",
        "bargeInExempt": True,
        "pickupStatus": "AVAILABLE",
        "pickupGroup": None,
    }
    assert (second["externalId"], second["email"], second["bargeInExempt"]) == ("u2", None, False)
    assert await history(api, site) == [change("DIRECTORY_CHANGED", None)]
    found = await api.ask('{ users(search: "514-555") { nodes { externalId } } }')
    assert found["users"]["nodes"] == [{"externalId": "u1"}]
    assert await find_problems(api.database) == []


async def test_upsert_users_changes_every_field_and_empties_absent_ones(api: Api) -> None:
    site = await make_site(external_id="s1")
    user = await make_user(site, external_id="u1", extension="1", phone_number="+15145550142", email="a@b", exempt=True)

    payload = await api.mutate(UPSERT, USERS_UPSERTED, users=[user_row("u1", "s1", lastName="New")])

    (changed,) = payload.pop("users")
    assert payload == {**NO_USERS, "changed": 1}
    assert (changed["id"], changed["firstName"], changed["lastName"]) == (user.id, "", "New")
    assert (changed["extension"], changed["phoneNumber"], changed["email"]) == (None, None, None)
    assert (changed["stationType"], changed["bargeInExempt"]) == ("STANDARD", False)
    assert await history(api, site) == [change("DIRECTORY_CHANGED", None)]
    assert await find_problems(api.database) == []


async def test_upsert_users_changes_of_each_row_what_differs(api: Api) -> None:
    await make_site(external_id="s1")
    rows = [
        user_row("u1", "s1", extension="1", email="a@example.com"),
        user_row("u2", "s1", extension="2", email="b@example.com", bargeInExempt=True),
        user_row("u3", "s1", extension="3", phoneNumber="+15145550142"),
    ]
    before = await api.mutate(UPSERT, USERS_UPSERTED, users=rows)
    rows[0]["email"], rows[1]["extension"], rows[2]["stationType"] = "c@example.com", "4", "FAX"

    payload = await api.mutate(UPSERT, USERS_UPSERTED, users=rows)

    first, second, third = before.pop("users")
    site = {"site": {"externalId": "s1", "revision": 2}}
    assert payload.pop("users") == [
        {**first, **site, "email": "c@example.com"},
        {**second, **site, "extension": "4"},
        {**third, **site, "stationType": "FAX", "pickupStatus": "STATION_NOT_ELIGIBLE"},
    ]
    assert payload == {**NO_USERS, "changed": 3}
    assert await find_problems(api.database) == []


async def test_upsert_users_records_nothing_of_rows_that_change_nothing(api: Api) -> None:
    await make_site(external_id="s1")
    rows = [user_row("u1", "s1", lastName="Lee"), user_row("é", "s1", bargeInExempt=True, phoneNumber="+15145550142")]
    first = await api.mutate(UPSERT, USERS_UPSERTED, users=rows)

    async with nothing_changes(api):
        again = await api.mutate(UPSERT, USERS_UPSERTED, users=[rows[0] | {"externalId": " u1 "}, rows[1]])
        none = await api.mutate(UPSERT, USERS_UPSERTED, users=[])

    assert again == {**NO_USERS, "users": first["users"]}
    assert none == {**NO_USERS, "users": []}


async def test_upsert_users_returns_users_in_order_of_rows(api: Api) -> None:
    site = await make_site(external_id="s1")
    await make_user(site, external_id="b")

    payload = await api.mutate(
        UPSERT, "users { externalId } added changed", users=[user_row(key, "s1", lastName="L") for key in "cbad"]
    )

    assert payload == {"users": [{"externalId": key} for key in "cbad"], "added": 3, "changed": 1}


async def test_upsert_users_moves_member_out_of_group(api: Api) -> None:
    old, new = await make_site(external_id="old"), await make_site(external_id="new")
    user = await make_user(old, external_id="u1")
    stays = await make_user(old, external_id="u2")
    group = await group_of(api, old, "Sales", user, stays)

    row = user_row("u1", "new", stationType="FAX", bargeInExempt=True)
    payload = await api.mutate(UPSERT, USERS_UPSERTED, users=[row])

    (moved,) = payload.pop("users")
    assert payload == {
        **NO_USERS,
        "changed": 1,
        "membershipsEnded": [ended("u1", group, "MOVED_TO_ANOTHER_SITE", version=2, members=1)],
    }
    assert (moved["site"]["externalId"], moved["pickupGroup"], moved["bargeInExempt"]) == ("new", None, True)
    assert (await history(api, old))[1:] == [
        members_changed(group, membersRemoved=[user.id]),
        change("DIRECTORY_CHANGED", None),
    ]
    assert await history(api, new) == [change("DIRECTORY_CHANGED", None)]
    assert await find_problems(api.database) == []


async def test_upsert_users_ends_memberships_of_stations_not_eligible(api: Api) -> None:
    site = await make_site(external_id="s1")
    users = [await make_user(site, external_id=f"u{number}") for number in range(4)]
    first, second = await group_of(api, site, "First", *users[:2]), await group_of(api, site, "Second", *users[2:])

    rows = [user_row(f"u{number}", "s1", stationType="FAX") for number in (3, 1, 0)]
    payload = await api.mutate(UPSERT, USERS_UPSERTED, users=rows)

    assert payload["membershipsEnded"] == [
        ended("u3", second, "STATION_NOT_ELIGIBLE", version=2, members=1),
        ended("u1", first, "STATION_NOT_ELIGIBLE", version=2, members=0),
        ended("u0", first, "STATION_NOT_ELIGIBLE", version=2, members=0),
    ]
    assert (await history(api, site))[2:] == [
        members_changed(first, membersRemoved=[users[0].id, users[1].id]),
        members_changed(second, membersRemoved=[users[3].id]),
        change("DIRECTORY_CHANGED", None),
    ]
    assert await find_problems(api.database) == []


async def test_upsert_users_keeps_member_not_exempt(api: Api) -> None:
    site = await make_site(external_id="s1")
    member, free = await make_user(site, external_id="u1"), await make_user(site, external_id="u2")
    group = await group_of(api, site, "Sales", member)
    await api.mutate(
        UPSERT, "added", users=[user_row("u1", "s1", lastName="Lee"), user_row("u2", "s1", lastName="Lee")]
    )

    rows = [user_row(key, "s1", lastName="Lee", bargeInExempt=True) for key in ("u1", "u2")]
    payload = await api.mutate(UPSERT, USERS_UPSERTED, users=rows)
    async with nothing_changes(api):
        again = await api.mutate(UPSERT, USERS_UPSERTED, users=rows)

    assert (payload["changed"], payload["bargeInExemptionsCleared"]) == (1, [{"id": member.id}])
    assert [(one["bargeInExempt"], one["pickupGroup"]) for one in payload["users"]] == [
        (False, {"id": group}),
        (True, None),
    ]
    assert (again["changed"], again["bargeInExemptionsCleared"]) == (0, [{"id": member.id}])
    assert free.id == payload["users"][1]["id"]
    assert await find_problems(api.database) == []


async def test_upsert_users_dry_run_returns_all_and_writes_nothing(api: Api) -> None:
    old, _new = await make_site(external_id="old"), await make_site(external_id="new")
    user, exempt = await make_user(old, external_id="u1"), await make_user(old, external_id="u2")
    group = await group_of(api, old, "Sales", user, exempt)
    rows = [user_row("u0", "new"), user_row("u1", "new"), user_row("u2", "old", bargeInExempt=True)]

    async with nothing_changes(api):
        payload = await api.mutate(UPSERT, USERS_UPSERTED, users=rows, dryRun=True)

    assert [(one["id"], one["site"]["externalId"]) for one in payload["users"]] == [
        (user.id, "old"),
        (exempt.id, "old"),
    ]
    assert (payload["added"], payload["changed"]) == (1, 2)
    assert payload["membershipsEnded"] == [ended("u1", group, "MOVED_TO_ANOTHER_SITE", version=1, members=2)]
    assert payload["bargeInExemptionsCleared"] == [{"id": exempt.id}]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("externalId", "", "externalId is missing."),
        ("externalId", "*", "externalId may not be * or have | in it."),
        ("externalId", "x" * 201, "externalId has 201 characters, but may have at most 200."),
        ("siteExternalId", "a|b", "siteExternalId may not be * or have | in it."),
        ("firstName", "A\u200b", "firstName holds a control character or one that cannot be seen."),
        ("lastName", "x" * 101, "lastName has 101 characters, but may have at most 100."),
        ("lastName", "\ud800", "lastName holds a control character or one that cannot be seen."),
        ("extension", "12a", "extension must be 1 to 15 digits."),
        ("phoneNumber", "+1", "phoneNumber is not a possible telephone number."),
        (
            "phoneNumber",
            "514-555-0142",
            "phoneNumber is not a possible telephone number; without a country code it needs PICKUP_DEFAULT_REGION.",
        ),
        ("email", "ann", "email is not an email address."),
    ],
)
async def test_upsert_users_rejects_invalid_value(api: Api, field: str, value: str, message: str) -> None:
    await make_site(external_id="s1")

    async with nothing_changes(api):
        payload = await api.mutate(
            UPSERT,
            "users { id } added changed violations { __typename rule message path }",
            users=[user_row("u1", "s1"), user_row("u2", "s1") | {field: value}],
        )

    path = ["input", "users", "1", field]
    violation = {"__typename": "InvalidValue", "rule": "INVALID_VALUE", "message": message, "path": path}
    assert payload == {"users": [], "added": 0, "changed": 0, "violations": [violation]}


async def test_upsert_users_rejects_user_without_name(api: Api) -> None:
    await make_site(external_id="s1")

    async with nothing_changes(api):
        payload = await api.mutate(UPSERT, USERS_UPSERTED, users=[user_row("u1", "s1", firstName=" ", lastName="")])

    assert broken(payload) == [("INVALID_VALUE", ["input", "users", "0", "lastName"])]


async def test_upsert_users_rejects_row_too_long_for_search(api: Api) -> None:
    await make_site(external_id="s1")
    wide = "\U00020000" * 100

    payload = await api.mutate(
        UPSERT,
        "violations { message path }",
        users=[user_row("u1", "s1", firstName=wide, lastName=wide, email=f"{wide * 2}@x")],
    )

    message = "users[0] has texts that are too long together."
    assert payload["violations"] == [{"message": message, "path": ["input", "users", "0"]}]


async def test_upsert_users_rejects_later_row_with_same_key(api: Api) -> None:
    await make_site(external_id="s1")
    keys = ["u", "e\u0301", " u", "v", "\u00e9", "u"]

    async with nothing_changes(api):
        payload = await api.mutate(UPSERT, USERS_UPSERTED, users=[user_row(key, "s1") for key in keys])

    assert payload == {
        **NO_USERS,
        "users": [],
        "violations": [
            {"__typename": "DuplicateRow", "rule": "DUPLICATE_ROW", "path": ["input", "users", place, "externalId"]}
            for place in ("2", "4", "5")
        ],
    }


async def test_upsert_users_rejects_unknown_site(api: Api) -> None:
    await make_site(external_id="s1")

    async with nothing_changes(api):
        payload = await api.mutate(UPSERT, USERS_UPSERTED, users=[user_row("u1", "s1"), user_row("u2", "nowhere ")])

    assert payload["violations"] == [row_not_found("nowhere ", "users", 1, "siteExternalId")]


async def test_upsert_users_reports_all_violations_in_order_of_rows(api: Api) -> None:
    site = await make_site(external_id="s1")
    await make_user(site, external_id="u1")
    rows = [
        user_row("u1", "nowhere", extension="x", email="x"),
        user_row("u1", "s1"),
        user_row("|", "*", firstName="", lastName=""),
    ]

    async with nothing_changes(api):
        payload = await api.mutate(UPSERT, USERS_UPSERTED, users=rows)

    assert broken(payload) == [
        ("NOT_FOUND", ["input", "users", "0", "siteExternalId"]),
        ("INVALID_VALUE", ["input", "users", "0", "extension"]),
        ("INVALID_VALUE", ["input", "users", "0", "email"]),
        ("DUPLICATE_ROW", ["input", "users", "1", "externalId"]),
        ("INVALID_VALUE", ["input", "users", "2", "externalId"]),
        ("INVALID_VALUE", ["input", "users", "2", "siteExternalId"]),
        ("INVALID_VALUE", ["input", "users", "2", "lastName"]),
    ]


async def test_upsert_users_messages_are_translated(api: Api) -> None:
    api.http.headers["Accept-Language"] = "fr-CA"

    payload = await api.mutate(UPSERT, "violations { message }", users=[user_row("u1", "nowhere", extension="x")])

    assert [one["message"] for one in payload["violations"]] == [
        "Il n’y a pas de site qui a cette clé.",
        "extension doit avoir de 1 à 15 chiffres.",
    ]


async def test_upsert_users_reads_numbers_of_default_region(url: str) -> None:
    async with serving(url, default_region="CA") as api:
        await make_site(external_id="s1")

        payload = await api.mutate(
            UPSERT, "users { phoneNumber }", users=[user_row("u1", "s1", phoneNumber="(514) 555-0142")]
        )

    assert payload == {"users": [{"phoneNumber": "+15145550142"}]}


async def test_upsert_users_takes_at_most_500_rows(api: Api) -> None:
    await make_site(external_id="s1")
    rows = [user_row(f"u{number}", "s1") for number in range(501)]

    async with nothing_changes(api):
        answer = await api.attempt(UPSERT, "added", users=rows)
    most = await api.mutate(UPSERT, "added users { id }", users=rows[:500])

    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"] == "upsertUsers(users): users has 501 entries, but one call takes at most 500."
    assert (most["added"], len(most["users"])) == (500, 500)


async def test_upsert_users_is_of_granted_sites_alone(url: str) -> None:
    async with serving(url, token=token("hr", [Permission.PROVISION], ["ours", "also"])) as api:
        ours, theirs = await make_site(external_id="ours"), await make_site(external_id="theirs")
        await make_site(external_id="also")
        await make_user(theirs, external_id="taken")
        mine = await make_user(ours, external_id="mine")

        async with nothing_changes(api):
            refused = await api.mutate(
                UPSERT,
                USERS_UPSERTED,
                users=[user_row("taken", "ours"), user_row("mine", "theirs"), user_row("new", "absent")],
            )
        moved = await api.mutate(UPSERT, USERS_UPSERTED, users=[user_row("mine", "also"), user_row("new", "ours")])
        changes = await history(api, ours)

    assert refused["violations"] == [
        row_not_found("taken", "users", 0, "externalId"),
        row_not_found("theirs", "users", 1, "siteExternalId"),
        row_not_found("absent", "users", 2, "siteExternalId"),
    ]
    assert (moved["added"], moved["changed"], moved["users"][0]["id"]) == (1, 1, mine.id)
    assert [one["actor"] for one in changes] == ["hr"]


@pytest.mark.parametrize("permission", [Permission.READ, Permission.WRITE])
async def test_upsert_users_needs_provision(url: str, permission: Permission) -> None:
    async with serving(url, token=token(permissions=[permission])) as api:
        await make_site(external_id="s1")
        async with nothing_changes(api):
            answer = await api.attempt(UPSERT, "added", users=[user_row("u1", "s1")])

    (error,) = answer["errors"]
    assert (answer["data"], error["extensions"]["code"]) == (None, "FORBIDDEN")


async def test_provision_includes_read_and_not_write(url: str) -> None:
    async with serving(url, token=token("hr", [Permission.PROVISION])) as api:
        site = await make_site()

        found = await api.ask("{ viewer { permissions } sites { nodes { id } } }")
        answer = await api.attempt("createPickupGroup", "violations { rule }", siteId=site.id, name="A")

    assert found == {"viewer": {"permissions": ["PROVISION", "READ"]}, "sites": {"nodes": [{"id": site.id}]}}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_upsert_users_answers_aliases_and_typenames(api: Api) -> None:
    site = await make_site(external_id="s1")
    user = await make_user(site, external_id="u1")
    await group_of(api, site, "Sales", user)
    rows = [user_row("u1", "s1", stationType=StationType.FAX.value)]

    payload: Payload = await api.mutate(
        UPSERT,
        "n: changed left: membershipsEnded { __typename why: reason of: pickupGroup { name site { externalId } } } "
        "membershipsEnded { userExternalId } t: __typename",
        users=rows,
    )

    left: Any = {"__typename": "MembershipEnded", "why": "STATION_NOT_ELIGIBLE"}
    assert payload == {
        "n": 1,
        "left": [{**left, "of": {"name": "Sales", "site": {"externalId": "s1"}}}],
        "membershipsEnded": [{"userExternalId": "u1"}],
        "t": "UpsertUsersPayload",
    }
    assert await stored_users(api) == {"u1": ("s1", None)}
