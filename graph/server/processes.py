"""The worker processes of a server, and the supervisor that replaces those that die."""

import gc
import logging
import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.process import BaseProcess

from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

_RESTART_AFTER_S = 1.0

_GC_THRESHOLDS = 2_000, 10, 10
"""New objects before a round of the garbage collector, and rounds before one that goes through more of them.

Most requests leave no garbage. With Python's own 700 the rounds follow each other while thousands of requests wait:
beside a flood of 2,000 writers, the p99 of a page is 8 ms with that, and 3 ms with these. With fewer rounds the process
needs more memory, since documents that are forgotten hold cycles.
"""

log = logging.getLogger("pickup")


class Supervisor(Multiprocess):
    """uvicorn's supervisor, with a limit on restarts. `failed` is set if no worker could start."""

    failed = False
    _served = False
    _restart_at = 0.0

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that have died.

        uvicorn stops the server if a worker fails to start. That is right for the first ones: their settings are wrong.
        After one has served, the cause is outside and passes, such as a database that is unavailable: so try again,
        once a second.
        """
        for process in self.processes:
            # The worker's end of the pipe that it is asked over. uvicorn leaves it open here too: then the death of a
            # worker does not end the wait for its answer, and the supervisor stands still for five seconds.
            process.child_conn.close()
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
                if time.monotonic() < self._restart_at:
                    continue
                self._restart_at = time.monotonic() + _RESTART_AFTER_S
            log.warning("Worker %s has died; starting another.", process.pid)
            self.processes[place] = Process(self.config, self.sockets)
            self.processes[place].start()

    def terminate_all(self) -> None:
        """Stop the workers, and close the port at once: while they drain, new connections are refused."""
        super().terminate_all()
        for listening in self.sockets:
            listening.close()


def create_worker_app() -> Starlette:
    """The application of one process, for uvicorn."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_stop_with, args=(parent,), daemon=True).start()
    from graph.app import create_app_from_environment

    app = create_app_from_environment()
    # What exists now lives as long as the process: the garbage collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    return app


def _stop_with(parent: BaseProcess) -> None:
    """Stop this worker when its parent dies, even if killed: without a supervisor it must not hold the port."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
