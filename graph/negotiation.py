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


_RANGES = {
    "*/*": MediaType.JSON,
    "application/*": MediaType.JSON,
    "text/*": MediaType.EVENTS,
} | {media_type.value: media_type for media_type in MediaType}


def negotiate(accept: str | None, *, page: bool) -> MediaType | None:
    """The most wanted of our types, of two equally wanted the one named first; None where none will do.

    `page` says whether a page for people can be had. Whoever names no type gets JSON.
    """
    if accept is None or not accept.strip():
        return MediaType.JSON
    if len(accept) > _LONGEST_HEADER:
        return _weigh(accept, page)
    return _remembered(accept, page)


def _weigh(accept: str, page: bool) -> MediaType | None:
    weights: dict[MediaType, float] = {}
    named: set[MediaType] = set()
    for wish in accept.lower().split(","):
        name, *parameters = (part.strip() for part in wish.split(";"))
        media_type = _RANGES.get(name)
        weight = _weight(parameters)
        if media_type is None or weight is None or (media_type is MediaType.PAGE and not page):
            continue
        # What is said of a type by its name holds against what is said of it by a range.
        if name == media_type.value:
            named.add(media_type)
            weights[media_type] = weight
        elif media_type not in named:
            weights[media_type] = weight
    wanted = [media_type for media_type, weight in weights.items() if weight > 0]
    return max(wanted, key=weights.__getitem__, default=None)


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
