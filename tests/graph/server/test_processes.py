"""The supervisor of several workers, and what each worker sets up."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from uvicorn.supervisors.multiprocess import SIGNALS

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
    for process in supervisor.processes:
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
