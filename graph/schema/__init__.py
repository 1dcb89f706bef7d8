"""The public contract: types, inputs, payloads, and the root fields with their resolvers."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from graph.schema.mutation import Mutation
from graph.schema.query import Query
from graph.schema.scalars import DATE_TIME, DateTime
from graph.schema.subscription import Subscription
from graph.schema.types import Change
from graph.schema.violations import VIOLATIONS

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
