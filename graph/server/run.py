"""Serving with uvicorn, in one process or several, until a signal ends it."""

import gc
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

import uvicorn

from graph.server.http_protocol import HttpProtocol
from graph.server.processes import Supervisor
from graph.server.websocket_protocol import WebSocketProtocol
from graph.settings import Settings

NOTICE_S = 0.2
"""How long uvicorn takes from the signal until it counts: it looks every 0.1 seconds, and closes the port for as long.

The supervisor of several workers passes the signal on at once.
"""

DRAIN_S = 8
"""How long requests in progress may take after a signal: longer than a change may wait, CHANGE_TIMEOUT_S.

The server must stop within ten seconds. NOTICE_S come before. After it, a database that hangs takes CLOSE_TIMEOUT_S
to close, and the requests that were cut may take CANCELLED_S to answer. The last second is for a busy machine; a worker
has half of it before the supervisor kills it (STOP_S).
"""


def serve(settings: Settings, listening: socket.socket, workers: int) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code."""
    config = uvicorn.Config(
        "graph.server.processes:create_worker_app",
        factory=True,
        workers=workers,
        loop="uvloop",
        http=HttpProtocol,
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
    # Nothing of this is garbage before the exit, at which a round of the collector took half a second.
    gc.freeze()
    supervisor = Supervisor(config, sockets=[listening])
    supervisor.run()
    return 1 if supervisor.failed else 0


def _exit_normally(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
