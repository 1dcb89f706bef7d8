"""A client that follows a site over server-sent events, and resumes after the last revision when its stream ends."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress

import httpx

from tests.support.serving import token
from tests.support.waiting import eventually

CHANGES = "subscription($site: ID!, $after: Int) { changes(siteId: $site, afterRevision: $after) { revision kind } }"


class Follower:
    """What it has seen of the site, in the order in which it came."""

    def __init__(self, address: str, site_id: str) -> None:
        self.revisions: list[int] = []
        self.streams = 0
        self.completed = False
        self._address = address
        self._site_id = site_id

    async def follow(self) -> None:
        """One stream, to its end, after the last revision seen."""
        body = {"query": CHANGES, "variables": {"site": self._site_id, "after": 0}}
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token('follower')}"}
        if self.revisions:
            # As a browser's EventSource does when it connects again.
            headers["Last-Event-ID"] = str(self.revisions[-1])
        timeout = httpx.Timeout(10, read=None)
        async with (
            httpx.AsyncClient(base_url=self._address, timeout=timeout) as http,
            http.stream("POST", "/graphql", json=body, headers=headers) as response,
        ):
            self.streams += 1
            async for line in response.aiter_lines():
                if line == "event: complete":
                    self.completed = True
                if line.startswith("data: {"):
                    answer = json.loads(line.removeprefix("data: "))
                    assert "errors" not in answer, answer
                    self.revisions.append(answer["data"]["changes"]["revision"])

    async def keep_following(self) -> None:
        """Until it is cancelled."""
        while True:
            with suppress(httpx.TransportError):
                await self.follow()
            # A server that is away refuses at once: do not ask without a pause.
            await asyncio.sleep(0.01)

    async def see_all(self, changes: int, following: asyncio.Task[None], log: Callable[[], str]) -> None:
        """Wait until it has seen so many changes, and end the task that follows; `log` says why it ended too soon."""

        async def caught_up() -> bool:
            assert not following.done(), log()
            return len(self.revisions) >= changes

        await eventually(caught_up, "the follower has seen all")
        following.cancel()
