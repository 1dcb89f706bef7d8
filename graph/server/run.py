"""Serving with uvicorn, in one process or several, until a signal ends it."""

import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

import uvicorn

from graph.server.processes import Supervisor
from graph.server.protocols import CoalescingHttpProtocol, WebSocketProtocol
from graph.settings import Settings

DRAIN_S = 7
"""How long requests in progress may take after a signal.

The server must stop within ten seconds, and closing a database that hangs takes some of them.
"""


def serve(settings: Settings, listening: socket.socket, workers: int) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code."""
    config = uvicorn.Config(
        "graph.server.processes:create_worker_app",
        factory=True,
        workers=workers,
        loop="uvloop",
        http=CoalescingHttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=settings.max_body_bytes,
        # A kilobyte of it would become a megabyte.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_S,
    )
    # uvicorn raises the signal again after it has drained; without handlers of ours that would be exit code 143.
    signal.signal(signal.SIGTERM, _exit_normally)
    signal.signal(signal.SIGINT, _exit_normally)
    if workers == 1:
        server = uvicorn.Server(config)
        server.run([listening])
        return 0 if server.started else 1
    supervisor = Supervisor(config, sockets=[listening])
    supervisor.run()
    return 1 if supervisor.failed else 0


def _exit_normally(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
