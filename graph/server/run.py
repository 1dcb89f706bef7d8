"""Serving: one process or several on one port, each an application of its own, until they are told to stop."""

import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

import uvicorn

from graph.server.processes import Supervisor
from graph.server.protocols import CoalescingHttpProtocol, GracefulWebSocketProtocol
from graph.settings import Settings

DRAIN_S = 7
"""How long requests under way may take when the server stops.

All is over in less than ten seconds: a database that hangs takes another one.
"""


def serve(settings: Settings, listening: socket.socket, workers: int) -> int:
    """Serves until SIGTERM or SIGINT; the exit code."""
    config = uvicorn.Config(
        "graph.server.processes:app_of_process",
        factory=True,
        workers=workers,
        loop="uvloop",
        http=CoalescingHttpProtocol,
        ws=GracefulWebSocketProtocol,
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


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
