"""Exporting a directory: the three files that importing them again would change nothing with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.database import Database
from models.directory.files import GROUP_COLUMNS, SITE_COLUMNS, USER_COLUMNS, write_file
from models.session import Session

BATCH = 5_000


async def export_directory(database: Database, folder: Path) -> None:
    """Writes sites.csv, users.csv and groups.csv of one moment, in the order of keys. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a command, which has nothing else to do
    async with database.reading() as session:
        sites = await session.fetch("SELECT external_id, name, main_number FROM sites ORDER BY external_id", [])
        write_file(folder / "sites.csv", _rows(SITE_COLUMNS, sites))
        users = await _users(session)
        write_file(folder / "users.csv", _rows(USER_COLUMNS, users))
        members: dict[int, list[str]] = {}
        for one in await session.fetch(
            "SELECT pickup_group_id, external_id FROM users WHERE pickup_group_id IS NOT NULL ORDER BY external_id", []
        ):
            members.setdefault(one["pickup_group_id"], []).append(one["external_id"])
        groups = await session.fetch(
            "SELECT sites.external_id, g.name, g.id FROM pickup_groups AS g JOIN sites ON sites.id = g.site_id "
            "ORDER BY sites.external_id, g.name_key",
            [],
        )
        rows = [{**one, "id": "|".join(members.get(one["id"], ()))} for one in groups]
        write_file(folder / "groups.csv", _rows(GROUP_COLUMNS, rows))


async def _users(session: Session) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    while True:
        statement = session.statement()
        batch = await session.fetch(
            "SELECT u.external_id, sites.external_id AS site, u.first_name, u.last_name, u.extension, u.phone_number, "
            "u.email, u.station_type, CASE WHEN u.barge_in_exempt THEN 'true' ELSE 'false' END AS exempt "
            "FROM users AS u JOIN sites ON sites.id = u.site_id "
            f"WHERE u.external_id > {statement.bind(after)} ORDER BY u.external_id LIMIT {BATCH}",
            statement.values,
        )
        found += batch
        if len(batch) < BATCH:
            return found
        after = batch[-1]["external_id"]


def _rows(header: tuple[str, ...], records: list[dict[str, Any]]) -> Iterator[list[str]]:
    yield list(header)
    for record in records:
        yield ["" if value is None else str(value) for value in record.values()]
