"""Random sequences of mutations against a small model of the domain: every answer is the one that it predicts."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.app import create_app
from graph.settings import Settings
from models.checking import find_faults
from models.user import StationType
from tests.api import Api
from tests.factories import make_site, make_user

NAMES = ["Sales", "SALES", "Étage", "Etage", "  Étage ", ""]
USERS, FAX, FOREIGN = 5, 5, 6
"""Users 0 to 4 may join, 5 has a fax, 6 is of another site, 7 is nobody."""

action = st.tuples(
    st.sampled_from(["create", "rename", "set", "add", "remove", "delete"]),
    st.integers(0, 3),
    st.sampled_from(NAMES),
    st.lists(st.integers(0, 7), max_size=4),
    st.booleans(),
    st.booleans(),
)


@dataclass
class Group:
    name: str
    members: set[int] = field(default_factory=set)
    version: int = 1


@dataclass
class Model:
    """What must be true: groups in the order of their making, and who is still exempt."""

    groups: dict[str, Group] = field(default_factory=dict)
    exempt: set[int] = field(default_factory=lambda: {0, 1})
    revision: int = 0

    def of(self, user: int) -> str | None:
        return next((key for key, group in self.groups.items() if user in group.members), None)

    def name_rules(self, name: str, but: str | None = None) -> list[str]:
        if not name.strip():
            return ["NAME_REQUIRED"]
        taken = any(key != but and one.name.casefold() == name.strip().casefold() for key, one in self.groups.items())
        return ["NAME_TAKEN"] if taken else []

    def join_rules(self, users: list[int], group: str | None, *, move: bool) -> list[str]:
        rules = []
        for user in dict.fromkeys(users):
            current = self.of(user)
            if user > FOREIGN:
                rules.append("NOT_FOUND")
            elif user == FOREIGN:
                rules.append("MEMBER_ON_ANOTHER_SITE")
            elif user == FAX:
                rules.append("STATION_NOT_ELIGIBLE")
            elif current is not None and current != group and not move:
                rules.append("MEMBER_IN_ANOTHER_GROUP")
        return rules

    def join(self, users: set[int], key: str) -> None:
        for loser in {self.of(user) for user in users} - {None, key}:
            assert loser is not None
            self.groups[loser].members -= users
            self.groups[loser].version += 1
            self.revision += 1
        self.groups[key].members |= users
        self.exempt -= users


async def act(api: Api, model: Model, site: str, ids: list[str], one: tuple[Any, ...]) -> None:
    """Does one thing, and holds the answer against the model, which is then brought further."""
    what, place, name, users, move, dry = one
    keys = list(model.groups)
    key = keys[place] if place < len(keys) else "PickupGroup:0"
    group = model.groups.get(key)
    named = [ids[user] for user in users]
    given_users = {"userIds": named, "moveMembers": move}
    selection = "violations { rule }"
    if what == "create":
        expected = model.name_rules(name) + model.join_rules(users, None, move=move)
        payload = await api.mutate(
            "createPickupGroup", f"pickupGroup {{ id }} {selection}", siteId=site, name=name, dryRun=dry, **given_users
        )
        if not expected and not dry:
            made = payload["pickupGroup"]["id"]
            model.groups[made] = Group(name.strip())
            model.join(set(users), made)
            model.revision += 1
    elif what == "rename":
        expected = model.name_rules(name, key) if group else ["NOT_FOUND", *(["NAME_REQUIRED"] if not name else [])]
        payload = await api.mutate("renamePickupGroup", selection, id=key, name=name, dryRun=dry)
        if group and not expected and not dry and group.name != name.strip():
            group.name, group.version, model.revision = name.strip(), group.version + 1, model.revision + 1
    elif what == "delete":
        expected = [] if group else ["NOT_FOUND"]
        payload = await api.mutate("deletePickupGroup", selection, id=key, dryRun=dry)
        if group and not dry:
            del model.groups[key]
            model.revision += 1
    else:
        expected, payload = await act_on_members(api, model, (what, key, group), users, given_users | {"dryRun": dry})
    assert [violation["rule"] for violation in payload["violations"]] == expected


async def act_on_members(
    api: Api, model: Model, target: tuple[str, str, Group | None], users: list[int], given_input: dict[str, Any]
) -> tuple[list[str], dict[str, Any]]:
    what, key, group = target
    found = dict.fromkeys(users)
    if what == "remove":
        expected = ["NOT_FOUND" for user in found if user > FOREIGN]
    elif group:
        expected = model.join_rules(users, key, move=given_input["moveMembers"])
    else:
        rules = {FAX: "STATION_NOT_ELIGIBLE", FOREIGN + 1: "NOT_FOUND"}
        expected = [rules[user] for user in found if user in rules]
    payload = await api.mutate(f"{what}PickupGroupMembers", "violations { rule }", id=key, **given_input)
    if group is None:
        return ["NOT_FOUND", *expected], payload
    before = set(group.members)
    after = {"set": set(users), "add": before | set(users), "remove": before - set(users)}[what]
    if not expected and not given_input["dryRun"] and after != before:
        group.members &= after
        model.join(after - before, key)
        group.version += 1
        model.revision += 1
    return expected, payload


async def play(url: str, actions: list[tuple[Any, ...]]) -> None:
    app = create_app(Settings(database_url=url, log_level="error"))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1") as http,
    ):
        api, model = Api(http, app.state.database), Model()
        site, other = await make_site(), await make_site()
        users = [await make_user(site, exempt=place in model.exempt) for place in range(USERS)]
        users += [await make_user(site, station=StationType.FAX), await make_user(other)]
        ids = [*(user.id for user in users), "User:0"]
        for one in actions:
            await act(api, model, site.id, ids, one)
        query = """query($id: ID!) { site(id: $id) { revision pickupGroups(first: 100) { nodes { id name version
          members(first: 100) { nodes { id } } } } users { nodes { id bargeInExempt } } } }"""
        found = (await api.ask(query, id=site.id))["site"]
        faults = await find_faults(api.database)
    assert found["revision"] == model.revision
    assert {
        one["id"]: Group(one["name"], {ids.index(user["id"]) for user in one["members"]["nodes"]}, one["version"])
        for one in found["pickupGroups"]["nodes"]
    } == model.groups
    assert {ids.index(user["id"]) for user in found["users"]["nodes"] if user["bargeInExempt"]} == model.exempt
    assert faults == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=st.lists(action, min_size=5, max_size=25))
def test_every_sequence_of_mutations_ends_as_the_model_says(url: str, actions: list[tuple[Any, ...]]) -> None:
    asyncio.run(play(url, actions))
