"""JSON in and out: fast where it can be, and right where the fast library gives up."""

import json
from typing import Any, NoReturn

import orjson


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def decode(body: bytes) -> Any:
    """Of UTF-8 alone. Raises ValueError, also for what is nested too deeply to be read.

    orjson refuses lone surrogates such as "\\ud800", which are legal JSON; the standard library reads them.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return _DECODER.decode(body.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None


def encode(value: Any) -> bytes:
    """Lone surrogates leave as they came, escaped."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()
