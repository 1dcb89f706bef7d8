"""A clock that stands still until a test moves it, for those who sleep by it."""

import asyncio
from typing import Any


class Clock:
    """To be called for the time, in seconds."""

    def __init__(self) -> None:
        self._now = 0.0
        self._sleeping: list[tuple[float, asyncio.Event]] = []
        self._slept = asyncio.Event()

    def __call__(self) -> float:
        return self._now

    @property
    def sleeping(self) -> int:
        """How many sleep."""
        return len(self._sleeping)

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._sleeping.append((self._now + seconds, woken))
        self._slept.set()
        await woken.wait()

    async def move(self, seconds: float) -> None:
        """Wake those whose time has come, the last who went to sleep first, and let them go on."""
        self._now += seconds
        due = [one for one in self._sleeping if one[0] <= self._now]
        self._sleeping = [one for one in self._sleeping if one[0] > self._now]
        for _, woken in reversed(due):
            woken.set()
        await settle()

    async def until_asleep(self, task: asyncio.Future[Any]) -> None:
        """Until anybody sleeps, which must be so before the task is done."""
        sleeping = asyncio.ensure_future(self._slept.wait())
        await asyncio.wait({task, sleeping}, return_when=asyncio.FIRST_COMPLETED)
        sleeping.cancel()
        assert self._sleeping
        assert not task.done()


async def settle() -> None:
    """Let the tasks that wait for nothing but the event loop go on."""
    for _ in range(20):
        await asyncio.sleep(0)
