"""The schema: Query, Mutation and Subscription put together."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from graph.mutation import Mutation
from graph.query import Query
from graph.scalars import DATE_TIME, DateTime
from graph.subscription import Subscription
from graph.types.change import Change
from graph.types.violations import VIOLATIONS

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Change, *VIOLATIONS],
    config=StrawberryConfig(scalar_map={DateTime: DATE_TIME}),
)


def sdl() -> str:
    """The schema as schema.graphql has it."""
    return f"{schema.as_str()}\n"
