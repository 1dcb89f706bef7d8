"""What the operations of one caller may hold in memory, those that run and those that are subscribed."""

import sys
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from graphql.execution.values import VariableValues

from graph.errors import RequestError
from graph.execution.documents import Operation
from graph.settings import MAX_CALLER_BYTES
from models.errors import N_, TooCostly, Unavailable

MAX_BYTES = MAX_CALLER_BYTES

SMALL = 1_024
"""The operation of a request of no more bytes is not counted while it runs."""

_TOKEN_BYTES = 400
"""Of a document that is parsed and validated."""

_NOTHING = nullcontext()


@dataclass(slots=True)
class _Holdings:
    bytes: int = 0
    documents: Counter[int] = field(default_factory=Counter)
    """How many operations hold a document, by its `id()`: to compare documents takes as long as to read them."""

    def add(self, size: int) -> None:
        """Raises TooCostly."""
        if self.bytes + size > MAX_BYTES:
            template = N_("Your operations would hold {size} bytes of memory; the limit is {limit}. End some of them.")
            raise TooCostly(template, size=self.bytes + size, limit=MAX_BYTES)
        self.bytes += size


class CallerMemory:
    """Counts, for each caller of the process, the variables and documents of its operations, and large answers.

    A document counts once for all operations of a caller. It may be cached, and then costs nothing; but it is there for
    as long as a subscription holds it. Without this limit 400 subscriptions on four connections, each with 900 kB of
    variables, held 429 MiB for as long as their token was good.
    """

    def __init__(self) -> None:
        self._holdings: dict[Hashable, _Holdings] = {}

    def hold(
        self, caller: Hashable, operation: Operation, variables: VariableValues, request_bytes: int | None = None
    ) -> AbstractContextManager[None]:
        """For as long as an operation runs. Entering it raises RequestError if the caller would hold too much."""
        if request_bytes is not None and request_bytes <= SMALL:
            return _NOTHING
        return self._hold(caller, operation, _bytes_of(variables))

    @contextmanager
    def hold_answer(self, caller: Hashable, size: int) -> Iterator[None]:
        """For as long as the bytes of an answer are sent. Raises TooCostly, or Unavailable if it fits later."""
        holdings = self._holdings.get(caller) or _Holdings()
        if size <= MAX_BYTES < holdings.bytes + size:
            raise Unavailable(
                N_("Your other answers and operations hold too much memory. Try again when they have ended.")
            )
        holdings.add(size)
        self._holdings[caller] = holdings
        try:
            yield
        finally:
            self._remove(caller, holdings, size)

    @contextmanager
    def _hold(self, caller: Hashable, operation: Operation, variables_bytes: int) -> Iterator[None]:
        holdings = self._holdings.get(caller) or _Holdings()
        document, document_bytes = id(operation.document), operation.size * _TOKEN_BYTES
        added = variables_bytes + (0 if document in holdings.documents else document_bytes)
        try:
            holdings.add(added)
        except TooCostly as error:
            raise RequestError(error) from None
        self._holdings[caller] = holdings
        holdings.documents[document] += 1
        try:
            yield
        finally:
            holdings.documents[document] -= 1
            if not holdings.documents[document]:
                del holdings.documents[document]
                variables_bytes += document_bytes
            self._remove(caller, holdings, variables_bytes)

    def _remove(self, caller: Hashable, holdings: _Holdings, size: int) -> None:
        holdings.bytes -= size
        if not holdings.bytes:
            del self._holdings[caller]


def _bytes_of(variables: VariableValues) -> int:
    """The memory of the values, as they were given and as they were coerced: what is the same object counts once."""
    values: list[Any] = [variables.coerced, *(source.value for source in variables.sources.values())]
    seen: set[int] = set()
    size = 0
    while values:
        value = values.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        size += sys.getsizeof(value)
        if isinstance(value, dict):
            values += value.values()
        elif isinstance(value, list):
            values += value
    return size
