"""The public contract: types, inputs, payloads, and the root fields with their resolvers."""

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.utils.str_converters import to_camel_case

from graph.schema.mutation import Mutation
from graph.schema.query import Query
from graph.schema.root_resolvers import call_resolvers_directly
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

core_schema: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
"""graphql-core's schema, which documents are validated against and run on."""

for root in (core_schema.query_type, core_schema.mutation_type):
    assert root is not None
    call_resolvers_directly(root, to_camel_case)


def sdl() -> str:
    """The schema as schema.graphql has it."""
    return f"{schema.as_str()}\n"
