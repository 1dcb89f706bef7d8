"""Reads that are shared: by those that ask before they begin, and by no other."""

import asyncio
from functools import partial

import pytest

from models.database.shared_reads import SharedReads


async def test_tasks_that_ask_before_a_read_begins_share_it() -> None:
    reads: SharedReads[int] = SharedReads()
    begun: list[str] = []

    async def read(key: str) -> int:
        begun.append(key)
        return len(begun)

    found = await asyncio.gather(*(reads.read(key, partial(read, key)) for key in "aabaab"))

    assert begun == ["a", "b"]
    assert found == [1, 1, 2, 1, 1, 2]


async def test_read_that_has_begun_is_not_shared() -> None:
    reads: SharedReads[int] = SharedReads()
    begun = 0
    first_begun, may_end = asyncio.Event(), asyncio.Event()

    async def read() -> int:
        nonlocal begun
        begun += 1
        number = begun
        first_begun.set()
        await may_end.wait()
        return number

    first = asyncio.create_task(reads.read("a", read))
    await first_begun.wait()
    second = asyncio.create_task(reads.read("a", read))
    await asyncio.sleep(0)
    may_end.set()

    assert (await first, await second) == (1, 2)


async def test_error_of_a_read_is_raised_to_all_that_share_it() -> None:
    reads: SharedReads[int] = SharedReads()

    async def read() -> int:
        raise ZeroDivisionError

    failed = await asyncio.gather(*(reads.read("a", read) for _ in range(3)), return_exceptions=True)

    assert [type(error) for error in failed] == [ZeroDivisionError] * 3


async def test_cancelled_task_does_not_cancel_the_read_of_another() -> None:
    reads: SharedReads[str] = SharedReads()

    async def read() -> str:
        return "read"

    first, second = (asyncio.create_task(reads.read("a", read)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()

    assert await second == "read"
    with pytest.raises(asyncio.CancelledError):
        await first
