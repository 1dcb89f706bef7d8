"""Export: the directory as three files. Importing them again changes nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

from models.database.database import Database
from models.database.sessions import Records, Session
from models.directory.columns import GROUPS, SITES, USERS, FileFormat, Role
from models.directory.csv_cells import escape_cell
from models.directory.csv_output import CsvFormat, write_csv

PAGE = 10_000
"""Rows that are read at once."""


async def export_directory(database: Database, folder: Path, *, excel: bool = False) -> None:
    """Write sites.csv, users.csv and groups.csv from one snapshot, in the order of keys. Raises OSError.

    For Excel, the files begin with a BOM, and no cell can be taken for a formula.
    """
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - the command does nothing else
    async with database.reading() as session:
        for file_format, pages in ((SITES, _sites(session)), (USERS, _users(session)), (GROUPS, _groups(session))):
            rows = _rows(file_format, pages, excel=excel)
            await write_csv(folder / f"{file_format.name}.csv", rows, CsvFormat(has_bom=excel))


async def _rows(file_format: FileFormat, pages: AsyncIterator[Records], *, excel: bool) -> AsyncIterator[list[str]]:
    """Yield the header and the cells of the records, which have a value for each column."""
    yield list(file_format.header)
    async for page in pages:
        for record in page:
            values = ((column, record[column.stored_as]) for column in file_format.columns)
            yield ["" if value is None else escape_cell(column.write(value), excel=excel) for column, value in values]


def _stored_columns(file_format: FileFormat) -> str:
    stored = [column.stored_as for column in file_format.columns if column.role not in (Role.SITE, Role.MEMBERS)]
    return ", ".join(stored)


async def _sites(session: Session) -> AsyncIterator[Records]:
    after = ""
    while True:
        statement = session.statement()
        page = await session.fetch(
            f"SELECT id, {_stored_columns(SITES)} FROM sites "
            f"WHERE external_id > {statement.bind(after)} ORDER BY external_id LIMIT {PAGE}",
            statement.values,
        )
        yield page
        if len(page) < PAGE:
            return
        after = page[-1]["external_id"]


async def _users(session: Session) -> AsyncIterator[Records]:
    async for sites in _sites(session):
        for site in sites:
            after, page = "", None
            while page is None or len(page) == PAGE:
                statement = session.statement()
                page = await session.fetch(
                    f"SELECT {_stored_columns(USERS)} FROM users WHERE site_id = {statement.bind(site['id'])} "
                    f"AND external_id > {statement.bind(after)} ORDER BY external_id LIMIT {PAGE}",
                    statement.values,
                )
                yield [{**user, "site": site["external_id"]} for user in page]
                after = page[-1]["external_id"] if page else ""


async def _groups(session: Session) -> AsyncIterator[Records]:
    members = {
        "sqlite": "(SELECT group_concat(o.external_id, '|') FROM (SELECT u.external_id FROM users AS u "
        "WHERE u.pickup_group_id = g.id ORDER BY u.external_id) AS o)",
        "postgres": "(SELECT string_agg(u.external_id, '|' ORDER BY u.external_id) FROM users AS u "
        "WHERE u.pickup_group_id = g.id)",
    }[session.dialect]
    async for sites in _sites(session):
        for site in sites:
            statement = session.statement()
            page = await session.fetch(
                f"SELECT {_stored_columns(GROUPS)}, {members} AS member_ids FROM pickup_groups AS g "
                f"WHERE g.site_id = {statement.bind(site['id'])} ORDER BY g.name_key",
                statement.values,
            )
            yield [{**group, "site": site["external_id"]} for group in page]
