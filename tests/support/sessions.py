"""Statements for the tests of sessions, and what is stored after them."""

import pytest

from models.database.database import Database
from models.database.sessions import Session

ON_POSTGRES = pytest.mark.parametrize("url", ["postgres"], indirect=True)
ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)

NAMES = "SELECT name FROM sites ORDER BY id"
ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "postgres": "SELECT pg_sleep(60)",
}


async def rename(session: Session, name: str) -> None:
    await session.fetch(f"UPDATE sites SET name = '{name}'", [])


async def names(database: Database) -> list[str]:
    async with database.reading(snapshot=False) as session:
        return [record["name"] for record in await session.fetch(NAMES, [])]


async def change_name(database: Database, name: str) -> None:
    await database.change(lambda transaction: rename(transaction, name))
