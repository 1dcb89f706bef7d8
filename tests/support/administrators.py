"""Administrators who all change the groups of one site at once, and the answers that they get."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from models.site import Site
from models.user import StationType
from tests.support.factories import make_site, make_user
from tests.support.serving import token

GROUP = "pickupGroup { id version site { revision } }"
VIOLATIONS = "violations { rule }"
MUTATIONS = {
    "createPickupGroup": ("CreatePickupGroupInput", GROUP),
    "renamePickupGroup": ("RenamePickupGroupInput", GROUP),
    "setPickupGroupMembers": ("SetPickupGroupMembersInput", f"{GROUP} added {{ id }} removed {{ id }}"),
    "addPickupGroupMembers": ("ChangePickupGroupMembersInput", f"{GROUP} added {{ id }} removed {{ id }}"),
    "removePickupGroupMembers": ("ChangePickupGroupMembersInput", f"{GROUP} added {{ id }} removed {{ id }}"),
    "deletePickupGroup": ("DeletePickupGroupInput", "deletedId released { id }"),
}
"""The input's type and what is asked of the payload, by the mutation's name."""

MOST_GROUPS = 12
"""So few that the calls conflict."""


@dataclass(slots=True)
class Call:
    """One call, with a subject of its own, by which its changes are found in the change log."""

    subject: str
    mutation: str
    given: dict[str, Any]
    seconds: float = 0.0
    payload: dict[str, Any] | None = None
    code: str | None = None

    @property
    def acknowledged(self) -> bool:
        return self.payload is not None

    @property
    def answered(self) -> bool:
        return self.acknowledged or self.code is not None


@dataclass
class Crowd:
    """Who changes a site, with what they know and have done."""

    site: Site
    users: list[str]
    calls: list[Call] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    @classmethod
    async def of_new_site(cls, users: int = 40) -> "Crowd":
        """In the database that is open: a site, some of whose users are exempt, and some may not join a group."""
        site = await make_site("Busy")
        made = [
            await make_user(
                site,
                "Pat",
                f"Name{number}",
                station=StationType.FAX if number % 10 == 0 else StationType.BASIC,
                exempt=number % 7 == 1,
            )
            for number in range(users)
        ]
        return cls(site, [user.id for user in made])

    async def act(self, address: str, clients: int, go_on: Callable[[], bool]) -> None:
        """All call at once, each the next when the last was answered, for as long as `go_on` says."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(clients):
                tasks.create_task(self._administrator(address, go_on))

    async def _administrator(self, address: str, go_on: Callable[[], bool]) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=60) as http:
            while go_on():
                call = self.next_call()
                await self.make(http, call)
                if call.code in {"NO_ANSWER", "UNHEARD"}:
                    # The server is away and refuses at once: give the other clients their turn.
                    await asyncio.sleep(0.01)

    async def make(self, http: httpx.AsyncClient, call: Call) -> None:
        """Makes the call; a code NO_ANSWER says that it may have been heard or not, UNHEARD that it was not."""
        self.calls.append(call)
        input_type, selection = MUTATIONS[call.mutation]
        query = f"mutation($input: {input_type}!) {{ {call.mutation}(input: $input) {{ {selection} {VIOLATIONS} }} }}"
        began = time.perf_counter()
        try:
            response = await http.post(
                "/graphql",
                json={"query": query, "variables": {"input": call.given}},
                headers={"Authorization": f"Bearer {token(call.subject)}"},
            )
        except httpx.ConnectError:
            call.code = "UNHEARD"
            return
        except httpx.TransportError:
            call.code = "NO_ANSWER"
            return
        finally:
            call.seconds = time.perf_counter() - began
        answer = response.json()
        if "errors" in answer:
            call.code = answer["errors"][0]["extensions"]["code"]
            return
        call.payload = answer["data"][call.mutation]
        self._learn(call)

    def _learn(self, call: Call) -> None:
        assert call.payload is not None
        group = call.payload.get("pickupGroup")
        if group is not None:
            self.versions[group["id"]] = group["version"]
            if call.mutation == "createPickupGroup":
                self.groups.append(group["id"])
        deleted = call.payload.get("deletedId")
        if deleted in self.groups:
            self.groups.remove(deleted)

    def next_call(self) -> Call:
        dice = self.dice
        mutation = dice.choice(list(MUTATIONS))
        if mutation == "deletePickupGroup" and len(self.groups) < MOST_GROUPS:
            mutation = "addPickupGroupMembers"
        if not self.groups or (mutation == "createPickupGroup" and len(self.groups) >= 2 * MOST_GROUPS):
            mutation = "deletePickupGroup" if self.groups else "createPickupGroup"
        given: dict[str, Any] = {}
        if mutation in {"createPickupGroup", "renamePickupGroup"}:
            given["name"] = f"Group {dice.randrange(3 * MOST_GROUPS)}"
        if mutation == "createPickupGroup":
            given["siteId"] = self.site.id
        else:
            given["id"] = dice.choice(self.groups)
            if dice.random() < 0.2:
                given["expectedVersion"] = self.versions[given["id"]]
        if mutation not in {"renamePickupGroup", "deletePickupGroup"}:
            given["userIds"] = dice.sample(self.users, dice.randrange(4))
            given["moveMembers"] = dice.random() < 0.7
        return Call(f"call-{len(self.calls)}", mutation, given)

    @property
    def codes(self) -> Counter[str]:
        """How many calls failed, by code."""
        return Counter(call.code for call in self.calls if call.code is not None)

    @property
    def violations(self) -> Counter[str]:
        return Counter(one["rule"] for call in self.calls if call.payload for one in call.payload["violations"])

    def figures(self, seconds: float) -> str:
        """Of the acknowledged calls."""
        took = sorted(call.seconds for call in self.calls if call.acknowledged)
        kept = f"{len(took)} calls in {seconds:.1f} s: {len(took) / seconds:.0f} a second"
        return f"{kept}, median {took[len(took) // 2] * 1000:.0f} ms, p99 {took[len(took) * 99 // 100] * 1000:.0f} ms"
