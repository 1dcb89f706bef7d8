"""Random sequences of mutations against a model of the domain: every answer is the one that it predicts."""

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain.rules import Rule
from models.integrity.check import find_problems
from models.user import StationType
from tests.support.api import Api
from tests.support.domain import NAMES, RULES, Answer, Call, Group, Site, User
from tests.support.factories import make_site, make_user
from tests.support.serving import serving_in_runner

USERS = 9
GROUP = "pickupGroup { id name version members(first: 100) { nodes { id } } site { revision } }"
SELECTIONS = {
    "create": f"{GROUP} bargeInExemptionsCleared {{ id }}",
    "rename": GROUP,
    "set": f"{GROUP} added {{ id }} removed {{ id }} bargeInExemptionsCleared {{ id }}",
    "delete": "deletedId released { id }",
}
SITE = """query($id: ID!) { site(id: $id) { revision
  pickupGroups(first: 100) { nodes { id name version members(first: 100) { nodes { id } } } }
  users { nodes { id bargeInExempt } }
  changes(first: 100) { nodes { revision kind pickupGroupId nameBefore nameAfter
    membersAdded membersRemoved bargeInExemptionsCleared } } } }"""

VALID = [name for name, faults in NAMES.items() if not faults]
OPENING = [
    Call("create", 0, "Sales", (1, 2), None, move=False, dry_run=False),
    Call("create", 0, "Étage", (3,), None, move=False, dry_run=False),
    Call("create", 0, "Two words", (), None, move=False, dry_run=False),
]
"""So that there are groups to begin with."""

mutations = ["create", "rename", "set", "set", "add", "add", "remove", "delete"]
names = st.sampled_from([*VALID, *VALID, *NAMES])
places = st.lists(st.sampled_from([*range(5)] * 10 + [*range(5, USERS)]), max_size=5).map(tuple)
calls = st.sampled_from([*mutations, "update", "update"]).flatmap(
    lambda mutation: st.builds(
        Call,
        mutation=st.just(mutation),
        group=st.integers(0, 3),
        name=names if mutation != "update" else st.none() | names,
        users=places,
        behind=st.sampled_from([None, None, None, None, None, None, 0, 0, 0, 0, 1, -1]),
        move=st.sampled_from([True, True, False]),
        dry_run=st.sampled_from([False, False, False, True]),
        leaving=places if mutation == "update" else st.just(()),
    )
)


async def make_directory(api: Api) -> tuple[str, list[User]]:
    """The id of a new site, with five users who may join a group, and four who may not."""
    site, far = await make_site(), await make_site()
    rows = [await make_user(site, exempt=place < 2) for place in range(5)]
    users = [User(row.id, exempt=row.barge_in_exempt) for row in rows]
    users.append(User((await make_user(site, station=StationType.FAX)).id, eligible=False))
    users.append(User((await make_user(far)).id, here=False))
    await api.mutate("createPickupGroup", "violations { rule }", siteId=far.id, name="Far", userIds=[users[-1].id])
    users.append(User((await make_user(far, station=StationType.VOICEMAIL_ONLY)).id, here=False, eligible=False))
    return site.id, [*users, User("User:0", found=False)]


def input_of(call: Call, site_id: str, site: Site) -> dict[str, Any]:
    group = site.target(call)
    given_input: dict[str, Any] = {"dryRun": call.dry_run}
    if call.mutation == "create":
        given_input["siteId"] = site_id
    else:
        given_input["id"] = group.id if group else "PickupGroup:0"
        if call.behind is not None:
            given_input["expectedVersion"] = (group.version if group else 1) - call.behind
    if call.mutation in ("create", "rename", "update"):
        given_input["name"] = call.name
    if call.mutation not in ("rename", "delete"):
        users = "addUserIds" if call.mutation == "update" else "userIds"
        given_input |= {users: [user.id for user in site.named(call.users)], "moveMembers": call.move}
    if call.mutation == "update":
        given_input["removeUserIds"] = [user.id for user in site.named(call.leaving)]
    return given_input


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def seen(found: dict[str, Any] | None) -> Group | None:
    """A group as an answer has it."""
    if found is None:
        return None
    return Group(found["id"], found["name"], set(ids(found["members"]["nodes"])), found["version"])


async def act(api: Api, site_id: str, site: Site, call: Call) -> None:
    """Makes the call, brings the model further, and holds the answer against it."""
    name = f"{call.mutation}PickupGroup" + ("Members" if call.mutation in ("set", "add", "remove") else "")
    selection = SELECTIONS.get(call.mutation, SELECTIONS["set"])
    given_input = input_of(call, site_id, site)
    expected = site.answer(call)

    payload = await api.mutate(name, f"violations {{ rule path }} {selection}", **given_input)

    group = payload.get("pickupGroup")
    if expected.kept:
        site.keep(call, expected, group["id"] if group else None)
        if group and call.mutation == "create":
            expected.group = site.groups[group["id"]]
    assert (
        Answer(
            violations=[(one["rule"], one["path"]) for one in payload["violations"]],
            group=seen(group),
            added=ids(payload["added"]) if "added" in payload else expected.added,
            removed=set(ids(payload.get("removed", payload.get("released", [])))),
            cleared=ids(payload.get("bargeInExemptionsCleared", [])),
            deleted=payload.get("deletedId") is not None,
            kept=expected.kept,
        )
        == expected
    )
    if group:
        assert group["site"] == {"revision": len(site.history)}


def replayed(changes: list[dict[str, Any]]) -> dict[str, tuple[str, set[str]]]:
    """The groups that a history leads to: the name and the members of each."""
    groups: dict[str, tuple[str, set[str]]] = {}
    for change in changes:
        key = change["pickupGroupId"]
        name, members = groups.pop(key, ("", set()))
        assert change["nameBefore"] in (name, None)
        assert members.issuperset(change["membersRemoved"])
        assert members.isdisjoint(change["membersAdded"])
        members = (members - set(change["membersRemoved"])) | set(change["membersAdded"])
        if change["kind"] == "PICKUP_GROUP_DELETED":
            assert members == set()
        else:
            groups[key] = (change["nameAfter"] or name, members)
    return groups


async def play(api: Api, sequence: list[Call]) -> None:
    site_id, users = await make_directory(api)
    site = Site(users)
    for call in [*OPENING, *sequence]:
        await act(api, site_id, site, call)

    found = (await api.ask(SITE, id=site_id))["site"]
    changes = found["changes"]["nodes"]

    assert {one["id"]: seen(one) for one in found["pickupGroups"]["nodes"]} == site.groups
    assert {one["id"] for one in found["users"]["nodes"] if one["bargeInExempt"]} == {
        user.id for user in users if user.exempt
    }
    assert (found["revision"], changes) == (len(site.history), site.history)
    assert replayed(changes) == {group.id: (group.name, group.members) for group in site.groups.values()}


TESTS = Path(__file__).parents[1] / "resolvers"
NOT_IN_MODEL = {
    Rule.INVALID_VALUE: ("test_upsert_sites.py", "test_upsert_users.py"),
    Rule.DUPLICATE_ROW: ("test_upsert_sites.py", "test_upsert_users.py"),
    Rule.SITE_IN_USE: ("test_upsert_sites.py",),
}
"""Rules that the calls below cannot break, with the tests that do."""


def test_every_rule_is_in_the_model_or_tested() -> None:
    assert {Rule(name) for name in RULES} | NOT_IN_MODEL.keys() == set(Rule)
    for rule, files in NOT_IN_MODEL.items():
        assert [file for file in files if rule.name not in (TESTS / file).read_text(encoding="utf-8")] == []


def test_mutations_equal_domain_model(url: str) -> None:
    with serving_in_runner(url) as (runner, api):

        @settings(max_examples=25, deadline=None)
        @given(sequence=st.lists(calls, min_size=15, max_size=25))
        def play_all(sequence: list[Call]) -> None:
            runner.run(play(api, sequence))

        play_all()

        assert runner.run(find_problems(api.database)) == []
