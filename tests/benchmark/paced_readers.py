"""Readers of one page, in a process of their own, each of which asks at fixed moments.

So what they see is not mixed with what another client in the same process does. None asks again as soon as it is
answered: then the pages before the flood would come from warm caches, and of a pause of the server, however long, one
page would know. There are so many that hardly one is still waiting when its next moment comes; that one is left out.
"""

import http.client
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from multiprocessing import get_context

_READERS = 20
_INTERVAL_S = 0.2
"""From one question of a reader to its next."""


@contextmanager
def readers_process() -> Iterator[ProcessPoolExecutor]:
    """For `read`; started, so that it does not take the processor from the server that is measured."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        process.submit(time.monotonic).result()
        yield process


def read(port: int, body: bytes, token: str, phase: str, seconds: float) -> list[float]:
    """The seconds that each page took. The ids of the requests, in the log, begin with `phase`."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "X-Request-ID": f"{phase}-page"}
    began = time.perf_counter()

    def read_one(number: int) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        took = []
        for place in range(int(seconds / _INTERVAL_S)):
            left = began + (place + number / _READERS) * _INTERVAL_S - time.perf_counter()
            if left < -_INTERVAL_S:
                continue
            time.sleep(max(0.0, left))
            asked = time.perf_counter()
            connection.request("POST", "/graphql", body, headers)
            answer = connection.getresponse()
            answer.read()
            took.append(time.perf_counter() - asked)
            assert answer.status == 200
        connection.close()
        return took

    with ThreadPoolExecutor(_READERS) as threads:
        return list(chain.from_iterable(threads.map(read_one, range(_READERS))))
