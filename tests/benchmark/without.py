"""The command `pickup` without one of the tricks for speed: `python -m tests.benchmark.without TRICK serve …`.

Each trick is switched off by a patch of this process alone: no setting of the product knows of them.
"""

import sys
from collections.abc import Callable
from typing import Any


def _group_commit() -> None:
    from models.database.sqlite import group_commit

    group_commit.MAX_GROUP_SIZE = 1


def _inline_reads() -> None:
    from models.database.sqlite.inline_reader import InlineReader

    InlineReader.fetch = lambda *_: None  # type: ignore[method-assign]


def _statement_cache() -> None:
    from models.lru_cache import LRUCache
    from resolvers.json_query import root_field

    root_field._compiled = LRUCache(0)


def _prepared_operations() -> None:
    from graph.execution.json_executor import JsonExecutor

    def make(self: JsonExecutor, variables: Any, context: Any) -> JsonExecutor:
        return JsonExecutor(
            self.schema,
            self.fragment_definitions,
            self.fragments,
            None,
            context,
            self.operation,
            variables,
            self.field_resolver,
            self.type_resolver,
            self.subscribe_field_resolver,
            is_awaitable=self.is_awaitable,
        )

    JsonExecutor.for_request = make  # type: ignore[method-assign,assignment]
    del JsonExecutor.execute_operation, JsonExecutor.execute_field


def _fast_path() -> None:
    from graph.middleware.fast_path import GraphQLFastPath

    async def through_router(self: GraphQLFastPath, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)

    GraphQLFastPath.__call__ = through_router  # type: ignore[method-assign]


def _coalescing_protocol() -> None:
    from graph.server import http_protocol

    http_protocol.CoalescingTransport = lambda transport: transport  # type: ignore[assignment,misc,return-value]


def _buffered_log() -> None:
    import logging

    from graph.observability import logging as configuration

    configuration.BufferedHandler = logging.StreamHandler  # type: ignore[attr-defined,assignment]


def _request_accounting() -> None:
    from graph.observability import metrics, request_log

    def record(fields: dict[str, Any]) -> Any:
        return request_log.log.makeRecord(
            request_log.log.name, 20, "", 0, "request", (), None, extra={"fields": fields}
        )

    request_log._record = record
    metrics._series = metrics._series.__wrapped__  # type: ignore[assignment]


def _ready_connections() -> None:
    from models.database.postgres.connections import PooledConnection

    PooledConnection.reusable = False  # type: ignore[method-assign,assignment]


TRICKS: dict[str, Callable[[], None]] = {
    "group commit": _group_commit,
    "inline reads": _inline_reads,
    "statement cache": _statement_cache,
    "prepared operations": _prepared_operations,
    "GraphQL fast path": _fast_path,
    "coalescing protocol": _coalescing_protocol,
    "buffered log": _buffered_log,
    "request accounting": _request_accounting,
    "ready connections": _ready_connections,
}
"""By name, what switches each of them off."""

SQLITE_ALONE = {"group commit", "inline reads"}
POSTGRES_ALONE = {"ready connections"}


def main() -> None:
    from graph.cli.main import main as pickup

    _, trick, *arguments = sys.argv
    TRICKS[trick]()
    pickup(arguments)


if __name__ == "__main__":
    main()
