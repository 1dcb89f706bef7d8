"""The worker processes of a server, and the supervisor that replaces those that die."""

import gc
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from queue import Empty, SimpleQueue
from weakref import WeakKeyDictionary

from starlette.applications import Starlette
from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import SIGNALS, Process

from graph.observability.multiprocess import remove_gauges_of_worker

ROUND_S = 0.5
"""How often the supervisor looks after its workers."""

SILENT_ROUNDS = 60
"""A worker hangs that has not answered for so many rounds. It is not killed if it is slow on a busy machine."""

_RESTART_AFTER_S = 1.0

_GC_THRESHOLDS = 50_000, 1, 1
"""New objects before a round of the garbage collector, and rounds before one that goes through more of them.

Most requests leave no garbage, but what waiting requests hold is gone through again and again. The requests of 2,000
writers hold 300,000 objects, which take 170 ms, even in a round of the newest objects: each request that ends is
replaced. Beside a flood of 20 seconds there were two to three such rounds after 10,000 new objects, and pages had a
p99 of 80 to 100 ms; after 50,000 they have one of 20 to 33. All objects are gone through every 200,000 new ones:
documents that are forgotten hold cycles, and the process would need more memory.
"""

log = logging.getLogger("pickup")


@dataclass(slots=True)
class _Health:
    """What a worker has answered when it was asked whether it serves: None until it answers for the first time."""

    serves: bool | None = None
    rounds: int = 0
    """Since it was asked and has not answered."""

    @property
    def hangs(self) -> bool:
        return self.serves is not None and self.rounds > SILENT_ROUNDS


class Supervisor(Multiprocess):
    """uvicorn's supervisor, with a limit on restarts. `failed` is set if no worker could start.

    It waits for nothing but signals, and handles each when it comes; only a restart by SIGHUP is finished before.
    uvicorn's looks for them every half second, and waits for each worker's answer for up to five seconds in between:
    too much of the ten in which the server must stop.
    """

    failed = False
    _served = False
    _restart_at = 0.0
    _pids: frozenset[int] = frozenset()

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self._health: WeakKeyDictionary[Process, _Health] = WeakKeyDictionary()
        # Its `put` may interrupt its `get`, which then returns. To set an event that the same thread waits for could
        # wait for itself.
        self._signals: SimpleQueue[int] = SimpleQueue()
        for number in SIGNALS:
            signal.signal(number, lambda number, _frame: self._signals.put(number))

    def run(self) -> None:
        self.init_processes()
        while not self.should_exit.is_set():
            try:
                self.signal_queue.append(self._signals.get(timeout=ROUND_S))
            except Empty:
                self.keep_subprocess_alive()
            else:
                self.handle_signals()
        self.terminate_all()
        self.join_all()

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that have died or hang, and forget the gauges of those that were replaced or stopped.

        uvicorn stops the server if a worker fails to start. That is right for the first ones: their settings are wrong.
        After one has served, the cause is outside and passes, such as a database that is unavailable: so try again,
        once a second.
        """
        pids = frozenset(process.pid for process in self.processes if process.pid is not None)
        for pid in self._pids - pids:
            remove_gauges_of_worker(pid)
        self._pids = pids
        for place, process in enumerate(self.processes):
            health = self._ask(process)
            self._served = self._served or health.serves is True
            is_alive = process.process.is_alive()
            if is_alive and not health.hangs:
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
            what = "does not answer and was killed" if is_alive else "has died"
            log.warning("Worker %s %s; starting another.", process.pid, what)
            self.processes[place] = Process(self.config, self.sockets)
            self.processes[place].start()

    def _ask(self, process: Process) -> _Health:
        """Take the worker's answer to whether it serves, if it has come, and ask again.

        It answers for the first time when it has imported this module, however long that takes on a busy machine.
        """
        health = self._health.setdefault(process, _Health())
        with suppress(OSError, EOFError):  # it has died
            if process.parent_conn.poll():
                health.serves, health.rounds = process.parent_conn.recv(), 0
            if not health.rounds:
                process.parent_conn.send(b"ping")
            health.rounds += 1
        return health

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
    from graph.transport.turns import time_collections

    app = create_app_from_environment()
    time_collections()
    # What exists now lives as long as the process: the garbage collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    return app


def _stop_with(parent: BaseProcess) -> None:
    """Stop this worker when its parent dies, even if killed: without a supervisor it must not hold the port."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
