"""The tables read back: their columns, keys and indexes, on either database."""

import pytest
from tortoise import Tortoise
from tortoise.fields import TextField

from models.change import Change
from models.database.database import Database
from models.pickup_group import PickupGroup
from models.row import Row
from models.site import Site
from models.user import User
from tests.support.factories import make_group, make_site, make_user
from tests.support.tables import refuses, run

INDEXES = {
    "sites_by_name": ["sort_key", "id"],
    "pickup_groups_by_creation": ["site_id", "created_at", "id"],
    "pickup_groups_by_update": ["site_id", "updated_at", "id"],
    "all_pickup_groups_by_name": ["sort_key", "id"],
    "all_pickup_groups_by_creation": ["created_at", "id"],
    "all_pickup_groups_by_update": ["updated_at", "id"],
    "users_by_extension": ["site_id", "extension_key", "id"],
    "users_by_status": ["site_id", "pickup_status", "sort_key", "id"],
    "users_by_status_and_extension": ["site_id", "pickup_status", "extension_key", "id"],
    "members_by_name": ["pickup_group_id", "sort_key", "id"],
    "members_by_extension": ["pickup_group_id", "extension_key", "id"],
    "all_users_by_name": ["sort_key", "id"],
    "all_users_by_extension": ["extension_key", "id"],
    "changes_by_group": ["pickup_group_id", "revision", "id"],
}
SEARCH = {
    "sqlite": {
        "pickup_groups_by_name": ["site_id", "sort_key", "id", "search_key"],
        "users_by_name": ["site_id", "sort_key", "id", "search_key", "station_type"],
        "available_users_by_name": ["site_id", "pickup_status", "sort_key", "id", "search_key"],
        "available_users_by_extension": ["site_id", "pickup_status", "extension_key", "id", "search_key"],
    },
    "postgres": {
        "pickup_groups_by_name": ["site_id", "sort_key", "id"],
        "users_by_name": ["site_id", "sort_key", "id"],
        "users_by_text": ["site_id", "search_key"],
    },
}
UNIQUE = {
    ("sites", "external_id"),
    ("users", "external_id"),
    ("pickup_groups", "site_id", "name_key"),
    ("pickup_groups", "id", "site_id"),
    ("changes", "site_id", "revision"),
}
REFERENCES = {
    ("pickup_groups", "site_id", "sites", "id"),
    ("users", "site_id", "sites", "id"),
    ("users", "pickup_group_id,site_id", "pickup_groups", "id,site_id"),
    ("changes", "site_id", "sites", "id"),
}
GENERATED = {("users", "pickup_status")}
"""The columns that the database works out: no model has them."""

KINDS = {
    "sqlite": {"BigIntField": "BIGINT", "TextField": "TEXT", "BooleanField": "BOOLEAN"},
    "postgres": {"BigIntField": "bigint", "TextField": "text", "BooleanField": "boolean"},
}


async def test_indexes_exist(database: Database) -> None:
    assert await indexes_of(database) == INDEXES | SEARCH[database.dialect]


async def test_unique_and_foreign_keys_exist_without_cascade(database: Database) -> None:
    unique, references = await keys_of(database)

    assert unique == UNIQUE
    assert references == {(*reference, "NO ACTION") for reference in REFERENCES}


@pytest.mark.parametrize("row", [Site, PickupGroup, User, Change])
async def test_columns_equal_model(database: Database, row: type[Row]) -> None:
    expected = {
        row._meta.fields_db_projection[name]: (KINDS[database.dialect][type(field).__name__], bool(field.null))
        for name, field in row._meta.fields_map.items()
    }

    found = await columns_of(database, row.table())

    assert {name: kind for name, kind in found.items() if (row.table(), name) not in GENERATED} == expected
    assert {(row.table(), name) for name in found} & GENERATED == {one for one in GENERATED if one[0] == row.table()}


MAY_BE_EMPTY = {
    ("sites", "main_number"),
    ("users", "extension"),
    ("users", "phone_number"),
    ("users", "email"),
    ("changes", "name_before"),
    ("changes", "name_after"),
}
"""Nullable texts of the first schema, which has no CHECK against empty ones; `pickup check` reports those of users and
sites. A new column has `CHECK (column <> '')` in its definition, so that nothing is stored in one way alone."""


async def test_nullable_text_is_never_empty(database: Database) -> None:
    site = await make_site()
    await make_user(site)
    await make_group(site)
    nullable = {
        (row.table(), row.column(name))
        for row in Row.__subclasses__()
        for name, field in row.model_fields().items()
        if field.null and isinstance(field, TextField)
    }

    assert nullable >= MAY_BE_EMPTY
    for table, column in nullable - MAY_BE_EMPTY:
        await refuses(database, f"{table}_{column}_check", f"UPDATE {table} SET {column} = ''")


async def test_table_has_model(database: Database) -> None:
    sql = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    }
    assert Tortoise.apps is not None

    found = {record["name"] for record in await run(database, sql[database.dialect])}

    assert found == {row.table() for row in Row.__subclasses__()} | {"tortoise_migrations"}
    assert set(Tortoise.apps["models"].values()) == set(Row.__subclasses__())


async def indexes_of(database: Database) -> dict[str, list[str]]:
    """The columns of each index that no constraint has made."""
    if database.dialect == "sqlite":
        records = await run(
            database,
            "SELECT i.name AS name, c.name AS column_name FROM sqlite_master AS i, pragma_index_info(i.name) AS c "
            "WHERE i.type = 'index' AND i.sql IS NOT NULL AND i.tbl_name IN "
            "('sites', 'pickup_groups', 'users', 'changes') ORDER BY i.name, c.seqno",
        )
    else:
        records = await run(
            database,
            "SELECT i.relname AS name, a.attname AS column_name FROM pg_index AS x "
            "JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_class AS t ON t.oid = x.indrelid "
            "JOIN pg_attribute AS a ON a.attrelid = i.oid WHERE NOT x.indisunique AND x.indisvalid "
            "AND t.relname IN ('sites', 'pickup_groups', 'users', 'changes') ORDER BY i.relname, a.attnum",
        )
    found: dict[str, list[str]] = {}
    for record in records:
        found.setdefault(record["name"], []).append(record["column_name"])
    return found


async def keys_of(database: Database) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """The unique keys: table, columns. The foreign keys: table, columns, those that they lead to, and ON DELETE."""
    unique: set[tuple[str, ...]] = set()
    references: set[tuple[str, ...]] = set()
    if database.dialect == "postgres":
        columns = "(SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(c.{keys}) WITH ORDINALITY AS k(key, n) "
        columns += "JOIN pg_attribute AS a ON a.attnum = k.key AND a.attrelid = c.{table})"
        records = await run(
            database,
            "SELECT c.contype::text AS kind, c.conrelid::regclass::text AS own, "
            f"{columns.format(keys='conkey', table='conrelid')} AS names, c.confrelid::regclass::text AS other, "
            f"{columns.format(keys='confkey', table='confrelid')} AS others, c.confdeltype::text AS action "
            "FROM pg_constraint AS c WHERE c.contype IN ('u', 'f') AND c.connamespace = 'public'::regnamespace "
            "AND c.convalidated AND c.conrelid::regclass::text IN ('sites', 'pickup_groups', 'users', 'changes')",
        )
        for one in records:
            if one["kind"] == "u":
                unique.add((one["own"], *one["names"].split(",")))
            else:
                action = {"a": "NO ACTION"}.get(one["action"], one["action"])
                references.add((one["own"], one["names"], one["other"], one["others"], action))
        return unique, references
    for table in ("sites", "pickup_groups", "users", "changes"):
        for index in await run(database, f"SELECT name FROM pragma_index_list('{table}') WHERE origin = 'u'"):
            names = await run(database, f"SELECT name FROM pragma_index_info('{index['name']}') ORDER BY seqno")
            unique.add((table, *(one["name"] for one in names)))
        sql = (
            'SELECT group_concat("from") AS names, "table" AS other, group_concat("to") AS others, on_delete AS action '
            f"FROM (SELECT * FROM pragma_foreign_key_list('{table}') ORDER BY id, seq) GROUP BY id"
        )
        for one in await run(database, sql):
            references.add((table, one["names"], one["other"], one["others"], one["action"]))
    return unique, references


async def columns_of(database: Database, table: str) -> dict[str, tuple[str, bool]]:
    """The type of each column, and whether it may be NULL."""
    if database.dialect == "postgres":
        sql = (
            "SELECT column_name AS name, data_type AS kind, is_nullable = 'YES' AS empty "
            f"FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}'"
        )
    else:
        sql = (
            "SELECT name, CASE WHEN pk THEN 'BIGINT' ELSE replace(type, ' GENERATED ALWAYS', '') END AS kind, "
            f"NOT \"notnull\" AND NOT pk AS empty FROM pragma_table_xinfo('{table}')"
        )
    return {one["name"]: (one["kind"], bool(one["empty"])) for one in await run(database, sql)}
