"""How many WebSockets and event streams a caller may have open."""

import httpx
import pytest

from graph.transport import connections
from tests.graph.conftest import Serve
from tests.support import trial
from tests.support.endpoint import only_error
from tests.support.serving import SECRET, token
from tests.support.waiting import eventually
from tests.support.websocket import opened

MALLORY, BOB = ({"Authorization": f"Bearer {token(name)}"} for name in ("mallory", "bob"))
SILENCE = {"query": "subscription { silence }"}
EVENTS = {"Accept": "text/event-stream"}


async def test_connections_of_a_caller_are_bounded(listen: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_OF_CALLER", 2)

    async def is_served(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
        async with client.stream("POST", "/graphql", json=SILENCE, headers=EVENTS | headers) as response:
            if response.status_code == 200:
                return True
            await response.aread()
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")
            assert only_error(response)["extensions"] == {"code": "UNAVAILABLE"}
            return False

    async with listen(trial.schema, jwt_secret=SECRET) as client:
        async with opened(client) as first, opened(client) as second, opened(client) as third:
            await first.initialise(**MALLORY)
            await second.initialise(**MALLORY)
            await third.send({"type": "connection_init", "payload": MALLORY})
            assert await third.closed_with() == 1013
            assert not await is_served(client, MALLORY)
            assert await is_served(client, BOB)

        async def is_served_again() -> bool:
            return await is_served(client, MALLORY)

        await eventually(is_served_again, "the connections have ended")


async def test_connections_of_a_server_without_keys_are_not_bounded(
    listen: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_OF_CALLER", 1)
    async with listen(trial.schema) as client, opened(client) as socket:
        await socket.initialise()
        async with client.stream("POST", "/graphql", json=SILENCE, headers=EVENTS) as response:
            assert response.status_code == 200
