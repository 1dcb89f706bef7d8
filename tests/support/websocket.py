"""A client of the protocol graphql-transport-ws."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.serving import PROTOCOL


class Socket:
    """A client of the protocol."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: object) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def initialise(self, **payload: str) -> None:
        await self.send({"type": "connection_init", "payload": payload})
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, key: str, query: str, **more: Any) -> None:
        await self.send({"type": "subscribe", "id": key, "payload": {"query": query, **more}})

    async def closed_with(self) -> int:
        with suppress(ConnectionClosed):
            async for _message in self.connection:
                pass
        code = self.connection.close_code
        assert code is not None
        return code


@asynccontextmanager
async def opened(
    client: httpx.AsyncClient, origin: str | None = None, protocol: str = PROTOCOL, path: str = "/graphql"
) -> AsyncIterator[Socket]:
    url = f"ws://{client.base_url.netloc.decode()}{path}"
    headers = {"Origin": origin} if origin else {}
    async with connect(url, subprotocols=[Subprotocol(protocol)], additional_headers=headers, proxy=None) as connection:
        yield Socket(connection)
