"""Connecting to the one of several PostgreSQL hosts that takes writes, or for a replica to any."""

import asyncio
from typing import Any

import asyncpg

from models.database.url import DatabaseURL, Host

_HEAD_START_S = 0.3
"""A host that has not answered for so long has the next one tried beside it.

asyncpg tries hosts one after the other, within one timeout, and a host that hangs would use all of it.
"""

_Attempt = asyncio.Task[asyncpg.Connection]


class NoHostUsable(ConnectionError):
    """No host answers, or none takes writes. The message says what is the matter with each."""


class Hosts:
    """The hosts of a URL. The one that was connected to last is tried first."""

    def __init__(self, url: DatabaseURL, *, writable: bool = True) -> None:
        self._hosts = list(url.hosts)
        self._session_attrs = "read-write" if writable else "any"
        self._advice = "promote one, or add the primary's host to the URL" if writable else "start one"

    @property
    def last(self) -> Host:
        """The one that was connected to last, at first the first of the URL."""
        return self._hosts[0]

    async def connect(self, _dsn: str | None = None, **options: Any) -> asyncpg.Connection:
        """A connection, as `asyncpg.connect` gives it; each host has the whole `timeout`. Raises NoHostUsable."""
        attempts: dict[_Attempt, Host] = {}
        problems: list[str] = []
        waiting = iter(tuple(self._hosts))
        try:
            while True:
                host = next(waiting, None)
                if host is not None:
                    attempts[asyncio.ensure_future(self._connect_to(host, options))] = host
                if not attempts:
                    raise NoHostUsable(f"no host can be used ({'; '.join(problems)}): {self._advice}")
                head_start = None if host is None else _HEAD_START_S
                ended, _ = await asyncio.wait(attempts, timeout=head_start, return_when=asyncio.FIRST_COMPLETED)
                for attempt in ended:
                    host = attempts.pop(attempt)
                    error = attempt.exception()
                    if error is None:
                        self._try_first(host)
                        return attempt.result()
                    problems.append(f"{host}: {_problem(error)}")
        finally:
            for attempt in attempts:
                attempt.cancel()
                attempt.add_done_callback(_terminate)

    async def _connect_to(self, host: Host, options: dict[str, Any]) -> asyncpg.Connection:
        own = {"host": host.name, "port": host.port, "target_session_attrs": self._session_attrs}
        return await asyncpg.connect(**options | own)

    def _try_first(self, host: Host) -> None:
        self._hosts.remove(host)
        self._hosts.insert(0, host)


def _terminate(attempt: _Attempt) -> None:
    """Close the connection of an attempt that succeeded too late."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().terminate()


def _problem(error: BaseException) -> str:
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return "takes no writes"
    if isinstance(error, TimeoutError):
        return "does not answer"
    if isinstance(error, ConnectionRefusedError):
        return "refuses connections"
    return str((isinstance(error, OSError) and error.strerror) or error)


async def takes_writes(connection: asyncpg.Connection, timeout_s: float) -> bool:
    """Whether the host that it leads to still does. Raises TimeoutError if it does not answer in time."""
    sql = "SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'"
    writable: bool = await connection.fetchval(sql, timeout=timeout_s)
    return writable


async def connect(url: DatabaseURL) -> asyncpg.Connection:
    """A connection outside the pools, to the host that takes writes if the URL names several."""
    if len(url.hosts) > 1:
        return await Hosts(url).connect(**url.connect_options)
    return await asyncpg.connect(**url.connect_options)
