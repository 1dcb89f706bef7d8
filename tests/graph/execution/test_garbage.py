"""A request leaves nothing to the garbage collector, whose rounds stop the whole process.

What waits is no garbage: then there are fewer rounds.
"""

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from graph.execution.garbage import operation_in_progress, set_thresholds
from tests.support import trial
from tests.support.api import Api
from tests.support.serving import serving
from tests.support.sessions import ON_SQLITE

OWN = ("graph", "models", "resolvers", "strawberry")
"""The first part of the names of the modules that are looked for: the client of the test leaves some, too."""

REQUESTS = 20


@contextmanager
def no_cycles_left() -> Iterator[None]:
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield
        gc.collect()
        left = Counter(type(one).__qualname__ for one in gc.garbage if type(one).__module__.startswith(OWN))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()

    assert not [name for name, number in left.items() if number >= REQUESTS]


@ON_SQLITE
@pytest.mark.parametrize(
    "query",
    [
        "{ sites(first: 3) { totalCount nodes { name } } viewer { subject } }",
        '{ site(id: "Site:99") { name } }',
        "{ sites(first: 1000) { totalCount } }",
        'mutation { createPickupGroup(input: {siteId: "Site:99", name: ""}) { violations { rule } } }',
    ],
    ids=["answer", "nothing found", "error", "violations"],
)
async def test_request_leaves_no_cycles(api: Api, query: str) -> None:
    await api.answer(query)
    with no_cycles_left():
        for _ in range(REQUESTS):
            await api.answer(query)


@ON_SQLITE
async def test_request_over_the_time_limit_leaves_no_cycles(url: str) -> None:
    async with serving(url, trial.schema, query_timeout_s=0.01) as api:
        assert (await api.error("mutation { slow }"))["extensions"]["code"] == "TIMEOUT"
        with no_cycles_left():
            for _ in range(REQUESTS):
                await api.error("mutation { slow }")


@ON_SQLITE
async def test_cancelled_request_leaves_no_cycles(url: str) -> None:
    async def cancelled(api: Api) -> None:
        task = asyncio.create_task(api.answer("mutation { slow }"))
        for _ in range(50):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async with serving(url, trial.schema) as api:
        await cancelled(api)
        with no_cycles_left():
            for _ in range(REQUESTS):
                await cancelled(api)


@pytest.fixture
def thresholds() -> Iterator[tuple[int, int, int]]:
    """Those of a process in which nothing waits."""
    before = gc.get_threshold()
    set_thresholds()
    yield gc.get_threshold()
    gc.set_threshold(*before)


def test_collector_waits_for_more_objects_while_operations_wait(thresholds: tuple[int, int, int]) -> None:
    with ExitStack() as waiting:
        for _ in range(2_000):
            waiting.enter_context(operation_in_progress())
        # 150 objects are what each holds.
        assert gc.get_threshold()[0] > thresholds[0] + 2_000 * 150
        assert gc.get_threshold()[1:] == thresholds[1:]

    assert gc.get_threshold() == thresholds


def test_few_operations_change_nothing_of_the_collector(thresholds: tuple[int, int, int]) -> None:
    with operation_in_progress(), operation_in_progress():
        assert gc.get_threshold() == thresholds
