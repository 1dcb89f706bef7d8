"""A schema with fields that the contract has no use for: slow ones, broken ones, streams of any length."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import strawberry
from strawberry.types import Info

from graph.context import Context
from graph.i18n import CATALOGUES
from models.errors import N_, BadInput, Forbidden

released = asyncio.Event()
"""What `held` waits for; a test that asks for that field sets its own."""


@strawberry.type
class Query:
    nothing: bool | None = None


@strawberry.type
class Mutation:
    @strawberry.mutation
    def echo(self, text: str) -> str:
        return text

    @strawberry.mutation
    def language(self, info: Info[Context, Any]) -> str:
        return next(name for name, one in CATALOGUES.items() if one.gettext == info.context.translate)

    @strawberry.mutation
    def broken(self) -> str | None:
        raise ZeroDivisionError("the secret of the inside")

    @strawberry.mutation
    def timed_out(self) -> str | None:
        raise TimeoutError

    @strawberry.mutation
    def forbidden(self) -> str | None:
        raise Forbidden(N_("Use GET or POST."))

    @strawberry.mutation
    async def commit(self, info: Info[Context, Any]) -> bool:
        """Begins and is committed as a mutation of the contract."""
        if info.context.cancelled:
            raise asyncio.CancelledError
        info.context.committed.append(str(info.path.key))
        return True

    @strawberry.mutation
    async def stubborn(self) -> str:
        """Succeeds although it is cancelled, as what is being committed does."""
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return "committed"

    @strawberry.mutation
    async def slow(self) -> str:
        await asyncio.Event().wait()
        return "never"

    @strawberry.mutation
    async def held(self, word: str = "") -> str:
        await released.wait()
        return "released"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(1, to + 1):
            yield number

    @strawberry.subscription
    async def silence(self, word: str = "") -> AsyncIterator[int]:
        yield 0
        await asyncio.Event().wait()

    @strawberry.subscription
    async def stubborn(self) -> AsyncIterator[int]:
        """Ends without an error when it is cancelled, as what is being committed does."""
        yield 0
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    @strawberry.subscription
    async def refused(self) -> AsyncIterator[int]:
        raise BadInput(N_("Use GET or POST."))

    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[int]:
        yield 1
        raise ZeroDivisionError("the secret of the inside")

    @strawberry.subscription
    async def flood(self, size: int = 50_000) -> AsyncIterator[str]:
        while True:
            yield secrets.token_hex(size)
            await asyncio.sleep(0)


schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)
