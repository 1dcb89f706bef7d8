"""The workers of a server with several processes, and the supervisor that looks after them."""

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

_START_AGAIN_S = 1.0

log = logging.getLogger("pickup")


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
