"""The internals of libraries that the code relies on: what must be looked at when one of these tests fails.

Each library is pinned to a minor version in pyproject.toml. After an upgrade, a failing test names what changed.
"""

import asyncio
import hashlib
import inspect
import sqlite3
import tomllib
from collections.abc import Callable
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiosqlite
import asyncpg
import pytest
import strawberry
import uvicorn
from asyncpg.pool import PoolConnectionProxy
from graphql import (
    Executor,
    GraphQLSchema,
    GraphQLSyntaxError,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.validation.validate import ValidationAbortedError
from packaging.requirements import Requirement
from packaging.version import Version
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from tortoise import Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import Server, ServerState
from uvicorn.supervisors.multiprocess import Multiprocess, Process
from websockets.protocol import State
from websockets.server import ServerProtocol

from graph.execution.documents import BoundedMergingRule
from graph.schema import schema as contract
from models.user import User

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

LIBRARIES = ("aiosqlite", "asyncpg", "graphql-core", "strawberry-graphql", "tortoise-orm", "uvicorn", "websockets")


def arguments(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize("library", LIBRARIES)
def test_library_is_pinned_to_its_minor_version(library: str) -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    (pin,) = (pin for pin in map(Requirement, project["dependencies"]) if pin.name == library)
    installed = Version(version(library))

    assert installed in pin.specifier
    assert f"{installed.major}.{installed.minor + 1}" not in pin.specifier
    assert f"{installed.major}.{installed.minor - 1}.999" not in pin.specifier


# uvicorn


@pytest.mark.parametrize(
    ("method", "digest"),
    [
        (HttpToolsProtocol.connection_made, "6efb565ff3d36b91"),
        (HttpToolsProtocol.connection_lost, "c91a4c9bf2e29c55"),
        (HttpToolsProtocol.data_received, "010a7ae59a5d3b1a"),
        (HttpToolsProtocol.handle_websocket_upgrade, "179c4f769386ab89"),
        (HttpToolsProtocol.on_headers_complete, "1ea8589acfad92d8"),
        (HttpToolsProtocol.on_response_complete, "64e254f28e389e76"),
        (HttpToolsProtocol.send_400_response, "ae5a4a3782b646fd"),
        (HttpToolsProtocol._start_asgi_task, "9c08c2571ae9b038"),
        (RequestResponseCycle.send, "abdd8601b326a8da"),
        (WebSocketsSansIOProtocol.connection_lost, "dd116afc4d8034e1"),
        (WebSocketsSansIOProtocol.data_received, "c89d394077d8841d"),
        (WebSocketsSansIOProtocol.handle_events, "b2c9351a5d13493f"),
        (WebSocketsSansIOProtocol.handle_parser_exception, "ff5cf13c764fb332"),
        (WebSocketsSansIOProtocol.handle_ping, "41bcf345d372c55c"),
        (WebSocketsSansIOProtocol.receive, "1dc0e715390021a1"),
        (WebSocketsSansIOProtocol.send, "d4919ed760ce9f7b"),
        (WebSocketsSansIOProtocol.send_receive_event_to_app, "a2b10de91477dc1d"),
        (WebSocketsSansIOProtocol.shutdown, "e8ace796ada616b7"),
        (Server.main_loop, "afccb353a119333f"),
        (Server.shutdown, "9b33c50562992b1e"),
        (Multiprocess.__init__, "5e0f105cb4a381b5"),
        (Multiprocess.run, "306814569fbd547b"),
        (Multiprocess.keep_subprocess_alive, "3ba4980aa33bcecd"),
        (Multiprocess.terminate_all, "6efef9523120f025"),
        (Process.pong, "531eb588bfa58879"),
    ],
)
def test_uvicorn_method_that_we_override_or_rely_on_is_unchanged(method: Callable[..., object], digest: str) -> None:
    """If this fails, compare the override in graph.server with the new method, then record its digest here."""
    assert hashlib.sha256(inspect.getsource(method).encode()).hexdigest()[:16] == digest


async def test_uvicorn_websocket_has_the_state_that_ours_reads() -> None:
    config = uvicorn.Config(lambda: None, lifespan="off", log_config=None)
    config.load()

    protocol = WebSocketsSansIOProtocol(config, ServerState(), {})

    assert (protocol.close_sent, protocol.handshake_complete, protocol.close_timeout) == (False, False, 10.0)
    assert (protocol.frames, protocol.read_paused, protocol.writable.is_set()) == ([], False, True)


def test_websockets_says_what_it_holds_of_a_message() -> None:
    server = ServerProtocol(state=State.OPEN)

    # The beginning of a frame; a frame that is not the last of its message; the head of one and some of its bytes.
    server.receive_data(b"\x01")
    assert len(server.reader.buffer) == 1
    server.receive_data(b"\x83maskabc")
    assert (len(server.events), server.current_size) == (1, 3)
    server.receive_data(b"\x80\xff" + (100).to_bytes(8) + b"mask" + b"a" * 7)
    assert (len(server.reader.buffer), server.parser_exc) == (7, None)


def test_uvicorn_supervisor_has_what_ours_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    config = uvicorn.Config(lambda: None, log_config=None)

    supervisor = Multiprocess(config, sockets=[])

    assert (supervisor.config, supervisor.sockets, supervisor.processes) == (config, [], [])
    assert not supervisor.should_exit.is_set()
    assert arguments(Process) == ["config", "sockets"]
    assert {"start", "kill", "join", "pid", "exitcode"} <= set(vars(Process))
    assert {"parent_conn", "process"} <= set(Process.__init__.__code__.co_names)


async def test_uvicorn_writes_head_and_body_apart() -> None:
    """If this fails, graph.server.http_protocol.CoalescingTransport may have nothing left to do."""
    written: list[bytes] = []

    class Transport(asyncio.Transport):
        def get_extra_info(self, _name: str, default: Any = None) -> Any:
            return default

        def is_closing(self) -> bool:
            return False

        def write(self, data: Any) -> None:
            written.append(bytes(data))

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    config = uvicorn.Config(app, lifespan="off", log_config=None, interface="asgi3")
    config.load()
    protocol = HttpToolsProtocol(config, ServerState(), {})
    protocol.connection_made(Transport())
    protocol.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.gather(*protocol.tasks)
    if protocol.timeout_keep_alive_task is not None:
        protocol.timeout_keep_alive_task.cancel()

    head, body = written
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert head.endswith(b"\r\n\r\n")
    assert body == b"{}"


# Strawberry


def test_strawberry_schema_holds_graphql_cores() -> None:
    assert isinstance(contract._schema, GraphQLSchema)


def test_strawberry_enum_values_take_descriptions() -> None:
    class Colour(Enum):
        RED = 1

    strawberry.enum(Colour)

    (value,) = Colour.__strawberry_definition__.values  # type: ignore[attr-defined]  # Strawberry puts it there
    assert (value.name, value.description) == ("RED", None)
    value.description = "Red."

    @strawberry.type
    class Query:
        colour: Colour

    assert '"""Red."""' in strawberry.Schema(Query).as_str()


def test_strawberry_fields_carry_their_python_name() -> None:
    field = contract._schema.type_map["User"].fields["displayName"]  # type: ignore[attr-defined]  # an object type

    assert field.extensions["strawberry-definition"].python_name == "display_name"


def test_strawberry_executor_completes_object_values() -> None:
    assert issubclass(StrawberryGraphQLCoreExecutionContext, Executor)
    assert arguments(StrawberryGraphQLCoreExecutionContext.complete_object_value) == [
        "self",
        "return_type",
        "field_details_list",
        "info",
        "path",
        "result",
        "position_context",
    ]
    assert optimized_is_awaitable(asyncio.sleep) is False


# graphql-core


@pytest.mark.parametrize(
    ("document", "options", "expected"),
    [
        ("{a b c}", {"max_lexical_tokens": 3}, "Parsing aborted."),
        ("{" + "a{" * 3_000 + "b" + "}" * 3_000 + "}", {}, "nested too deeply"),
    ],
    ids=["tokens", "depth"],
)
def test_graphql_core_words_an_aborted_parse_as_documents_expects(
    document: str, options: dict[str, int], expected: str
) -> None:
    with pytest.raises(GraphQLSyntaxError) as raised:
        parse(document, **options)  # type: ignore[arg-type]

    assert expected in raised.value.description
    assert raised.value.description.endswith("Parsing aborted.")


@pytest.mark.parametrize(
    ("document", "beginning"),
    [("{f(i: 1000000000000)}", "Argument '"), ("query($v: Int!){f(i: $v)}", "Variable '")],
)
def test_graphql_core_words_a_wrong_value_as_errors_expects(document: str, beginning: str) -> None:
    schema = build_schema("type Query {f(i: Int!): Int}")

    result = execute_sync(schema, parse(document))

    assert [error.message[: len(beginning)] for error in result.errors or ()] == [beginning]


def test_graphql_core_executor_has_the_state_that_json_executor_copies() -> None:
    """If this fails, see what a new attribute holds of a request, and what `execute_operation` does with it."""
    executor = Executor.build(build_schema("type Query {f: Int}"), parse("{f}"))
    assert isinstance(executor, Executor)

    attributes = vars(executor)

    assert {name for name, value in attributes.items() if not value} == {
        *("root_value", "context_value", "fragment_definitions", "fragments", "enable_early_execution"),
        *("hide_suggestions", "abort_signal", "hooks", "middleware_manager", "pending_incremental_futures"),
        *("background_futures", "async_work_finished_hook_task", "_relevant_sub_fields", "_stream_usages"),
    }
    assert attributes.keys() >= {"variable_values", "context_value", "collected_errors", "background_futures"}
    assert arguments(Executor.execute_root_grouped_field_set)[1:] == [
        *("root_type", "root_value", "grouped_field_set", "serially", "position_context"),
    ]


@pytest.mark.parametrize(
    ("method", "digest"),
    [(Executor.execute_operation, "030f6fe38d237369"), (Executor.execute_field, "5281dc836ecc24a0")],
)
def test_graphql_core_method_that_we_override_is_unchanged(method: Callable[..., object], digest: str) -> None:
    """If this fails, compare the override in graph.execution.json_executor, then record the digest here."""
    assert hashlib.sha256(inspect.getsource(method).encode()).hexdigest()[:16] == digest


def test_graphql_core_merging_rule_has_a_budget() -> None:
    schema = build_schema("type Query {f: Query, g: Int}")
    document = parse("{" + " ".join(f"a:f{{...F{number % 2}}}" for number in range(400)) + "}" + FRAGMENTS)

    bounded = validate(schema, document, [BoundedMergingRule])
    unbounded = validate(schema, document, [OverlappingFieldsCanBeMergedRule])

    assert [type(error) for error in bounded] == [ValidationAbortedError]
    assert unbounded == []


FRAGMENTS = "".join(f"fragment F{number} on Query {{ {' '.join('g ' for _ in range(50))} }}" for number in range(2))


# Tortoise, aiosqlite and asyncpg


def test_tortoise_takes_a_global_fallback() -> None:
    assert "_enable_global_fallback" in arguments(Tortoise.init)


def test_tortoise_models_describe_their_columns() -> None:
    assert User._meta.db_table == "users"
    assert User._meta.fields_db_projection["last_name"] == "last_name"
    assert User._meta.fields_map["last_name"].null is False


def test_tortoise_sqlite_client_has_what_ours_overrides() -> None:
    client = SqliteClient(":memory:", connection_name="default")

    assert client._connection is None
    assert isinstance(client._lock, asyncio.Lock)
    assert arguments(SqliteClient._in_transaction) == ["self"]
    assert arguments(SqliteClient.create_connection) == ["self", "with_db"]
    assert arguments(SqliteTransactionContext) == ["connection", "trxlock"]
    assert arguments(SqliteTransactionWrapper.begin) == ["self"]


def test_tortoise_postgres_client_has_what_ours_overrides() -> None:
    client = AsyncpgDBClient("user", "password", "database", "127.0.0.1", 5432, connection_name="default")

    assert client._pool is None
    assert isinstance(client._pool_init_lock, asyncio.Lock)
    assert arguments(AsyncpgDBClient.create_connection) == ["self", "with_db"]
    assert inspect.iscoroutinefunction(AsyncpgDBClient._close)
    assert client.connection_class is asyncpg.Connection


async def test_aiosqlite_runs_a_function_on_the_connections_thread() -> None:
    async with aiosqlite.connect(":memory:") as connection:
        inner = connection._conn

        one = await connection._execute(lambda given: given.execute("SELECT 1").fetchone(), inner)  # type: ignore[no-untyped-call]

    assert isinstance(inner, sqlite3.Connection)
    assert one == (1,)


def test_asyncpg_pool_resets_a_connection_that_comes_back() -> None:
    assert arguments(asyncpg.Connection.reset) == ["self", "timeout"]
    assert arguments(asyncpg.Connection.fetch)[:3] == ["self", "query", "args"]
    assert arguments(asyncpg.Connection.is_in_transaction) == ["self"]
    assert inspect.isclass(PoolConnectionProxy)
    assert {"get_size", "get_idle_size"} <= set(vars(asyncpg.Pool))
