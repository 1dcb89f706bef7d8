"""`pickup serve` in processes of its own, to be killed and stopped."""

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.support.databases import free_port
from tests.support.serving import PICKUP, SECRET
from tests.support.waiting import eventually


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
        """Until it is ready."""
        # A session of its own: the whole group can be killed.
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
            self._command, env=self._environment, stderr=self._log, stdout=self._log, start_new_session=True
        )
        await self.ready()

    async def ready(self) -> None:
        """Until it says that it is."""
        async with httpx.AsyncClient(base_url=self.address) as client:

            async def look() -> bool:
                assert self._process is not None
                assert self._process.poll() is None, self.log()
                try:
                    return (await client.get("/readyz")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(look, "ready to serve", 60)

    def children(self) -> list[int]:
        """The workers' processes."""
        tasks = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(one) for one in tasks if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]

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

        await eventually(look, "ended")
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
