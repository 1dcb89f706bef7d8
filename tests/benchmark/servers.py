"""The servers that are measured, each a process pinned to one core, and what the kernel reports of them."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jwt

from tests.support.databases import free_port

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_STARTED_WITHIN_S = 60
SERVER_CORE, LOAD_CORE = 0, (os.cpu_count() or 1) - 1
"""The last core has the load; if there is only one, all share it."""

SECRET = secrets.token_hex(32)

# `graph.cli` was a module before it was a package.
_COMMAND = """
try:
    from graph.cli.main import main
except ImportError:
    from graph.cli import main
main()
"""


def sign_token(sites: Sequence[str] | None = None, subject: str = "benchmark") -> str:
    """A token that may read and write the sites of these external ids; None: all sites."""
    claims = {
        "sub": subject,
        "exp": int(time.time()) + 24 * 3_600,
        "permissions": ["READ", "WRITE"],
        "sites": ["*"] if sites is None else sites,
    }
    return jwt.encode(claims, SECRET, "HS256")


def sign_tokens(callers: int, sites: Sequence[str] | None = None) -> list[str]:
    """The tokens of so many callers, who may read and write these sites. One caller alone gets a share only."""
    return [sign_token(sites, f"benchmark-{number}") for number in range(callers)]


@dataclass(frozen=True)
class Checkout:
    """A checkout of the project, run by the Python of its own `.venv` if it has one, else by this one."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        """The command `pickup` of this checkout."""
        return [self.python, "-c", _COMMAND, *arguments]

    @property
    def python(self) -> str:
        own = self.folder / ".venv/bin/python"
        return str(own) if own.exists() and self != HERE else sys.executable

    def environment(self, url: str) -> dict[str, str]:
        """With tokens, limits, log and metrics as they are by default."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("PICKUP_")},
            "PYTHONPATH": str(self.folder),
            "PICKUP_DATABASE_URL": url,
            "PICKUP_JWT_SECRET": SECRET,
        }

    def migrate(self, url: str) -> None:
        command = self.command("migrate")
        subprocess.run(command, check=True, cwd=self.folder, env=self.environment(url), stdout=subprocess.DEVNULL)

    @contextmanager
    def serve(self, url: str, *, without: str | None = None) -> Iterator["Server"]:
        """Serve the database; `without` one of the tricks for speed."""
        port = free_port()
        command = self.command("serve", "--port", str(port))
        if without is not None:
            command = [self.python, "-m", "tests.benchmark.without", without, "serve", "--port", str(port)]
        with _started(command, port, self.folder, self.environment(url)) as server:
            yield server


HERE = Checkout(Path(__file__).resolve().parents[2])


@contextmanager
def serve_floor(url: str) -> Iterator["Server"]:
    """Serve the hand-written endpoints."""
    port = free_port()
    options = ["--port", str(port), "--loop", "uvloop", "--http", "httptools", "--log-level", "error"]
    command = [HERE.python, "-m", "uvicorn", "tests.benchmark.floor:app", *options]
    environment = {**HERE.environment(url), "FLOOR_DATABASE_URL": url}
    with _started(command, port, HERE.folder, environment) as server:
        yield server


@dataclass(frozen=True)
class Server:
    """A process that serves on a port."""

    port: int
    pid: int

    def cpu_ms(self) -> float:
        """The processor time that all its threads have used so far, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK_MS


def peak_mib(pid: int) -> float:
    """The most memory that a process has had so far: getrusage would begin with its parent's."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) / 1024


@contextmanager
def _started(command: list[str], port: int, folder: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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
