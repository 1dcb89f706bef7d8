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
from multiprocessing.connection import wait
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

STOP_S = 9.5
"""A worker that has not ended so long after the signal is killed: the server must stop within ten seconds."""

SUCCESSOR_S = 60
"""A restart ends if a new worker does not serve so long after its start."""

_RETRY_S = 1.0

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

    It handles each signal when it comes, and looks after the workers in rounds in between. uvicorn's looks for signals
    every half second, and waits in between for each worker's answer, and for each that a restart replaces, to the end:
    too much of the ten seconds in which the server must stop.
    """

    failed = False
    _served = False
    _retry_at = 0.0

    _successor: Process | None = None
    """The worker that a restart has started for the first of the outdated ones."""
    _successor_until = 0.0
    """When it is given up."""

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self._outdated: list[Process] = []
        self._stopping: dict[Process, float] = {}
        """Workers that have been signalled to stop, with the time at which they are killed."""
        self._health: WeakKeyDictionary[Process, _Health] = WeakKeyDictionary()
        # Its `put` may interrupt its `get`, which then returns. To set an event that the same thread waits for could
        # wait for itself.
        self._signals: SimpleQueue[int] = SimpleQueue()
        for number in SIGNALS:
            signal.signal(number, lambda number, _frame: self._signals.put(number))

    def run(self) -> None:
        try:
            self.init_processes()
            next_round = time.monotonic() + ROUND_S
            while not self.should_exit.is_set():
                with suppress(Empty):
                    self.signal_queue.append(self._signals.get(timeout=max(0.0, next_round - time.monotonic())))
                self.handle_signals()
                if time.monotonic() >= next_round and not self.should_exit.is_set():
                    self._forget_stopped()
                    self.keep_subprocess_alive()
                    self._go_on_with_restart()
                    next_round = time.monotonic() + ROUND_S
        finally:
            self.terminate_all()
            self.join_all()

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that have died or hang.

        uvicorn stops the server if a worker fails to start. That is right for the first ones: their settings are wrong.
        After one has served, the cause is outside and passes, such as a database that is unavailable: so try again,
        once a second.
        """
        for place, process in enumerate(self.processes):
            health = self._ask(process)
            self._served = self._served or health.serves is True
            is_alive = process.process.is_alive()
            if is_alive and not health.hangs:
                continue
            self._end(process)
            if process.exitcode == STARTUP_FAILURE and not self._served:
                self.failed = True
                self.should_exit.set()
                return
            if time.monotonic() < self._retry_at:
                continue
            what = "does not answer and was killed" if is_alive else "has died"
            log.warning("Worker %s %s; starting another.", process.pid, what)
            if process.exitcode == STARTUP_FAILURE:
                self._retry_at = time.monotonic() + _RETRY_S
            self.processes[place] = self._start() or process

    def _start(self) -> Process | None:
        """A new worker; None if the machine can have no more processes or open files now."""
        try:
            process = Process(self.config, self.sockets)
            process.start()
        except OSError as error:
            log.error("No worker could be started: %s.", error)
            self._retry_at = time.monotonic() + _RETRY_S
            return None
        return process

    def _end(self, process: Process) -> None:
        """Kill the worker if it still runs, and forget its gauges."""
        process.kill()
        process.join()
        if process.pid is not None:
            remove_gauges_of_worker(process.pid)

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

    def restart_all(self) -> None:
        """Begin to replace the workers, one after the other: on SIGHUP. A restart under way begins anew."""
        if self._successor is not None:
            self._stop(self._successor)
            self._successor = None
        self._outdated = list(self.processes)

    def _go_on_with_restart(self) -> None:
        """Start the next worker when the one replaced last has ended, and give it its place when it serves."""
        self._outdated = [process for process in self._outdated if process in self.processes]
        successor = self._successor
        if successor is None:
            if self._outdated and not self._stopping:
                self._successor = self._start()
                self._successor_until = time.monotonic() + SUCCESSOR_S
                if self._successor is None:
                    self._outdated.clear()
            return
        if not self._outdated:
            self._stop(successor)
        elif self._ask(successor).serves:
            old = self._outdated.pop(0)
            self.processes[self.processes.index(old)] = successor
            self._stop(old)
        elif successor.process.is_alive() and time.monotonic() < self._successor_until:
            return
        else:
            log.error("The new worker %s does not serve; the restart ends here.", successor.pid)
            self._end(successor)
            self._outdated.clear()
        self._successor = None

    def handle_ttin(self) -> None:
        """Serve with one worker more: on SIGTTIN."""
        process = self._start()
        if process is not None:
            self.processes_num += 1
            self.processes.append(process)

    def handle_ttou(self) -> None:
        """Serve with one worker less, but with one at least: on SIGTTOU."""
        if self.processes_num > 1:
            self.processes_num -= 1
            self._stop(self.processes.pop())

    def _stop(self, process: Process) -> None:
        process.terminate()
        self._stopping[process] = time.monotonic() + STOP_S

    def _forget_stopped(self) -> None:
        """Forget the workers that have ended, and kill those that should have."""
        for process, end in tuple(self._stopping.items()):
            if process.process.is_alive():
                if time.monotonic() < end:
                    continue
                log.warning("Worker %s does not stop and was killed.", process.pid)
            self._end(process)
            del self._stopping[process]

    def terminate_all(self) -> None:
        """Stop the workers, and close the port at once: while they drain, new connections are refused."""
        for process in self.processes if self._successor is None else (*self.processes, self._successor):
            self._stop(process)
        for listening in self.sockets:
            listening.close()

    def join_all(self) -> None:
        """Wait until the workers have ended, or are killed."""
        while self._stopping:
            next_end = max(0.0, min(self._stopping.values()) - time.monotonic())
            wait([process.process.sentinel for process in self._stopping], timeout=next_end)
            self._forget_stopped()


def create_worker_app() -> Starlette:
    """The application of one process, for uvicorn."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_stop_with, args=(parent,), daemon=True).start()
    from graph.app import create_app_from_environment
    from graph.execution.garbage import set_thresholds
    from graph.transport.turns import time_collections

    app = create_app_from_environment()
    time_collections()
    # What exists now lives as long as the process: the garbage collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    set_thresholds()
    return app


def _stop_with(parent: BaseProcess) -> None:
    """Stop this worker when its parent dies, even if killed: without a supervisor it must not hold the port."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
