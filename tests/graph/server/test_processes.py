"""The supervisor of several workers, and what each worker sets up."""

import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from uvicorn.supervisors.multiprocess import SIGNALS, Process

from graph.server import processes
from graph.server.processes import Supervisor
from graph.server.sockets import listening_socket
from tests.graph.conftest import without_settings
from tests.support.waiting import eventually


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with listening_socket("127.0.0.1", 0, loopback_only=True) as listening:
        yield listening


@pytest.fixture
def supervisor(listening: socket.socket) -> Iterator[Supervisor]:
    """One without workers yet, of an application without routes."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    config = uvicorn.Config("starlette.applications:Starlette", factory=True, log_config=None)
    supervisor = Supervisor(config, [listening])
    yield supervisor
    for process in (*supervisor.processes, *supervisor._stopping):
        process.kill()
        process.join()
    for number, handler in handlers.items():
        signal.signal(number, handler)


async def test_worker_has_time_to_start_and_is_replaced_if_it_hangs_later(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stop(pid: int) -> None:
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED)

    def look_after_workers(rounds: int) -> None:
        for _ in range(rounds):
            supervisor.keep_subprocess_alive()

    async def answers() -> bool:
        supervisor.keep_subprocess_alive()
        return supervisor._served

    monkeypatch.setattr(processes, "SILENT_ROUNDS", 3)
    supervisor.init_processes()
    (started,) = supervisor.processes
    assert started.pid is not None
    stop(started.pid)
    look_after_workers(10)
    assert supervisor.processes == [started]
    monkeypatch.setattr(processes, "SILENT_ROUNDS", 1_000_000)
    os.kill(started.pid, signal.SIGCONT)
    await eventually(answers, "the worker has started", 120)
    stop(started.pid)
    # It may have answered before.
    look_after_workers(2)
    monkeypatch.setattr(processes, "SILENT_ROUNDS", supervisor._health[started].rounds + 3)
    look_after_workers(3)
    assert supervisor.processes == [started]
    look_after_workers(1)

    assert started not in supervisor.processes
    assert [record.getMessage() for record in caplog.records if record.name == "pickup"] == [
        f"Worker {started.pid} does not answer and was killed; starting another."
    ]


def test_signal_is_handled_at_once(
    supervisor: Supervisor, listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell_to_stop() -> None:
        try:
            # The worker has started, so the supervisor waits.
            statuses.append(httpx.get(f"http://127.0.0.1:{port}/", timeout=120).status_code)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    port = listening.getsockname()[1]
    statuses: list[int] = []
    monkeypatch.setattr(processes, "ROUND_S", 3_600)
    client = threading.Thread(target=tell_to_stop)
    client.start()
    supervisor.run()
    client.join()

    assert statuses == [404]
    assert [process.process.is_alive() for process in supervisor.processes] == [False]


def test_restart_replaces_each_worker(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    async def is_replaced() -> bool:
        return bool(started) and started.isdisjoint(supervisor.processes) and not supervisor._stopping

    def restart() -> None:
        try:
            asyncio.run(eventually(have_served, "the workers have started", 120))
            started.update(supervisor.processes)
            os.kill(os.getpid(), signal.SIGHUP)
            asyncio.run(eventually(is_replaced, "the workers are replaced", 120))
            replaced.extend(supervisor.processes)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    async def have_served() -> bool:
        healths = [supervisor._health.get(process) for process in supervisor.processes]
        return len(healths) == 2 and all(health is not None and health.serves for health in healths)

    started: set[Process] = set()
    replaced: list[Process] = []
    monkeypatch.setattr(processes, "ROUND_S", 0.05)
    monkeypatch.setattr(processes, "SILENT_ROUNDS", 1_000_000)
    monkeypatch.setattr(processes, "STOP_S", 120)
    supervisor.processes_num = 2
    client = threading.Thread(target=restart)
    client.start()
    supervisor.run()
    client.join()

    assert [process.exitcode for process in started] == [-signal.SIGTERM, -signal.SIGTERM]
    assert len(replaced) == 2
    assert [process.exitcode for process in replaced] == [-signal.SIGTERM, -signal.SIGTERM]


def test_worker_that_hangs_does_not_keep_the_server_from_stopping_in_a_restart(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def serves() -> bool:
        health = supervisor._health.get(supervisor.processes[0]) if supervisor.processes else None
        return health is not None and health.serves is True

    async def is_replaced() -> bool:
        return started[0] in supervisor._stopping

    def stop() -> None:
        try:
            asyncio.run(eventually(serves, "the worker has started", 120))
            started.extend(supervisor.processes)
            assert started[0].pid is not None
            os.kill(started[0].pid, signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGHUP)
            asyncio.run(eventually(is_replaced, "a restart waits for the worker", 120))
            supervisor._stopping[started[0]] = 0.0
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    started: list[Process] = []
    monkeypatch.setattr(processes, "ROUND_S", 0.05)
    monkeypatch.setattr(processes, "SILENT_ROUNDS", 1_000_000)
    monkeypatch.setattr(processes, "STOP_S", 120)
    client = threading.Thread(target=stop)
    client.start()
    supervisor.run()
    client.join()

    assert started[0].exitcode == -signal.SIGKILL
    assert [process.exitcode for process in supervisor.processes] == [-signal.SIGTERM]
    assert [record.getMessage() for record in caplog.records if record.name == "pickup"] == [
        f"Worker {started[0].pid} does not stop and was killed."
    ]


def test_restart_ends_if_the_new_worker_does_not_serve(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(processes, "SUCCESSOR_S", 0)
    supervisor.init_processes()
    before = list(supervisor.processes)
    supervisor.restart_all()
    supervisor._go_on_with_restart()
    successor = supervisor._successor
    assert successor is not None
    supervisor._go_on_with_restart()
    supervisor._go_on_with_restart()

    assert not successor.process.is_alive()
    assert supervisor._successor is None
    assert supervisor.processes == before
    assert [record.getMessage() for record in caplog.records if record.name == "pickup"] == [
        f"The new worker {successor.pid} does not serve; the restart ends here."
    ]


def test_second_restart_starts_another_successor(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "SUCCESSOR_S", 3_600)
    supervisor.init_processes()
    supervisor.restart_all()
    supervisor._go_on_with_restart()
    first = supervisor._successor
    assert first is not None
    supervisor.restart_all()

    assert list(supervisor._stopping) == [first]
    assert supervisor._successor is None


def test_workers_are_added_and_taken_away_by_signals(supervisor: Supervisor) -> None:
    supervisor.init_processes()
    (first,) = supervisor.processes
    supervisor.handle_ttin()
    _, second = supervisor.processes
    supervisor.handle_ttou()
    supervisor.handle_ttou()

    assert supervisor.processes == [first]
    assert supervisor.processes_num == 1
    assert list(supervisor._stopping) == [second]


def test_restart_ends_and_a_dead_worker_is_replaced_later_if_none_can_be_started(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor.init_processes()
    (worker,) = supervisor.processes
    worker.process.kill()
    worker.process.join()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        supervisor.restart_all()
        supervisor._go_on_with_restart()
        supervisor.handle_ttin()
        monkeypatch.setattr(supervisor, "_retry_at", 0.0)
        supervisor.keep_subprocess_alive()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert supervisor.processes == [worker]
    assert supervisor._outdated == []
    failed = "No worker could be started: [Errno 24] Too many open files."
    assert [record.getMessage() for record in caplog.records if record.name == "pickup"] == [
        failed,
        failed,
        f"Worker {worker.pid} has died; starting another.",
        failed,
    ]

    monkeypatch.setattr(supervisor, "_retry_at", 0.0)
    supervisor.keep_subprocess_alive()
    assert supervisor.processes != [worker]
    assert supervisor.processes[0].process.is_alive()


def test_worker_times_the_garbage_collector() -> None:
    program = (
        "import gc; from graph.server.processes import create_worker_app; create_worker_app(); "
        "from graph.transport import turns; print(gc.callbacks.count(turns._time_collection))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=without_settings(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert done.stdout == "1\n"
