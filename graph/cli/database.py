"""The commands `pickup backup`, `pickup migrate` and `pickup check`."""

import sqlite3
from pathlib import Path

import click

from graph.cli.event_loop import run
from graph.cli.exit_codes import DONE, REFUSED
from graph.cli.output import print_line, replace_unencodable
from graph.settings import Settings
from models.database.migrating import migrate_database
from models.database.opening import DatabaseError, check_file_exists, opened_database
from models.database.sqlite.backup import back_up
from models.database.url import parse_database_url
from models.integrity.check import iterate_problems


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> int:
    """Copy a SQLite database to a new FILE, while the server runs or not."""
    address = parse_database_url(Settings.from_environment().database_url)
    if address.dialect != "sqlite":
        raise click.UsageError("this copies SQLite databases alone: for PostgreSQL use pg_dump")
    check_file_exists(address)
    try:
        back_up(address.path, file)
    except (OSError, sqlite3.Error) as error:
        reason = isinstance(error, OSError) and error.strerror
        raise DatabaseError(f"there is no backup in {file}: {reason or error}") from error
    return DONE


@click.command()
def migrate() -> int:
    """Bring the database up to date, and stop."""
    steps = run(migrate_database(parse_database_url(Settings.from_environment().database_url)))
    click.echo(f"applied {', '.join(steps)}" if steps else "the database is up to date")
    return DONE


@click.command()
def check() -> int:
    """Look for stored data that breaks a rule."""
    replace_unencodable()
    number = run(_print_problems(Settings.from_environment()))
    print_line(f"{number} problems found" if number else "no problems found", err=True)
    return REFUSED if number else DONE


async def _print_problems(settings: Settings) -> int:
    number = 0
    async with opened_database(parse_database_url(settings.database_url)) as database:
        async for problem in iterate_problems(database):
            number += 1
            print_line(problem)
    return number
