"""What every resolver is told about the request it works for: Strawberry's `info.context`."""

from collections.abc import Callable
from dataclasses import dataclass

from models.caller import Caller


@dataclass(slots=True)
class Context:
    """One per request, or per operation of a WebSocket.

    `translate` is the gettext function of `language`.
    """

    caller: Caller
    language: str
    request_id: str
    translate: Callable[[str], str]

    @property
    def actor(self) -> str:
        """Who is written down as the author of a change."""
        return self.caller.subject
