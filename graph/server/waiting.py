"""The connections on which nobody is served yet: the one that waits longest makes room, if there are too many."""

import asyncio

waiting: dict[asyncio.Transport, float] = {}
"""Those whose next request has not begun, and the WebSockets whose caller is not known yet.

With the time since when, on the event loop's clock, the oldest first.
"""


def close_longest() -> None:
    """Close the connection that waits longest."""
    longest = next(iter(waiting))
    del waiting[longest]
    longest.abort()
