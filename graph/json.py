"""JSON in and out: orjson, and the standard library for what orjson refuses."""

import json
from typing import Any, NoReturn

import orjson


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def decode(body: bytes | bytearray) -> Any:
    """Decode UTF-8 JSON. Raises ValueError, also for what is nested too deeply.

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
    """Encode as UTF-8; lone surrogates are escaped. The value may hold orjson.Fragment."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":"), default=_decode_fragment).encode()


def _decode_fragment(value: Any) -> Any:
    if not isinstance(value, orjson.Fragment):
        raise TypeError(f"{type(value).__name__} is not JSON")
    return decode(orjson.dumps(value))
