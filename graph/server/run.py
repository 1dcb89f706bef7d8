"""Serving: one process or several on one port, each an application of its own, until they are told to stop."""

import asyncio
import ipaddress
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, NoReturn, cast

import uvicorn
from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from graph.settings import Settings

log = logging.getLogger("pickup")

DRAIN_S = 7
"""How long requests under way may take when the server stops.

All is over in less than ten seconds: a database that hangs takes another one.
"""

_BACKLOG = 2048

_UNREAD_MS = 40_000
"""A connection is dropped on which what was sent has not been taken for so long. Until then it is held in memory."""

_START_AGAIN_S = 1.0


class ServingError(Exception):
    """The server cannot start; one line for the operator."""


def listening_socket(host: str, port: int, *, loopback_only: bool) -> socket.socket:
    """A socket that listens there. Raises ServingError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ServingError(f"--host {host}: there is no such address") from None
    family, _, _, _, address = found[0]
    if loopback_only and not all(ipaddress.ip_address(one[4][0]).is_loopback for one in found):
        raise ServingError(
            f"--host {host} can be reached from other machines, and no key is set: set PICKUP_JWT_SECRET, "
            "PICKUP_JWKS_FILE or PICKUP_JWKS_URL, or listen on 127.0.0.1"
        )
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":
            # The connections inherit it.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD_MS)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise ServingError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    listening.set_inheritable(True)
    return listening


def serve(settings: Settings, listening: socket.socket, workers: int) -> int:
    """Serves until SIGTERM or SIGINT; the exit code."""
    config = uvicorn.Config(
        "graph.server.run:app_of_process",
        factory=True,
        workers=workers,
        loop="uvloop",
        http=Corked,
        ws="graph.server.shutdown:WebSockets",
        ws_max_size=settings.max_body_bytes,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_S,
    )
    # uvicorn raises the signal again when it has drained: to stop as told is no failure.
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    if workers == 1:
        server = uvicorn.Server(config)
        server.run([listening])
        return 0 if server.started else 1
    supervisor = Supervisor(config, sockets=[listening])
    supervisor.run()
    return 1 if supervisor.failed else 0


class Corked(HttpToolsProtocol):
    """uvicorn's, but that the head of an answer goes out together with its body: one system call, and one packet."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(cast("asyncio.Transport", _Cork(transport)))


class _Cork:
    """A transport that keeps the head of an answer until what follows it, or until the next turn of the loop."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.endswith(b"\r\n\r\n"):
            self._head = data
            self._loop.call_soon(self._send)
            return
        self._transport.write(data)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._head:
            self.write(b"")


class Supervisor(Multiprocess):
    """Looks after the workers; `failed` where it stopped because one could not start."""

    failed = False
    _served = False
    _again_at = 0.0

    def keep_subprocess_alive(self) -> None:
        """Puts new workers in the place of those that have died.

        Once any has served, what keeps another from starting is not of our making, and passes: the database is away.
        """
        self._served = self._served or any(process.is_ready() for process in self.processes)
        for place, process in enumerate(self.processes):
            if process.is_alive(self.config.timeout_worker_healthcheck):
                continue
            process.kill()
            process.join()
            if process.exitcode == STARTUP_FAILURE:
                if not self._served:
                    self.failed = True
                    self.should_exit.set()
                    return
                if time.monotonic() < self._again_at:
                    continue
                self._again_at = time.monotonic() + _START_AGAIN_S
            log.warning("Worker %s has ended, and another one is started.", process.pid)
            self.processes[place] = Process(self.config, self.sockets)
            self.processes[place].start()

    def terminate_all(self) -> None:
        """Tells them to stop; while they finish, nobody may still connect to the port that none of them serves."""
        super().terminate_all()
        for listening in self.sockets:
            listening.close()


def app_of_process() -> Starlette:
    """For uvicorn, which makes one in each of its processes."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()
    from graph.app import create_app_from_environment

    return create_app_from_environment()


def _end_after(parent: BaseProcess) -> None:
    """A worker whose parent was killed would hold the port, and nobody would look after it."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
