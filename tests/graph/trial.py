"""A schema with fields that the contract has no use for: slow ones, broken ones, streams of any length."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import strawberry
from strawberry.types import Info

from graph.context import Context
from models.errors import N_, BadInput, Forbidden


@strawberry.type
class Query:
    @strawberry.field
    def echo(self, text: str) -> str:
        return text

    @strawberry.field
    def language(self, info: Info[Context, Any]) -> str:
        return info.context.language

    @strawberry.field
    def broken(self) -> str | None:
        raise ZeroDivisionError("the secret of the inside")

    @strawberry.field
    def forbidden(self) -> str | None:
        raise Forbidden(N_("Use GET or POST."))

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.Event().wait()
        return "never"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def noop(self) -> bool:
        return True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(1, to + 1):
            yield number

    @strawberry.subscription
    async def silence(self) -> AsyncIterator[int]:
        yield 0
        await asyncio.Event().wait()

    @strawberry.subscription
    async def refused(self) -> AsyncIterator[int]:
        raise BadInput(N_("Use GET or POST."))
        yield 0

    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[int]:
        yield 1
        raise ZeroDivisionError("the secret of the inside")

    @strawberry.subscription
    async def flood(self) -> AsyncIterator[str]:
        while True:
            yield "x" * 100_000


schema = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)
