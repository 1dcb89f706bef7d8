"""The commands for directories: import, export, check."""

import asyncio
import getpass
import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from graph.cli.main import DONE, REFUSED
from graph.settings import Settings
from models.database.opening import migrate_database, open_database
from models.database.url import parse_database_url
from models.directory.exporting import export_directory
from models.directory.importing import Job, Report, Watcher, import_directory
from models.directory.staging import one_connection
from models.integrity.check import each_fault

_TOLD_EVERY_S = 3.0
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
    job = Job(f"import:{_login()}", sites, users, groups, region=settings.default_region, **options)
    _replace_what_cannot_be_shown()
    report = asyncio.run(_import(settings, job))
    _tell(report, job)
    unwritten = [refusals.unwritten for refusals in report.refusals if refusals.unwritten]
    for reason in unwritten:
        tell(f"pickup: {reason}", err=True)
    return REFUSED if report.refused or report.too_many or unwritten else DONE


def tell(line: str, *, err: bool = False) -> None:
    """Writes the line, if it can be written."""
    with _whoever_listens(err=err):
        click.echo(line, err=err)


@contextmanager
def _whoever_listens(*, err: bool = False) -> Iterator[None]:
    """Where nobody takes what is written any more, it and all that comes after are lost, and nothing else is."""
    try:
        yield
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, (sys.stderr if err else sys.stdout).fileno())
        os.close(nowhere)


def _replace_what_cannot_be_shown() -> None:
    """Standard output may be of an encoding in which not every name can be written."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


async def _import(settings: Settings, job: Job) -> Report:
    address = one_connection(parse_database_url(settings.database_url))
    if not job.dry_run:
        await migrate_database(address)
    database = await open_database(address)
    try:
        with _watching() as watcher:
            return await import_directory(database, job, watcher)
    finally:
        await database.close()


@contextmanager
def _watching() -> Iterator[Watcher]:
    """A bar with rate and time left on a terminal, otherwise a line every few seconds."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Watcher(_Lines().tell, tell, _tell_refused)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar:

        def write(line: str) -> None:
            if not Console().is_terminal:
                tell(line)
                return
            # Above the bar, which is in the way of what others write.
            with _whoever_listens(err=True):
                console.print(line, markup=False, highlight=False)

        tasks: dict[str, tuple[TaskID, float]] = {}

        def show(what: str, done: int, whole: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, rate=""), time.monotonic()
            task, began = tasks[what]
            bar.update(task, completed=done, total=whole or None, rate=_rate(done, time.monotonic() - began))

        yield Watcher(show, write, lambda *refused: write(_refused(*refused)))


class _Lines:
    """Tells of progress in lines, for a log."""

    def __init__(self) -> None:
        self._what = ""
        self._began = self._told = time.monotonic()

    def tell(self, what: str, done: int, whole: int) -> None:
        now = time.monotonic()
        if what != self._what:
            self._what, self._began = what, now
        if now - self._told < _TOLD_EVERY_S:
            return
        self._told = now
        parts = [what]
        if whole:
            parts += [f"{done:,} of about {whole:,} rows", _rate(done, now - self._began)]
        if 0 < done <= whole:
            parts.append(f"{(now - self._began) * (whole - done) / done:.0f} s left")
        tell(", ".join(part for part in parts if part), err=True)


def _rate(done: int, seconds: float) -> str:
    return f"{done / seconds:,.0f} rows/s" if done and seconds else ""


def _tell(report: Report, job: Job) -> None:
    for refusals in report.refusals:
        if refusals.number and not refusals.unwritten and not job.dry_run:
            tell(f"the rows refused are in {refusals.file.rejected_path}")
    for site in report.too_many:
        tell(f"{site}: more than a fifth of its users would be removed: --force allows that", err=True)
    if report.too_many:
        tell("nobody was removed", err=True)
    tally = report.tally
    table = Table("what", "number", title="dry run: nothing was kept" if job.dry_run else None)
    table.columns[1].justify = "right"
    for name, number in (
        ("sites added", tally.sites_added),
        ("sites changed", tally.sites_changed),
        ("users added", tally.added),
        ("users changed", tally.changed),
        ("users unchanged", report.unchanged),
        ("users removed", tally.removed),
        ("groups added", tally.groups_created),
        ("groups changed", tally.groups_changed),
        ("rows refused", report.refused),
        ("members who lost their group", tally.lost_group),
        ("exemptions cleared", tally.cleared),
    ):
        table.add_row(name, str(number))
    with _whoever_listens():
        Console().print(table)


def _tell_refused(path: Path, line: int, reason: str) -> None:
    tell(_refused(path, line, reason))


def _refused(path: Path, line: int, reason: str) -> str:
    return f"{path}, line {line}: {reason}"


@click.command("export")
@click.option("--directory", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where to write.")
def export(directory: Path) -> int:
    """Write sites.csv, users.csv and groups.csv."""
    asyncio.run(_export(Settings.from_environment(), directory))
    return DONE


async def _export(settings: Settings, folder: Path) -> None:
    database = await open_database(parse_database_url(settings.database_url))
    try:
        await export_directory(database, folder)
    except OSError as error:
        raise click.UsageError(f"--directory {folder}: {error.strerror}") from None
    finally:
        await database.close()


@click.command("check")
def check() -> int:
    """Look for stored data that breaks a rule."""
    _replace_what_cannot_be_shown()
    number = asyncio.run(_check(Settings.from_environment()))
    tell(f"{number} faults found" if number else "no fault found", err=True)
    return REFUSED if number else DONE


async def _check(settings: Settings) -> int:
    database = await open_database(parse_database_url(settings.database_url))
    number = 0
    try:
        async for fault in each_fault(database):
            number += 1
            tell(fault)
    finally:
        await database.close()
    return number
