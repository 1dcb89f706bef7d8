"""PostgreSQL: Tortoise's asyncpg client, told of to whoever times statements, and its snapshots for reading."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from asyncpg.pool import PoolConnectionProxy
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionContext, TransactionContextPooled

from models.engines.timing import timed

Connection = PoolConnectionProxy
"""A connection while it is out of its pool."""


class TimedTransaction(TransactionWrapper):
    execute_insert = timed(TransactionWrapper.execute_insert)
    execute_query = timed(TransactionWrapper.execute_query)
    execute_query_dict = timed(TransactionWrapper.execute_query_dict)
    execute_many = timed(TransactionWrapper.execute_many)


class PooledContext(TransactionContextPooled):
    """Tortoise's own keeps the connection for ever where `begin` fails; this one gives it back to the pool."""

    async def __aenter__(self) -> TimedTransaction:
        try:
            client = await super().__aenter__()
        except BaseException:
            pool, connection = self.client._parent._pool, self.client._connection
            if pool is not None and connection is not None:
                await pool.release(connection)
            raise
        assert isinstance(client, TimedTransaction)
        return client


class PostgresClient(AsyncpgDBClient):
    @property
    def busy(self) -> int:
        """How many connections are out of the pool."""
        return self._pool.get_size() - self._pool.get_idle_size() if self._pool is not None else 0

    def _in_transaction(self) -> TransactionContext:
        return PooledContext(TimedTransaction(self), self._pool_init_lock)

    @contextlib.asynccontextmanager
    async def reading(self, *, snapshot: bool) -> AsyncIterator[Connection]:
        """A connection of the pool; with `snapshot`, all that it reads is of one moment."""
        if self._pool is None:
            async with self._pool_init_lock:
                if self._pool is None:
                    await self.create_connection(with_db=True)
        assert self._pool is not None
        async with self._pool.acquire() as connection:
            if not snapshot:
                yield connection
                return
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield connection


client_class = PostgresClient


@timed
async def read(connection: Connection, sql: str, values: list[Any]) -> list[dict[str, Any]]:
    """The rows of one statement as dicts by column."""
    return [dict(row) for row in await connection.fetch(sql, *values)]
