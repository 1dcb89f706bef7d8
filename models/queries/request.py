"""The request that a compiled statement runs for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.caller import Caller
from models.queries.arguments import PageArguments
from models.queries.statement import CompiledStatement, Parameter, StatementTemplate

Keys = int | Sequence[int] | None
"""The key of a row, or the keys of several."""


@dataclass(slots=True)
class QueryRequest:
    """All that the parameters of a compiled statement are read from.

    `arguments` are those of the selected lists, by their numbers in the plan. `keys` are the keys of rows that the
    statement is given, each under a name.
    """

    caller: Caller
    arguments: Sequence[PageArguments] = ()
    keys: Mapping[str, Keys] = field(default_factory=dict)


RequestParameter = Parameter[QueryRequest]
RequestTemplate = StatementTemplate[QueryRequest]
RequestStatement = CompiledStatement[QueryRequest]


def key_parameter(name: str) -> RequestParameter:
    """The key, or the keys, that the request gives under this name."""
    return Parameter(lambda request: request.keys[name])
