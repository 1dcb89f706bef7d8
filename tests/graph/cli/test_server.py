"""The command as a program: what it prints, its exit codes, and a server that stops on SIGTERM."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from graph.server.sockets import listening_socket
from tests.graph.conftest import Run, without_settings
from tests.support.databases import free_port
from tests.support.sample import rows_of
from tests.support.serving import PICKUP, PROTOCOL, SECRET

ROOT = Path(__file__).parents[3]


def test_schema_prints_schema_graphql(run: Run) -> None:
    assert run("schema").stdout == (ROOT / "schema.graphql").read_text()


@pytest.mark.parametrize(
    ("arguments", "settings", "message"),
    [
        (["frob"], {}, "No such command 'frob'."),
        (["import"], {}, "name at least one file: --sites, --users, --groups"),
        (["import", "--sites", "x.csv", "--prune"], {}, "--prune needs --users"),
        (["import", "--users", "x.csv", "--force"], {}, "--force needs --prune"),
        (["import", "--sites", "missing.csv"], {}, "missing.csv: No such file or directory"),
        (["token", "--subject", "me", "--all-sites"], {}, "PICKUP_JWT_SECRET is not set: it signs the token."),
        (
            ["token", "--subject", "me"],
            {"PICKUP_JWT_SECRET": SECRET},
            "--site or --all-sites is missing: name the sites, or grant all",
        ),
        (
            ["token", "--subject", "me", "--site", "S1", "--all-sites"],
            {"PICKUP_JWT_SECRET": SECRET},
            "--site and --all-sites exclude each other: name the sites, or grant all",
        ),
        (["token", "--subject", " ", "--all-sites"], {"PICKUP_JWT_SECRET": SECRET}, "--subject may not be empty"),
        (
            ["token", "--subject", "\udcff", "--all-sites"],
            {"PICKUP_JWT_SECRET": SECRET},
            "--subject is not UTF-8",
        ),
        (
            ["token", "--subject", "me", "--site", "S1", "--site", "\udcff"],
            {"PICKUP_JWT_SECRET": SECRET},
            "--site holds a control character",
        ),
        (
            ["token", "--subject", "me", "--site", "*"],
            {"PICKUP_JWT_SECRET": SECRET},
            "--site may not be * or have | in it",
        ),
        (
            ["token", "--subject", "me", "--site", "a|b"],
            {"PICKUP_JWT_SECRET": SECRET},
            "--site may not be * or have | in it",
        ),
        (["token", "--subject", "me", "--site", ""], {"PICKUP_JWT_SECRET": SECRET}, "--site is missing"),
        (
            ["token", "--subject", "me", *(option for n in range(1_000) for option in ("--site", f"SITE-{n:010}"))],
            {"PICKUP_JWT_SECRET": SECRET},
            "the token is too long for the server: name fewer sites, or use --all-sites",
        ),
        (
            ["token", "--subject", "me", "--all-sites", "--expires-in", "3y"],
            {"PICKUP_JWT_SECRET": SECRET},
            "--expires-in takes a number and s, m, h or d, as in 12h",
        ),
        (["migrate"], {"PICKUP_DATABASE_URL": "mysql://x"}, "PICKUP_DATABASE_URL: it must be sqlite://FILE"),
        (["migrate"], {"PICKUP_DATABASE_URL": "sqlite:///no/such/folder/x"}, "unable to open database file"),
        (["migrate"], {"PICKUP_DATABASE_URL": "postgres://x@127.0.0.1:1/x"}, "127.0.0.1:1 cannot be used"),
        (["check"], {}, "there is no database at pickup.sqlite3: set PICKUP_DATABASE_URL, or run `pickup migrate`"),
        (
            ["backup", "copy"],
            {},
            "there is no database at pickup.sqlite3: set PICKUP_DATABASE_URL, or run `pickup migrate`",
        ),
        (["backup", "copy"], {"PICKUP_DATABASE_URL": "postgres://x@127.0.0.1:1/x"}, "for PostgreSQL use pg_dump"),
        (["serve", "--host", "0.0.0.0"], {}, "and no key is set"),
        (["serve", "--host", "no.such.host.invalid"], {}, "there is no such address"),
    ],
)
def test_command_reports_error_in_one_line(
    run: Run, arguments: list[str], settings: dict[str, str], message: str
) -> None:
    done = run(*arguments, **settings)

    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("keys", [b"xx", b"\xff\x00", b'{"keys": []}', b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}'])
def test_serve_rejects_unusable_keys_before_it_starts(run: Run, tmp_path: Path, keys: bytes, workers: str) -> None:
    (tmp_path / "keys.json").write_bytes(keys)

    done = run("serve", "--port", "0", "--workers", workers, PICKUP_JWKS_FILE="keys.json")

    assert done.returncode == 2
    assert done.stderr.startswith("pickup: PICKUP_JWKS_FILE cannot be used: ")
    assert done.stderr.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_command_without_name_lists_commands_in_one_line(run: Run) -> None:
    done = run()

    commands = "backup, check, export, import, migrate, schema, serve, token"
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"pickup: name a command: {commands} (see pickup --help)\n"


INTERRUPTED_WHILE_IT_STARTS = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path, target=None):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from graph.cli.main import main
main(["schema"])
"""


def test_command_interrupted_at_start_prints_no_traceback() -> None:
    command = [sys.executable, "-c", INTERRUPTED_WHILE_IT_STARTS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True, timeout=120)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_migrate_prints_applied_steps(run: Run) -> None:
    first = run("migrate")
    second = run("migrate")

    assert (first.returncode, first.stdout.startswith("applied m0001_directory")) == (0, True)
    assert (second.returncode, second.stdout) == (0, "the database is up to date\n")


def test_command_with_closed_output_prints_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([PICKUP, "schema"], stdout=writer, stderr=subprocess.PIPE, check=False, timeout=120)
    os.close(writer)

    assert (done.returncode, done.stderr) == (1, b"")


def test_serve_reports_port_in_use_in_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))

    assert done.returncode == 2
    assert done.stderr == f"pickup: cannot listen on 127.0.0.1:{port}: Address already in use\n"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such option")
def test_listening_socket_sets_tcp_user_timeout() -> None:
    with (
        listening_socket("127.0.0.1", 0, loopback_only=True) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        after_ms = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert after_ms == 40_000


@contextmanager
def served(url: str, *options: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """The server as a program; afterwards it has been stopped, or killed if it did not stop."""
    environment = without_settings() | {"PICKUP_DATABASE_URL": url, "PICKUP_LOG_FORMAT": "json"} | settings
    command = [str(PICKUP), "serve", *options]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            yield server
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(15)
            server.kill()


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["migrate"], ["import", "--sites", "sites.csv"]])
def test_command_leaves_file_of_another_program_as_it_is(run_process: Run, tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "theirs.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    before = file.read_bytes()

    ended = run_process(*command, PICKUP_DATABASE_URL=f"sqlite://{file}")

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == (
        "pickup: the database has tables of another program (invoices): name one that Pickup has to itself"
    )
    assert file.read_bytes() == before


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_answers_and_stops_on_sigterm(run: Run, tmp_path: Path, workers: str) -> None:
    port = free_port()
    key = {"PICKUP_JWT_SECRET": SECRET}
    token = run("token", "--subject", "me", "--site", "MTL-01", "--permission", "WRITE", **key).stdout.strip()

    with served(f"sqlite://{tmp_path}/p.sqlite3", "--demo", "--port", str(port), "--workers", workers, **key) as server:
        answer = first_answer(f"http://127.0.0.1:{port}/graphql", Authorization=f"Bearer {token}")

    assert answer == {"data": {"sites": {"totalCount": 1}, "viewer": {"permissions": ["READ", "WRITE"]}}}
    assert server.returncode == 0


def test_serve_without_key_warns_in_one_line(database_file: Path) -> None:
    with served(f"sqlite://{database_file}", "--demo", "--port", "0") as server:
        assert server.stderr is not None
        loud, page, address = [json.loads(server.stderr.readline())["message"] for _ in range(3)]
        url = address.removeprefix("GraphiQL is at ")
        answer = first_answer(url)

    assert loud.startswith("NO KEY IS SET: ANYONE ON THIS MACHINE MAY CHANGE EVERYTHING.")
    assert url.startswith("http://127.0.0.1:")
    assert page == f"The page is at {url.removesuffix('graphql')}"
    assert answer["data"]["sites"] == {"totalCount": rows_of("sites")}
    assert server.returncode == 0


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_serve_without_key_warns_once_whatever_the_log_level(database_file: Path, log_format: str) -> None:
    port = str(free_port())
    settings = {"PICKUP_LOG_FORMAT": log_format, "PICKUP_LOG_LEVEL": "error"}
    with served(f"sqlite://{database_file}", "--port", port, "--workers", "2", **settings) as server:
        assert server.stderr is not None
        first_answer(f"http://127.0.0.1:{port}/graphql")
        server.terminate()
        said = server.stderr.read()

    assert said.count("NO KEY IS SET: ANYONE ON THIS MACHINE MAY CHANGE EVERYTHING.") == 1


def test_serve_prints_each_address_on_its_own_line(database_file: Path) -> None:
    key = {"PICKUP_JWT_SECRET": SECRET}
    with served(f"sqlite://{database_file}", "--port", "0", PICKUP_LOG_FORMAT="console", **key) as server:
        assert server.stderr is not None
        page, address = [server.stderr.readline() for _ in range(2)]
        first_answer(address.removeprefix("GraphiQL is at ").strip())

    assert page.startswith("The page is at http://127.0.0.1:")
    assert address.startswith("GraphiQL is at http://127.0.0.1:")


def test_serve_never_logs_tokens_or_names(run: Run, database_file: Path) -> None:
    key = {"PICKUP_JWT_SECRET": SECRET}
    token = run("token", "--subject", "me", "--all-sites", **key).stdout.strip()
    bearer = {"Authorization": f"Bearer {token}"}
    port = free_port()

    with served(f"sqlite://{database_file}", "--port", str(port), PICKUP_LOG_LEVEL="debug", **key) as server:
        assert server.stderr is not None
        first_answer(f"http://127.0.0.1:{port}/graphql", **bearer)
        searched = httpx.post(
            f"http://127.0.0.1:{port}/graphql",
            json={"query": '{users(search: "Tremblay"){totalCount}}'},
            headers=bearer,
            timeout=60,
        )
        with connect(
            f"ws://127.0.0.1:{port}/graphql", subprotocols=[PROTOCOL], additional_headers=bearer, proxy=None
        ) as websocket:
            websocket.send(json.dumps({"type": "connection_init", "payload": bearer}))
            acknowledged = json.loads(websocket.recv())
        server.terminate()
        said = server.stderr.read()

    assert (searched.status_code, acknowledged) == (200, {"type": "connection_ack"})
    assert '"message":"request"' in said
    assert token not in said
    assert "Tremblay" not in said.title()


def first_answer(url: str, **headers: str) -> Any:
    body = {"query": "{ sites { totalCount } viewer { permissions } }"}
    deadline = time.monotonic() + 120
    with httpx.Client(headers=headers, timeout=60) as client:
        while True:
            try:
                return client.post(url, json=body).json()
            except httpx.ConnectError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
