"""A proxy to a server that can fall silent: what is sent no longer arrives, and neither side gets an error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit


class Wire:
    """`url` leads to the database that another URL leads to."""

    url: str

    def __init__(self, host: str, port: int) -> None:
        self._far_end = host, port
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._connections: set[asyncio.Task[None]] = set()

    def fall_silent(self) -> None:
        self._speaks.clear()

    def speak(self) -> None:
        """What was sent meanwhile arrives now."""
        self._speaks.set()

    def lose_connections(self) -> None:
        """Those that there are stay silent for ever; new ones do not."""
        self.fall_silent()
        self._speaks = asyncio.Event()
        self._speaks.set()

    def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(asyncio.create_task(self._connect(reader, writer)))

    async def cut(self) -> None:
        """Breaks off every connection."""
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with AsyncExitStack() as stack:
            stack.callback(writer.close)
            speaks = self._speaks
            await speaks.wait()
            with suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection(*self._far_end)
                stack.callback(far_writer.close)
                await asyncio.gather(self._carry(reader, far_writer, speaks), self._carry(far_reader, writer, speaks))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, speaks: asyncio.Event) -> None:
        while data := await reader.read(65_536):
            await speaks.wait()
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[Wire]:
    parts = urlsplit(url)
    wire = Wire(parts.hostname or "127.0.0.1", parts.port or 5432)
    server = await asyncio.start_server(wire.connect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    user = parts.netloc.rpartition("@")[0]
    wire.url = urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
    try:
        yield wire
    finally:
        server.close()
        await wire.cut()
