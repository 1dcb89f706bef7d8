"""The public contract: types, inputs, payloads, and the root fields with their resolvers."""

from functools import lru_cache

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.utils.str_converters import to_camel_case

from graph.schema.mutation import Mutation
from graph.schema.query import Query
from graph.schema.scalars import DATE_TIME, DateTime
from graph.schema.subscription import Subscription
from graph.schema.types import Change
from graph.schema.violations import VIOLATIONS

_camel_case = lru_cache(maxsize=1_000)(to_camel_case)


class CachedNames(NameConverter):
    """Strawberry's names of fields and arguments: it works out those of arguments anew for each call."""

    def apply_naming_config(self, name: str) -> str:
        return _camel_case(name)


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Change, *VIOLATIONS],
    config=StrawberryConfig(name_converter=CachedNames(), scalar_map={DateTime: DATE_TIME}),
)


def sdl() -> str:
    """The schema as schema.graphql has it."""
    return f"{schema.as_str()}\n"
