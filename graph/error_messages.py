"""graphql-core's messages in the words of GraphQL and JSON: it writes values as Python does."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from graphql.pyutils import inspect

_INVALID_VARIABLE = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ((?:\.\w+|\[\d+\])+))?: ")
_LONG_INTEGER = re.compile(
    r"Expected value of type 'Int', but encountered error 'Exceeds the limit .*'; found: (-?\d+)\."
)
"""About a literal with more digits than Python reads."""

_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")

_MAX_DEPTH = 2
_MAX_ITEMS = 10
_MAX_TEXT = 240

_TOO_LARGE = "a number beyond a double"
"""In place of one that Python reads as infinite: its digits are lost."""


def plain_message(message: str, variables: Mapping[str, Any]) -> str:
    """The message of an error in a document or in these variables."""
    if message.endswith(" not to be None."):
        return message.removesuffix("None.") + "null."
    long_integer = _LONG_INTEGER.fullmatch(message)
    if long_integer is not None:
        return f"Int cannot represent non 32-bit signed integer value: {_shorten(long_integer[1])}"
    found = _INVALID_VARIABLE.match(message)
    if found is None or found[1] not in variables:
        return message
    value = variables[found[1]]
    for name, index in _STEP.findall(found[2] or ""):
        value = value[name] if name else value[int(index)]
    # The value is quoted after everything that a client may have named.
    before, quoted, after = message[found.end() :].rpartition(inspect(value))
    return f"{found[0]}{before}{_write(value) if quoted else ''}{after}"


def _write(value: Any, depth: int = 0) -> str:
    """Write a value as JSON, shortened as much as graphql-core does."""
    if isinstance(value, dict) and value:
        return f"{{{_join(_members(value, depth), depth)}}}"
    if isinstance(value, list) and value:
        return f"[{_join((_write(item, depth + 1) for item in value), depth)}]"
    if value in (math.inf, -math.inf):
        return _TOO_LARGE
    return _shorten(json.dumps(value, ensure_ascii=False))


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT // 2]}…{text[-_MAX_TEXT // 2 :]}"


def _members(value: dict[str, Any], depth: int) -> Iterator[str]:
    for name, item in value.items():
        yield f"{_write(name)}: {_write(item, depth + 1)}"


def _join(items: Iterator[str], depth: int) -> str:
    if depth >= _MAX_DEPTH:
        return "…"
    shown = list(islice(items, _MAX_ITEMS))
    return ", ".join([*shown, "…"] if next(items, None) is not None else shown)
