"""The connections that serve no request: the one that has been idle longest makes room, if there are too many."""

import asyncio

idle_connections: dict[asyncio.Transport, float] = {}
"""Those without a request whose head is complete, and the WebSockets whose caller is not known yet.

With the time since when, on the event loop's clock, the oldest first.
"""


def close_longest_idle() -> None:
    """Close the connection that has been idle longest."""
    longest = next(iter(idle_connections))
    del idle_connections[longest]
    longest.abort()
