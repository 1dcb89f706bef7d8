"""The commands for directories: import, export, check."""

import asyncio
import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from graph.settings import Settings
from models.address import parse_address
from models.checking import find_faults
from models.directory.exporting import export_directory
from models.directory.files import DirectoryFile
from models.directory.importing import Order, Report, import_directory
from models.directory.sample import one_connection
from models.migrating import migrate_database, open_database

DONE, REFUSED = 0, 1
SHOWN = 20
"""Rows refused, and members who lost their group, that are told of one by one."""

_TOLD_EVERY_S = 5.0
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("import")
@click.option("--sites", type=_FILE, help="sites.csv")
@click.option("--users", type=_FILE, help="users.csv")
@click.option("--groups", type=_FILE, help="groups.csv")
@click.option("--prune", is_flag=True, help="Remove the users of the sites in users.csv that it does not list.")
@click.option("--force", is_flag=True, help="Prune also where more than a fifth of a site's users are to be removed.")
@click.option("--dry-run", is_flag=True, help="Tell what would be done, but write nothing.")
def import_(sites: Path | None, users: Path | None, groups: Path | None, **options: bool) -> int:
    """Load a directory from CSV files."""
    if not (sites or users or groups):
        raise click.UsageError("name at least one file: --sites, --users, --groups")
    if options["prune"] and users is None:
        raise click.UsageError("--prune needs --users")
    if options["force"] and not options["prune"]:
        raise click.UsageError("--force goes with --prune")
    settings = Settings.from_environment()
    order = Order(f"import:{_login()}", sites, users, groups, region=settings.default_region, **options)
    report = asyncio.run(_import(settings, order))
    _tell(report, order)
    return REFUSED if report.refused or report.too_many else DONE


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


async def _import(settings: Settings, order: Order) -> Report:
    address = one_connection(parse_address(settings.database_url))
    await migrate_database(address)
    database = await open_database(address)
    try:
        with _progress() as progress:
            return await import_directory(database, order, progress)
    finally:
        await database.close()


@contextmanager
def _progress() -> Iterator[Any]:
    """A bar on a terminal, otherwise a line every few seconds."""
    console = Console(stderr=True)
    if console.is_terminal:
        columns = (TextColumn("sites"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("sites")
            yield lambda done, whole: bar.update(task, completed=done, total=whole)
        return
    told = time.monotonic()

    def tell(done: int, whole: int) -> None:
        nonlocal told
        if time.monotonic() - told >= _TOLD_EVERY_S:
            told = time.monotonic()
            click.echo(f"{done} of {whole} sites", err=True)

    yield tell


def _tell(report: Report, order: Order) -> None:
    tally = report.tally
    _tell_some(tally.notes)
    _tell_some([line for file in report.files for line in _refusals(file)])
    for site in report.too_many:
        click.echo(
            f"{site}: more than a fifth of its users would be removed; nobody was. --force removes them", err=True
        )
    table = Table("what", "number", title="dry run: nothing was kept" if order.dry_run else None)
    for name, number in (
        ("users added", tally.added),
        ("users changed", tally.changed),
        ("users unchanged", report.unchanged),
        ("users removed", tally.removed),
        ("groups made", tally.groups_created),
        ("groups changed", tally.groups_changed),
        ("rows refused", report.refused),
        ("members who lost their group", tally.lost_group),
        ("exemptions cleared", tally.cleared),
    ):
        table.add_row(name, str(number))
    Console().print(table)


def _refusals(file: DirectoryFile) -> list[str]:
    return [f"{file.path}, line {line}: {reason}" for _, (line, reason) in sorted(file.refused.items())]


def _tell_some(lines: list[str]) -> None:
    for line in lines[:SHOWN]:
        click.echo(line)
    if len(lines) > SHOWN:
        click.echo(f"… and {len(lines) - SHOWN} more")


@click.command("export")
@click.option("--directory", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where to write.")
def export(directory: Path) -> int:
    """Write sites.csv, users.csv and groups.csv."""
    asyncio.run(_export(Settings.from_environment(), directory))
    return DONE


async def _export(settings: Settings, folder: Path) -> None:
    database = await open_database(parse_address(settings.database_url))
    try:
        await export_directory(database, folder)
    except OSError as error:
        raise click.UsageError(f"--directory {folder}: {error.strerror}") from None
    finally:
        await database.close()


@click.command("check")
def check() -> int:
    """Look for stored data that breaks a rule."""
    faults = asyncio.run(_check(Settings.from_environment()))
    for fault in faults:
        click.echo(fault)
    click.echo(f"{len(faults)} faults found" if faults else "no fault found", err=True)
    return REFUSED if faults else DONE


async def _check(settings: Settings) -> list[str]:
    database = await open_database(parse_address(settings.database_url))
    try:
        return await find_faults(database)
    finally:
        await database.close()
