"""What every resolver is told about the request it works for: Strawberry's `info.context`."""

from collections.abc import Callable
from dataclasses import dataclass, field

from graphql.execution.values import VariableValues

from graph.execution.documents import Operation
from models.caller import Caller
from models.database.database import Database


@dataclass(slots=True)
class Context:
    """One per request, or per operation of a WebSocket.

    `translate` is the gettext function of the caller's language; `operation` is the one under way, `variables` are its.
    `seen` are the revisions of sites, by their keys, that the caller knows of: what they read is not older.
    `committed` are the response keys of the mutations that were committed; if `cancelled`, no other begins.
    `event_revision` is the revision of the last event of `changes`; they begin after `last_event_id`, if there is one.
    """

    database: Database
    caller: Caller
    request_id: str
    translate: Callable[[str], str]
    seen: dict[int, int] = field(default_factory=dict)
    committed: list[str] = field(default_factory=list)
    cancelled: bool = False
    event_revision: int | None = None
    last_event_id: int | None = None
    variables: VariableValues = field(default_factory=lambda: VariableValues({}, {}))
    operation: Operation | None = None
