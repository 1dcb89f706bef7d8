# ruff: noqa: ASYNC240 - tests have nothing else to do while a file is moved
"""SQLite's file: full, read-only, moved away, replaced or no database at all, at the start and while serving."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from models.database.opening import opened_database
from models.database.url import parse_database_url
from tests.support.factories import make_group, make_site
from tests.support.processes import environment, served
from tests.support.serving import PICKUP, token

GARBAGE = b"This was a database once. " * 4_000

CREATE = """mutation($site: ID!, $name: String!) {
  createPickupGroup(input: {siteId: $site, name: $name}) { pickupGroup { id } violations { rule } } }"""
NAMES = "{ pickupGroups { totalCount nodes { name } } }"

pytestmark = pytest.mark.slow


@pytest.fixture
async def file(sqlite_template: Path, tmp_path: Path) -> Path:
    """A database with a site and a group, in a folder of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    copied = Path(shutil.copy(sqlite_template, folder / "pickup.sqlite3"))
    async with opened_database(parse_database_url(f"sqlite://{copied}")):
        await make_group(await make_site(), "Before")
    return copied


async def create(client: httpx.AsyncClient, name: str) -> str:
    """The code of the error, "" if the group was created."""
    return await code(client, CREATE, site="Site:1", name=name)


async def code(client: httpx.AsyncClient, query: str, **variables: str) -> str:
    response = await client.post(
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {token('me')}"},
    )
    answer = response.json()
    if "errors" not in answer:
        return ""
    found: str = answer["errors"][0]["extensions"]["code"]
    return found


def start(file: Path, wrapper: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    command = [*wrapper, str(PICKUP), "serve", "--port", "0"]
    settings = environment(f"sqlite://{file}", {})
    return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120, check=False)


def limited(most: int) -> list[str]:
    """A command that runs another one, no file of which may have more bytes: as if the disk were full."""
    program = (
        "import os, resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most})); os.execvp(sys.argv[1], sys.argv[1:])"
    )
    return [sys.executable, "-c", program]


def as_everybody() -> list[str]:
    """A command that runs another one without root's right to write read-only files."""
    return ["setpriv", "--bounding-set=-dac_override"] if os.getuid() == 0 else []


async def test_full_disk_rejects_mutations_and_serves_queries(file: Path) -> None:
    size = len(file.read_bytes())
    async with (
        served(f"sqlite://{file}", wrapper=limited(size + 200_000)) as server,
        httpx.AsyncClient(base_url=server.address, timeout=60) as client,
    ):
        codes = [await create(client, f"Group {number}") for number in range(60)]
        read = await code(client, NAMES)
        ready = await client.get("/readyz")
        made = codes.count("")
        await server.stop()

    assert set(codes) == {"", "UNAVAILABLE"}
    assert codes == [""] * made + ["UNAVAILABLE"] * (60 - made)
    assert (read, ready.status_code) == ("", 200)
    assert names(file) == {"Before", *(f"Group {number}" for number in range(made))}


async def test_moved_file_is_unavailable_until_back(file: Path) -> None:
    async with (
        served(f"sqlite://{file}", wrapper=as_everybody()) as server,
        httpx.AsyncClient(base_url=server.address, timeout=60) as client,
    ):
        before = await code(client, NAMES)
        moved = file.rename(file.with_name("moved.sqlite3"))
        away = await create(client, "Away"), await code(client, NAMES), (await client.get("/readyz")).status_code
        moved.rename(file)
        back = await create(client, "Back"), await code(client, NAMES), (await client.get("/readyz")).status_code
        await server.stop()

    assert before == ""
    assert away == ("UNAVAILABLE", "UNAVAILABLE", 503)
    assert back == ("", "", 200)
    assert names(file) == {"Before", "Back"}


async def test_replaced_file_is_never_written(file: Path) -> None:
    other = Path(shutil.copy(file, file.with_name("other.sqlite3")))
    async with (
        served(f"sqlite://{file}") as server,
        httpx.AsyncClient(base_url=server.address, timeout=60) as client,
    ):
        before = await create(client, "Kept")
        kept = file.rename(file.with_name("kept.sqlite3"))
        other.rename(file)
        after = await create(client, "Lost"), await code(client, NAMES), (await client.get("/readyz")).status_code
        file.write_bytes(GARBAGE)
        garbage = await create(client, "Lost"), await code(client, NAMES), (await client.get("/readyz")).status_code
        kept.rename(file)
        back = await create(client, "Back"), await code(client, NAMES), (await client.get("/readyz")).status_code
        await server.stop()

    assert before == ""
    assert after == garbage == ("UNAVAILABLE", "UNAVAILABLE", 503)
    assert back == ("", "", 200)
    assert names(file) == {"Before", "Kept", "Back"}


async def test_overwritten_file_is_never_served(file: Path) -> None:
    async with (
        served(f"sqlite://{file}") as server,
        httpx.AsyncClient(base_url=server.address, timeout=60) as client,
    ):
        with file.open("r+b") as opened:
            opened.write(GARBAGE)
        codes = {await code(client, NAMES), await create(client, "Lost")}

    assert codes == {"UNAVAILABLE"}


def test_serve_reports_full_disk_in_one_line(file: Path) -> None:
    done = start(file, limited(0))

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"the database at {file} cannot be used: " in done.stderr
    assert names(file) == {"Before"}


def test_serve_reports_read_only_file_in_one_line(file: Path) -> None:
    file.chmod(0o444)
    file.parent.chmod(0o555)
    try:
        done = start(file, as_everybody())
    finally:
        file.parent.chmod(0o755)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr == f"pickup: the database at {file} cannot be used: {file} cannot be written\n"


def test_serve_reports_file_that_is_no_database_in_one_line(file: Path) -> None:
    file.write_bytes(GARBAGE)

    done = start(file)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"the database at {file} cannot be used: file is not a database" in done.stderr


def test_serve_reports_newer_database_in_one_line(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute(
        "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('models', 'm9999_future', '2030')"
    )
    connection.commit()
    connection.close()

    done = start(file)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "newer version (m9999_future)" in done.stderr


def names(file: Path) -> set[str]:
    connection = sqlite3.connect(file)
    found = {name for (name,) in connection.execute("SELECT name FROM pickup_groups")}
    connection.close()
    return found
