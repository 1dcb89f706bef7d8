"""PgBouncer in front of the PostgreSQL of the tests."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg

from tests.support.databases import as_postgres, connected, free_port
from tests.support.waiting import eventually

_CONFIGURATION = """[databases]
* = {target}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
"""


def pgbouncer_program() -> str | None:
    """The path of PgBouncer; Debian installs it outside a user's PATH."""
    return shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")


@contextmanager
def transaction_pooler(program: str, url: str) -> Iterator[str]:
    """The URL of the same database behind a PgBouncer in transaction mode, with its default settings otherwise."""
    parts, port = urlsplit(url), free_port()
    target = f"host={parts.hostname} port={parts.port or 5432} user={unquote(parts.username or 'postgres')}"
    if parts.password:
        target += f" password='{unquote(parts.password)}'"
    pooled = f"postgres://postgres@127.0.0.1:{port}{parts.path}"
    with tempfile.TemporaryDirectory(prefix="pickup-pgbouncer-") as folder:
        configuration = Path(folder) / "pgbouncer.ini"
        configuration.write_text(_CONFIGURATION.format(target=target, port=port))
        process = subprocess.Popen(
            [*as_postgres(Path(folder)), program, str(configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            asyncio.run(eventually(partial(_answers, pooled), "PgBouncer answers"))
            yield pooled
        finally:
            process.kill()
            process.wait(10)


async def _answers(url: str) -> bool:
    try:
        async with connected(url):
            return True
    except (OSError, asyncpg.PostgresError):
        return False
