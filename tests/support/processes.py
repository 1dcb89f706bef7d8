"""`pickup serve` in processes of its own, to be killed and stopped."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

from tests.support.databases import free_port
from tests.support.serving import PICKUP, SECRET
from tests.support.waiting import eventually

_LISTENING = "0A"
"""The state of a socket in /proc/net/tcp."""


def environment(url: str, settings: dict[str, str]) -> dict[str, str]:
    """Without coverage: it slows the server, and loses its data if the process is killed."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PICKUP_", "COVERAGE_"))}
    return {
        **kept,
        "PICKUP_DATABASE_URL": url,
        "PICKUP_JWT_SECRET": SECRET,
        "PICKUP_LOG_LEVEL": "warning",
        **settings,
    }


class ServerProcess:
    """The server on one port and database, started as often as needed."""

    def __init__(self, url: str, workers: int, settings: dict[str, str], command: Sequence[str]) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._command = [*command, "serve", "--port", str(self.port), "--workers", str(workers)]
        self._environment = environment(url, settings)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._process: subprocess.Popen[bytes] | None = None
        self.workers = workers

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        """What it has said so far."""
        self._log.seek(0)
        return self._log.read().decode()

    async def start(self) -> None:
        """Until all its workers are ready."""
        # A session of its own: the whole group can be killed.
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
            self._command, env=self._environment, stderr=self._log, stdout=self._log, start_new_session=True
        )
        await self.ready()

    async def ready(self) -> None:
        """Until it says that it is, and, on Linux, every worker takes connections: any of them may have said it."""
        async with httpx.AsyncClient(base_url=self.address) as client:

            async def look() -> bool:
                assert self._process is not None
                assert self._process.poll() is None, self.log()
                try:
                    is_ready = (await client.get("/readyz")).status_code == 200
                except httpx.TransportError:
                    return False
                return is_ready and (self.workers == 1 or sys.platform != "linux" or self._all_take_connections())

            await eventually(look, "ready to serve", 120)

    def children(self) -> list[int]:
        """The workers' processes."""
        found = []
        for one in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            with suppress(OSError):  # it has ended meanwhile
                if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes():
                    found.append(int(one))
        return found

    def _all_take_connections(self) -> bool:
        workers = self.children()
        return len(workers) == self.workers and all(map(self._takes_connections, workers))

    def _takes_connections(self, worker: int) -> bool:
        """Whether the process waits at the socket of the port: the kernel shows what each one waits for."""
        sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
        (inode,) = [one[9] for one in sockets if one[1] == f"0100007F:{self.port:04X}" and one[3] == _LISTENING]
        with suppress(OSError):  # it has ended meanwhile
            waits = (file.read_text() for file in Path(f"/proc/{worker}/fdinfo").iterdir())
            return any(f"ino:{int(inode):x} " in one for one in waits)
        return False

    async def kill(self) -> None:
        """SIGKILL to every process at once."""
        os.killpg(self.pid, signal.SIGKILL)
        await self.ended()

    def tell_to_stop(self) -> None:
        os.kill(self.pid, signal.SIGTERM)

    async def ended(self) -> int:
        """Wait for its end; the exit code."""
        process = self._process
        assert process is not None

        async def look() -> bool:
            return process.poll() is not None

        await eventually(look, "ended", 30)
        return process.returncode

    async def stop(self) -> None:
        self.tell_to_stop()
        assert await self.ended() == 0, self.log()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait(5)
        self._log.close()


@asynccontextmanager
async def served(
    url: str, *, workers: int = 1, wrapper: Sequence[str] = (), program: Path = PICKUP, **settings: str
) -> AsyncIterator[ServerProcess]:
    """The server, started; `wrapper` is a command that starts it. Whatever is left of it in the end is killed."""
    server = ServerProcess(url, workers, settings, [*wrapper, str(program)])
    try:
        await server.start()
        yield server
    finally:
        await asyncio.to_thread(server.close)
