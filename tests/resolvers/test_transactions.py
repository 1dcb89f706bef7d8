"""What a payload gives back: in any shape that GraphQL allows, in the caller's language, within their grant."""

from typing import Any

import pytest

from models.caller import ANONYMOUS, Permission
from models.database.database import Database
from models.database.sessions import Transaction
from models.domain.change_log import LockedSite, lock_site
from models.domain.membership import fetch_membership
from models.domain.rules import NodeReference, Rule, Target, users_may_join
from models.user import StationType
from resolvers.json_query.selection import FieldSelection, SelectionSet
from resolvers.transactions import MutationContext, MutationResult, run_in_site_transaction
from tests.support.api import Api
from tests.support.databases import execute
from tests.support.factories import make_group, make_site, make_user
from tests.support.payloads import MEMBERS, history, in_another_group, not_found, nothing_changes
from tests.support.root_fields import root_field
from tests.support.serving import serving, token
from tests.support.sessions import ON_POSTGRES

GROUP = "pickupGroup { id } violations { rule path }"


async def test_payload_field_under_aliases_keeps_each_selection(api: Api) -> None:
    site = await make_site()
    group, user = await make_group(site), await make_user(site, "Ann", "Lee")
    query = """mutation($id: ID!, $users: [ID!]!, $not: Boolean! = false) {
      done: addPickupGroupMembers(input: {id: $id, userIds: $users}) {
        a: pickupGroup { name members { nodes { id } } }
        b: pickupGroup { version members(first: 0) { totalCount } }
        pickupGroup { id } ...Rest a: pickupGroup { memberCount }
        added { id } joined: added { displayName } added { lastName } removed @include(if: $not) { id }
        v: violations { rule } violations { message } __typename } }
      fragment Rest on PickupGroupMembersPayload { pickupGroup { site { revision } } b: pickupGroup { name } }"""

    answer = await api.ask(query, id=group.id, users=[user.id])

    assert answer["done"] == {
        "a": {"name": "Sales", "members": {"nodes": [{"id": user.id}]}, "memberCount": 1},
        "b": {"version": 2, "members": {"totalCount": 1}, "name": "Sales"},
        "pickupGroup": {"id": group.id, "site": {"revision": 1}},
        "added": [{"id": user.id, "lastName": "Lee"}],
        "joined": [{"displayName": "Ann Lee"}],
        "v": [],
        "violations": [],
        "__typename": "PickupGroupMembersPayload",
    }


async def test_violations_are_read_through_fragments(api: Api) -> None:
    site = await make_site()
    group, other = await make_group(site), await make_group(site, "Other")
    busy, fax = await make_user(site, group=other), await make_user(site, station=StationType.FAX)
    query = """mutation($id: ID!, $users: [ID!]!) { addPickupGroupMembers(input: {id: $id, userIds: $users}) {
        violations { ...All ... on MemberInAnotherGroup { who: user { id } pickupGroup { name } }
          ...Busy ... on StationNotEligible { user { stationType } } }
        again: violations { ... on MemberInAnotherGroup { user { pickupGroup { members { nodes { id } } } } } } } }
      fragment All on RuleViolation { rule }
      fragment Busy on MemberInAnotherGroup { who: user { lastName } pickupGroup { version site { revision } } }"""

    answer = await api.ask(query, id=group.id, users=[fax.id, busy.id, "?"])

    assert answer["addPickupGroupMembers"] == {
        "violations": [
            {"rule": "STATION_NOT_ELIGIBLE", "user": {"stationType": "FAX"}},
            {
                "rule": "MEMBER_IN_ANOTHER_GROUP",
                "who": {"id": busy.id, "lastName": "Lee"},
                "pickupGroup": {"name": "Other", "version": 1, "site": {"revision": 0}},
            },
            {"rule": "NOT_FOUND"},
        ],
        "again": [{}, {"user": {"pickupGroup": {"members": {"nodes": [{"id": busy.id}]}}}}, {}],
    }


async def test_payload_lists_show_state_after_mutation(api: Api) -> None:
    site = await make_site()
    group = await make_group(site)
    joining, free = await make_user(site, last_name="B"), await make_user(site, last_name="A")
    selection = """pickupGroup { availableUsers { totalCount nodes { id } } site {
        users(filter: {pickupStatus: ASSIGNED}) { nodes { id } }
        pickupGroups(first: 1) { edges { cursor node { memberCount members { nodes { pickupGroup { id } } } } } }
        changes { totalCount nodes { revision kind membersAdded pickupGroup { version } } } } }"""

    payload = await api.mutate("addPickupGroupMembers", selection, id=group.id, userIds=[joining.id])

    found = payload["pickupGroup"]
    assert found["availableUsers"] == {"totalCount": 1, "nodes": [{"id": free.id}]}
    assert found["site"]["users"] == {"nodes": [{"id": joining.id}]}
    (edge,) = found["site"]["pickupGroups"]["edges"]
    assert edge["node"] == {"memberCount": 1, "members": {"nodes": [{"pickupGroup": {"id": group.id}}]}}
    assert found["site"]["changes"] == {
        "totalCount": 1,
        "nodes": [
            {
                "revision": 1,
                "kind": "PICKUP_GROUP_MEMBERS_CHANGED",
                "membersAdded": [joining.id],
                "pickupGroup": {"version": 2},
            }
        ],
    }


async def test_mutations_of_one_document_run_in_order(api: Api) -> None:
    site = await make_site()
    group, user = await make_group(site), await make_user(site)
    query = """mutation($site: ID!, $group: ID!, $user: ID!) {
      first: addPickupGroupMembers(input: {id: $group, userIds: [$user], expectedVersion: 1}) {
        pickupGroup { version } violations { rule } }
      refused: createPickupGroup(input: {siteId: $site, name: "New", userIds: [$user]}) {
        pickupGroup { id } violations { rule } }
      second: renamePickupGroup(input: {id: $group, name: "New", expectedVersion: 2}) {
        pickupGroup { version } violations { rule } }
      late: renamePickupGroup(input: {id: $group, name: "Late", expectedVersion: 2}) {
        pickupGroup { name } violations { rule } }
      third: deletePickupGroup(input: {id: $group, expectedVersion: 3}) { deletedId released { id } } }"""

    answer = await api.ask(query, site=site.id, group=group.id, user=user.id)

    assert answer == {
        "first": {"pickupGroup": {"version": 2}, "violations": []},
        "refused": {"pickupGroup": None, "violations": [{"rule": "MEMBER_IN_ANOTHER_GROUP"}]},
        "second": {"pickupGroup": {"version": 3}, "violations": []},
        "late": {"pickupGroup": {"name": "New"}, "violations": [{"rule": "VERSION_CONFLICT"}]},
        "third": {"deletedId": group.id, "released": [{"id": user.id}]},
    }
    assert list(answer) == ["first", "refused", "second", "late", "third"]
    assert [one["kind"] for one in await history(api, site)] == [
        "PICKUP_GROUP_MEMBERS_CHANGED",
        "PICKUP_GROUP_RENAMED",
        "PICKUP_GROUP_DELETED",
    ]


ENGLISH = {
    "NAME_REQUIRED": "Give the group a name.",
    "NAME_TOO_LONG": "The name has 82 characters, but may have at most 80.",
    "NAME_INVALID": "The name holds a control character or one that cannot be seen. Type it again without it.",
    "NAME_TAKEN": "The site has a group named {0} % already. Choose another name.",
    "MEMBER_ON_ANOTHER_SITE": "{Ann} Lee is a user of another site.",
    "MEMBER_IN_ANOTHER_GROUP": "{Ann} Lee is in the group {0} %. Set moveMembers to move them.",
    "STATION_NOT_ELIGIBLE": "{Ann} Lee has a station of type FAX, which may not be in a pickup group.",
    "VERSION_CONFLICT": "The group has changed: its version is 1, not 4. Load it again.",
}
FRENCH = {
    "NAME_REQUIRED": "Donnez un nom au groupe.",
    "NAME_TOO_LONG": "Le nom a 82 caractères, mais peut en avoir 80 au plus.",
    "NAME_INVALID": "Le nom contient un caractère de contrôle ou un caractère invisible. Retapez-le sans lui.",
    "NAME_TAKEN": "Le site a déjà un groupe nommé {0} %. Choisissez un autre nom.",
    "MEMBER_ON_ANOTHER_SITE": "{Ann} Lee est un utilisateur d’un autre site.",
    "MEMBER_IN_ANOTHER_GROUP": "{Ann} Lee est dans le groupe {0} %. Activez moveMembers pour le déplacer.",
    "STATION_NOT_ELIGIBLE": ("{Ann} Lee a un poste de type FAX, qui ne peut pas être dans un groupe d’interception."),
    "VERSION_CONFLICT": "Le groupe a changé\u00a0: sa version est 1, et non 4. Rechargez-le.",
}


@pytest.mark.parametrize(("language", "texts"), [("de, en", ENGLISH), ("fr-CA, en;q=0.5", FRENCH)])
async def test_violation_message_is_in_requested_language(api: Api, language: str, texts: dict[str, str]) -> None:
    site, far = await make_site(), await make_site()
    group, other = await make_group(site), await make_group(site, "{0} %")
    named = [
        await make_user(far, "{Ann}"),
        await make_user(site, "{Ann}", group=other),
        await make_user(site, "{Ann}", station=StationType.FAX),
    ]
    users = [user.id for user in named]
    api.http.headers["Accept-Language"] = language
    said = "violations { rule message }"

    answers = [
        await api.mutate("createPickupGroup", said, siteId=site.id, name=" "),
        await api.mutate("createPickupGroup", said, siteId=site.id, name="x" * 80 + "\nx"),
        await api.mutate("createPickupGroup", said, siteId=site.id, name="{0} %"),
        await api.mutate("addPickupGroupMembers", said, id=group.id, userIds=users, expectedVersion=4),
    ]

    assert {one["rule"]: one["message"] for payload in answers for one in payload["violations"]} == texts


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["site", "pickup group", "user"]),
        ("fr", ["site", "groupe d’interception", "utilisateur"]),
    ],
)
async def test_not_found_message_names_type(api: Api, language: str, texts: list[str]) -> None:
    api.http.headers["Accept-Language"] = language
    said = "violations { message }"

    created = await api.mutate("createPickupGroup", said, siteId="?", name="A", userIds=["?"])
    deleted = await api.mutate("deletePickupGroup", said, id="?")

    found = [one["message"] for payload in (created, deleted) for one in payload["violations"]]
    templates = {"en": "There is no {} with this id.", "fr": "Il n’y a pas de {} avec cet identifiant."}
    site, group, user = texts
    expected = [templates[language].format(noun) for noun in (site, user, group)]
    assert found == [text.replace("de utilisateur", "d’utilisateur") for text in expected]


FORBIDDEN: dict[str, dict[str, Any]] = {
    "createPickupGroup": {"siteId": "Site:1", "name": ""},
    "renamePickupGroup": {"id": "PickupGroup:1", "name": "New"},
    "setPickupGroupMembers": {"id": "PickupGroup:1", "userIds": ["User:1"]},
    "addPickupGroupMembers": {"id": "PickupGroup:1", "userIds": ["?"] * 1001},
    "removePickupGroupMembers": {"id": "PickupGroup:1", "userIds": []},
    "deletePickupGroup": {"id": "?", "dryRun": True},
}


async def test_mutation_without_write_permission_is_forbidden(url: str) -> None:
    async with serving(url, token=token(permissions=[Permission.READ])) as api:
        site = await make_site()
        await make_group(site)
        await make_user(site)

        async with nothing_changes(api):
            answers = {name: await api.attempt(name, "violations { rule }", **FORBIDDEN[name]) for name in FORBIDDEN}

    for name, answer in answers.items():
        (error,) = answer["errors"]
        assert (answer["data"], error["path"]) == (None, [name])
        assert error["extensions"] == {"code": "FORBIDDEN"}
        assert error["message"] == "Your token does not permit changes: it needs the permission WRITE."


async def test_mutation_outside_grant_is_not_found(url: str) -> None:
    async with serving(url, token=token("ann@example.com", sites=["mine"])) as api:
        site, far = await make_site(external_id="mine"), await make_site(external_id="theirs")
        group, far_group = await make_group(site), await make_group(far)
        foreign = await make_user(far, station=StationType.FAX, external_id="their user")
        member = await make_user(far, group=far_group)

        async with nothing_changes(api):
            created = await api.mutate("createPickupGroup", GROUP, siteId=far.id, name="Sales")
            set_ = await api.mutate("setPickupGroupMembers", MEMBERS, id=group.id, userIds=[foreign.id, member.id])
            removed = await api.mutate("removePickupGroupMembers", MEMBERS, id=group.id, userIds=[member.id])
            others = [
                await api.mutate("setPickupGroupMembers", MEMBERS, id=far_group.id, userIds=[foreign.id]),
                await api.mutate("addPickupGroupMembers", MEMBERS, id=far_group.id, userIds=[foreign.id]),
                await api.mutate("removePickupGroupMembers", MEMBERS, id=far_group.id, userIds=[foreign.id]),
            ]
            renamed = await api.mutate("renamePickupGroup", GROUP, id=far_group.id, name="A")
            deleted = await api.mutate("deletePickupGroup", "deletedId violations { rule path }", id=far_group.id)

    assert created == {"pickupGroup": None, "violations": [{"rule": "NOT_FOUND", "path": ["input", "siteId"]}]}
    assert set_["violations"] == [not_found(foreign.id, "userIds", "0"), not_found(member.id, "userIds", "1")]
    assert removed["violations"] == [not_found(member.id, "userIds", "0")]
    for payload in others:
        assert payload["pickupGroup"] is None
        assert payload["violations"] == [not_found(far_group.id, "id"), not_found(foreign.id, "userIds", "0")]
    assert renamed == {"pickupGroup": None, "violations": [{"rule": "NOT_FOUND", "path": ["input", "id"]}]}
    assert deleted == {"deletedId": None, "violations": [{"rule": "NOT_FOUND", "path": ["input", "id"]}]}


async def test_mutation_of_site_grant_reports_rules_and_records_actor(url: str) -> None:
    async with serving(url, token=token("ann@example.com", sites=["mine"])) as api:
        site = await make_site(external_id="mine")
        group, other = await make_group(site), await make_group(site, "Other")
        busy = await make_user(site, group=other)

        refused = await api.mutate("addPickupGroupMembers", MEMBERS, id=group.id, userIds=[busy.id])
        await api.mutate("addPickupGroupMembers", MEMBERS, id=group.id, userIds=[busy.id], moveMembers=True)
        changes = await history(api, site)

    assert refused["violations"] == [in_another_group(0, busy, other)]
    assert [one["actor"] for one in changes] == ["ann@example.com", "ann@example.com"]


async def test_payload_statements_do_not_grow_with_users(api: Api) -> None:
    site = await make_site()
    users = [await make_user(site, exempt=number % 2 == 0) for number in range(40)]
    query = """mutation($site: ID!, $name: String!, $users: [ID!]!) {
      createPickupGroup(input: {siteId: $site, name: $name, userIds: $users, moveMembers: true}) {
        pickupGroup { memberCount members(first: 100) { nodes { id pickupGroup { name } } } }
        bargeInExemptionsCleared { id site { name } } violations { rule } } }"""

    few = await api.statements(query, site=site.id, name="A", users=[user.id for user in users[:4]])
    many = await api.statements(query, site=site.id, name="B", users=[user.id for user in users[4:]])

    assert few == many == (7 if api.database.dialect == "sqlite" else 6)


async def test_payload_without_rows_takes_no_statement(api: Api) -> None:
    await make_site(external_id="s1")
    upsert = """mutation($key: String!) { upsertUsers(input: {users: [
      {externalId: $key, siteExternalId: "s1", firstName: "Ann", stationType: BASIC}]}) {
        added violations { rule } %s } }"""

    without = await api.statements(upsert % "", key="u1")
    with_rows = await api.statements(upsert % "users { id }", key="u2")

    assert with_rows == without + 1


async def test_payload_without_rows_checks_its_arguments(api: Api) -> None:
    await make_site(external_id="s1")
    upsert = """mutation($first: Int!) { upsertUsers(input: {users: [
      {externalId: "u1", siteExternalId: "s1", firstName: "Ann", stationType: BASIC}]}) {
        added membershipsEnded { pickupGroup { members(first: $first) { nodes { id } } } } } }"""

    async with nothing_changes(api):
        answer = await api.answer(upsert, first=101)

    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_mutation_with_unreadable_payload_is_rolled_back(api: Api) -> None:
    site = await make_site()
    group, user = await make_group(site), await make_user(site)
    wrong = ["first: 101", "first: -1", "first: 1, last: 1", 'after: "no cursor"']

    async with nothing_changes(api):
        answers = [
            await api.attempt(
                "addPickupGroupMembers",
                f"pickupGroup {{ members({page}) {{ nodes {{ id }} }} }}",
                id=group.id,
                userIds=[user.id],
            )
            for page in wrong
        ]

    assert [answer["data"] for answer in answers] == [None] * len(wrong)
    for answer in answers:
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["path"] == ["addPickupGroupMembers"]
        assert error["message"].startswith("members(")


@ON_POSTGRES
async def test_user_of_other_site_removed_meanwhile_is_not_found(database: Database, url: str) -> None:
    site, far = await make_site(), await make_site()
    foreign = await make_user(far)
    references = [NodeReference(foreign.id, foreign.key)]
    user = FieldSelection("user", "user", "user", {"User": SelectionSet([FieldSelection("id", "id", "id")])})
    on_another_site = {"MemberOnAnotherSite": SelectionSet([user]), "NotFound": SelectionSet([])}
    violations = FieldSelection("violations", "violations", "violations", on_another_site)
    root = FieldSelection("added", "added", "added", {"PickupGroupMembersPayload": SelectionSet([violations])})
    mutation = MutationContext(database, root_field(root), str)

    async def command(transaction: Transaction, locked: LockedSite | None) -> MutationResult:
        assert locked is not None
        found = await fetch_membership(transaction, ANONYMOUS, references)
        await execute(url, f"DELETE FROM users WHERE id = {foreign.key}")
        target = Target(locked.key, None)
        return MutationResult(violations=[*users_may_join(references, found.users, target, move=False, names={})])

    result = await run_in_site_transaction(mutation, lock_site, NodeReference(site.id, site.key), command)

    assert [violation.rule for violation in result.violations] == [Rule.NOT_FOUND]
