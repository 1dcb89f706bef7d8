"""The servers that are measured, each a process pinned to one core, and what the kernel says of them."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.databases import free_port

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_STARTED_WITHIN_S = 60
_BIN = Path(sys.executable).parent
SERVER_CORE, LOAD_CORE = 0, (os.cpu_count() or 1) - 1
"""The last core has the load; where there is but one, all share it."""

SECRET = secrets.token_hex(32)


@dataclass(frozen=True)
class Server:
    """A process that serves on a port."""

    port: int
    pid: int

    def cpu_ms(self) -> float:
        """What it has used of the processor so far, all its threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK_MS

    def peak_mib(self) -> float:
        """The most memory that it has had so far."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) / 1024


@contextmanager
def floor(url: str) -> Iterator[Server]:
    port = free_port()
    options = ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--log-level", "error"]
    with _started(port, ["uvicorn", "tests.benchmark.floor:app", *options], {"FLOOR_DATABASE_URL": url}) as server:
        yield server


@contextmanager
def pickup(url: str) -> Iterator[Server]:
    """With tokens, limits, the log and the figures as they are for everybody."""
    port = free_port()
    environment = {"PICKUP_DATABASE_URL": url, "PICKUP_JWT_SECRET": SECRET}
    with _started(port, ["pickup", "serve", "--port", str(port)], environment) as server:
        yield server


@contextmanager
def _started(port: int, command: list[str], environment: Mapping[str, str]) -> Iterator[Server]:
    with subprocess.Popen(
        [_BIN / command[0], *command[1:]],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.sched_setaffinity(process.pid, {SERVER_CORE})
        try:
            _wait(process, port)
            yield Server(port, process.pid)
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _STARTED_WITHIN_S
    while True:
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the server did not start: {process.args!r}")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
