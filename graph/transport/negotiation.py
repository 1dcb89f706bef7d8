"""The type of an answer, from the weights of an Accept header."""

from enum import Enum
from functools import lru_cache

_LONGEST_HEADER = 500


class MediaType(Enum):
    """What we can answer with."""

    RESPONSE = "application/graphql-response+json"
    JSON = "application/json"
    EVENTS = "text/event-stream"
    PAGE = "text/html"

    @property
    def content_type(self) -> bytes:
        return f"{self.value}; charset=utf-8".encode()


_BY_NAME = {media_type.value: media_type for media_type in MediaType}
_BY_RANGE = (MediaType.JSON, MediaType.RESPONSE)
"""What `*/*` and `application/*` lead to, the first choice first; a stream or a page has to be named."""


def negotiate(accept: str | None, *, page: bool) -> MediaType | None:
    """The most wanted of our types, of two equally wanted the one named first; None where none will do.

    What is said of a type by its name holds against what is said of it by a range, and `application/*` against `*/*`.
    `page` says whether a page for people can be had. Whoever names no type gets JSON.
    """
    if accept is None or not accept.strip():
        return MediaType.JSON
    if len(accept) > _LONGEST_HEADER:
        return _weigh(accept, page)
    return _remembered(accept, page)


def _weigh(accept: str, page: bool) -> MediaType | None:
    weights: dict[str, float] = {}
    for wish in accept.lower().split(","):
        name, *parameters = (part.strip() for part in wish.split(";"))
        weight = _weight(parameters)
        if weight is not None:
            weights[name] = max(weight, weights.get(name, 0.0))
    wanted = {_BY_NAME[name]: weight for name, weight in weights.items() if name in _BY_NAME}
    for media_type in _BY_RANGE:
        wanted.setdefault(media_type, weights.get("application/*", weights.get("*/*", 0.0)))
    if not page:
        wanted.pop(MediaType.PAGE, None)
    best = max(wanted, key=wanted.__getitem__)
    return best if wanted[best] > 0 else None


_remembered = lru_cache(maxsize=256)(_weigh)


def _weight(parameters: list[str]) -> float | None:
    """None where the parameters ask for a character set that we do not write."""
    weight = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            return None
        if name == "q":
            try:
                weight = min(max(float(value), 0.0), 1.0)
            except ValueError:
                return None
    return weight
