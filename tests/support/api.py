"""A client of the server under test, as a front end would be one."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from models.database import timing
from models.database.database import Database


@dataclass
class Api:
    """Asks the server over HTTP; `database` is the one that it serves."""

    http: httpx.AsyncClient
    database: Database

    async def answer(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The whole answer, errors and all."""
        # Escaped, so that a lone surrogate can be sent too.
        body = json.dumps({"query": query, "variables": variables})
        response = await self.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
        answer: dict[str, Any] = response.json()
        return answer

    async def ask(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The data of an answer that must be without errors."""
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def error(self, query: str, /, **variables: Any) -> dict[str, Any]:
        """The one error of an answer that must have one."""
        answer = await self.answer(query, **variables)
        (error,) = answer["errors"]
        assert isinstance(error, dict)
        return error

    async def attempt(self, name: str, selection: str, /, **given: Any) -> dict[str, Any]:
        """The whole answer to a mutation with that input, errors and all."""
        input_type = {
            "createPickupGroup": "CreatePickupGroupInput",
            "renamePickupGroup": "RenamePickupGroupInput",
            "setPickupGroupMembers": "SetPickupGroupMembersInput",
            "addPickupGroupMembers": "ChangePickupGroupMembersInput",
            "removePickupGroupMembers": "ChangePickupGroupMembersInput",
            "updatePickupGroup": "UpdatePickupGroupInput",
            "deletePickupGroup": "DeletePickupGroupInput",
            "upsertSites": "UpsertSitesInput",
            "upsertUsers": "UpsertUsersInput",
            "removeUsers": "RemoveUsersInput",
            "removeSites": "RemoveSitesInput",
        }[name]
        query = f"mutation($input: {input_type}!) {{ {name}(input: $input) {{ {selection} }} }}"
        return await self.answer(query, input=given)

    async def mutate(self, name: str, selection: str, /, **given: Any) -> dict[str, Any]:
        """The payload of a mutation with that input, of an answer that must be without errors."""
        answer = await self.attempt(name, selection, **given)
        assert "errors" not in answer, answer["errors"]
        payload: dict[str, Any] = answer["data"][name]
        return payload

    async def statements(self, query: str, /, **variables: Any) -> int:
        """How many SQL statements the server runs for a query that must be without errors."""
        seen: list[float] = []
        timing.listeners.append(seen.append)
        try:
            await self.ask(query, **variables)
        finally:
            timing.listeners.remove(seen.append)
        return len(seen)
