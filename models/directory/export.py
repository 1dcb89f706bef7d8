"""Export: the directory as three files. Importing them again changes nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

from models.database.database import Database
from models.database.sessions import Records, Session
from models.directory.files import GROUP_COLUMNS, SITE_COLUMNS, USER_COLUMNS, write_file

PAGE = 10_000
"""Rows that are read at once."""


async def export_directory(database: Database, folder: Path) -> None:
    """Write sites.csv, users.csv and groups.csv from one snapshot, in the order of keys. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - the command does nothing else
    async with database.reading() as session:
        await write_file(folder / "sites.csv", _cells(SITE_COLUMNS, _sites(session)))
        await write_file(folder / "users.csv", _cells(USER_COLUMNS, _users(session)))
        await write_file(folder / "groups.csv", _cells(GROUP_COLUMNS, _groups(session)))


async def _cells(header: tuple[str, ...], pages: AsyncIterator[Records]) -> AsyncIterator[list[str]]:
    yield list(header)
    async for page in pages:
        for record in page:
            yield ["" if record[name] is None else record[name] for name in header]


async def _sites(session: Session) -> AsyncIterator[Records]:
    async for page in _site_pages(session):
        yield [{"site_id": one["external_id"], "name": one["name"], "main_number": one["main_number"]} for one in page]


async def _site_pages(session: Session) -> AsyncIterator[Records]:
    after = ""
    while True:
        statement = session.statement()
        page = await session.fetch(
            "SELECT id, external_id, name, main_number FROM sites "
            f"WHERE external_id > {statement.bind(after)} ORDER BY external_id LIMIT {PAGE}",
            statement.values,
        )
        yield page
        if len(page) < PAGE:
            return
        after = page[-1]["external_id"]


async def _users(session: Session) -> AsyncIterator[Records]:
    async for sites in _site_pages(session):
        for site in sites:
            after, page = "", None
            while page is None or len(page) == PAGE:
                statement = session.statement()
                page = await session.fetch(
                    "SELECT external_id AS user_id, first_name, last_name, extension, phone_number, email, "
                    "station_type, CASE WHEN barge_in_exempt THEN 'true' ELSE 'false' END AS barge_in_exempt "
                    f"FROM users WHERE site_id = {statement.bind(site['id'])} "
                    f"AND external_id > {statement.bind(after)} ORDER BY external_id LIMIT {PAGE}",
                    statement.values,
                )
                yield [{**one, "site_id": site["external_id"]} for one in page]
                after = page[-1]["user_id"] if page else ""


async def _groups(session: Session) -> AsyncIterator[Records]:
    gathered = {
        "sqlite": "(SELECT group_concat(o.external_id, '|') FROM (SELECT u.external_id FROM users AS u "
        "WHERE u.pickup_group_id = g.id ORDER BY u.external_id) AS o)",
        "postgres": "(SELECT string_agg(u.external_id, '|' ORDER BY u.external_id) FROM users AS u "
        "WHERE u.pickup_group_id = g.id)",
    }[session.dialect]
    async for sites in _site_pages(session):
        for site in sites:
            statement = session.statement()
            page = await session.fetch(
                f"SELECT g.name, {gathered} AS member_ids FROM pickup_groups AS g "
                f"WHERE g.site_id = {statement.bind(site['id'])} ORDER BY g.name_key",
                statement.values,
            )
            yield [{**one, "site_id": site["external_id"]} for one in page]
