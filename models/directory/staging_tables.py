"""The tables of the staging area."""

from models.directory.columns import FORMATS, GROUP_KEYS, GROUPS, USERS
from models.queries.statement import Dialect

_TYPES: dict[Dialect, dict[str, str]] = {
    "sqlite": {"text": "TEXT", "integer": "BIGINT", "boolean": "BOOLEAN", "row_number": "INTEGER PRIMARY KEY"},
    "postgres": {
        "text": 'TEXT COLLATE "C"',
        "integer": "BIGINT",
        "boolean": "BOOLEAN",
        "row_number": "BIGINT PRIMARY KEY",
    },
}

_TABLES: dict[str, dict[str, str]] = {
    "staged_members": {"number": "integer", "external_id": "text"},
    # A user whose row was refused is never removed: `external_id` is their key, with a row for each that it may be.
    # Rows with `planned` are replaced by each plan.
    "refused_rows": {
        "file": "text",
        "number": "integer",
        "line": "integer",
        "reason": "text",
        "external_id": "text",
        "planned": "boolean",
    },
    # The plan: users to add or change, users to remove, and the sites with their partitions.
    "changed_users": {
        "number": "integer",
        "user_key": "integer",
        "site": "text",
        "old_site": "text",
        "kind": "integer",
    },
    "pruned_users": {"user_key": "integer", "site": "text"},
    "planned_sites": {"site": "text", "site_key": "integer", "revision": "integer", "partition": "integer"},
    # The sites that are planned again.
    "stale_sites": {"site": "text"},
    # The rows of changed_users with all of their columns, in the order of partitions and names.
    "partition_users": {
        "partition": "integer",
        "number": "integer",
        "user_key": "integer",
        "old_site": "text",
        "kind": "integer",
        **USERS.staged,
    },
    # The groups of a partition, with the numbers of their rows.
    "partition_groups": {"group_key": "integer", "number": "integer"},
    # The memberships of a partition: as the rows want them, those that end, and those that begin.
    "wanted_members": {"external_id": "text", "group_key": "integer"},
    "removed_members": {"user_key": "integer", "group_key": "integer", "reason": "text"},
    "added_members": {"user_key": "integer", "group_key": "integer", "exempt": "boolean"},
}


def staging_tables() -> dict[str, dict[str, str]]:
    """The tables with the types of their columns.

    A table accepted_groups holds the valid rows of groups.csv, with the names of their groups.
    """
    rows = {f"staged_{file.name}": {"number": "row_number", "line": "integer", **file.staged} for file in FORMATS}
    accepted = {"number": "row_number", **GROUPS.staged, **dict.fromkeys(GROUP_KEYS, "text")}
    return {**rows, "accepted_groups": accepted, **_TABLES}


INDEXES = (
    "CREATE INDEX staged_sites_key ON staged_sites (external_id)",
    "CREATE INDEX staged_users_key ON staged_users (external_id)",
    "CREATE INDEX staged_groups_site ON staged_groups (site)",
    "CREATE INDEX staged_members_row ON staged_members (number)",
    "CREATE INDEX staged_members_key ON staged_members (external_id)",
    "CREATE INDEX accepted_groups_site ON accepted_groups (site, name_key)",
    "CREATE INDEX refused_rows_key ON refused_rows (external_id)",
    "CREATE INDEX refused_rows_row ON refused_rows (file, number)",
    "CREATE INDEX pruned_users_site ON pruned_users (site)",
    "CREATE INDEX pruned_users_key ON pruned_users (user_key)",
    "CREATE INDEX planned_sites_partition ON planned_sites (partition)",
    "CREATE INDEX partition_users_partition ON partition_users (partition)",
    "CREATE INDEX partition_groups_group ON partition_groups (group_key)",
    "CREATE INDEX wanted_members_key ON wanted_members (external_id)",
    "CREATE INDEX wanted_members_group ON wanted_members (group_key)",
    "CREATE INDEX removed_members_user ON removed_members (user_key)",
)


def create_tables(dialect: Dialect) -> list[str]:
    """Return the statements that create the tables, after those of an import before on the same connection."""
    types = _TYPES[dialect]
    statements = []
    for table, columns in staging_tables().items():
        declared = ", ".join(f"{name} {types[kind]}" for name, kind in columns.items())
        statements += [f"DROP TABLE IF EXISTS {table}", f"CREATE TEMPORARY TABLE {table} ({declared})"]
    return statements
