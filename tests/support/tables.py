"""What the database itself holds: its schema and its rows, read past our own code."""

import re
from typing import Any

import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError

from models.database.database import Database
from tests.support.databases import TABLES

SQLITE_SCHEMA = (
    "SELECT type || ' ' || name AS name, coalesce(sql, tbl_name) AS definition FROM sqlite_master "
    "WHERE name NOT LIKE 'sqlite_stat%'"
)
POSTGRES_SCHEMA = """
    SELECT 'column ' || c.relname || '.' || a.attname AS name, concat_ws(' ', a.attnum,
        format_type(a.atttypid, a.atttypmod), l.collname, a.attnotnull, a.attidentity, a.attgenerated,
        pg_get_expr(d.adbin, d.adrelid)) AS definition
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
    LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT 'constraint ' || conrelid::regclass || ' ' || conname,
        concat_ws(' ', pg_get_constraintdef(oid), convalidated)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index ' || indexrelid::regclass, concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid)
    FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid WHERE c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'trigger ' || tgname, concat_ws(' ', pg_get_triggerdef(oid), tgenabled)
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'function ' || p.proname, pg_get_functiondef(p.oid) FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (
        SELECT 1 FROM pg_depend AS d WHERE d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')"""


async def run(database: Database, sql: str) -> list[dict[str, Any]]:
    return await get_connection(database.dialect).execute_query_dict(sql)


async def refuses(database: Database, constraint: str, sql: str) -> None:
    """The statement breaks that constraint; SQLite does not always give the name of it."""
    with pytest.raises(IntegrityError) as raised:
        await run(database, sql)
    if database.dialect == "postgres":
        assert f'"{constraint}"' in str(raised.value)


async def read_schema(database: Database) -> dict[str, str]:
    """The definition of every table, column, constraint, index, trigger and function, by its kind and name."""
    found = await run(database, SQLITE_SCHEMA if database.dialect == "sqlite" else POSTGRES_SCHEMA)
    return {record["name"]: _plain(record["definition"]) for record in found}


def _plain(definition: str) -> str:
    """SQLite keeps white space as it was given, and quotes the name of a table that was renamed."""
    return re.sub(r'^CREATE TABLE "(\w+)"', r"CREATE TABLE \1", " ".join(definition.split()))


async def read_rows(database: Database, *tables: str) -> dict[str, list[dict[str, Any]]]:
    """Those of the tables named, or of all."""
    return {table: await run(database, f"SELECT * FROM {table} ORDER BY id") for table in tables or TABLES}
