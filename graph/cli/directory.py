"""The commands `pickup import` and `pickup export`."""

import getpass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from graph.cli.event_loop import run
from graph.cli.exit_codes import DONE, REFUSED
from graph.cli.import_progress import import_progress
from graph.cli.output import ignoring_closed_output, print_line, replace_unencodable
from graph.settings import Settings
from models.database.migrating import migrate_database
from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.directory.export import export_directory
from models.directory.import_job import ImportJob, ImportReport, import_directory
from models.directory.staging_area import with_single_connection

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("import")
@click.option("--sites", type=_FILE, help="sites.csv")
@click.option("--users", type=_FILE, help="users.csv")
@click.option("--groups", type=_FILE, help="groups.csv")
@click.option("--prune", is_flag=True, help="Remove users that users.csv does not list, on the sites that it names.")
@click.option("--force", is_flag=True, help="Prune even if that removes more than a fifth of a site's users.")
@click.option("--dry-run", is_flag=True, help="Show what an import would do, and change nothing.")
def import_(sites: Path | None, users: Path | None, groups: Path | None, **options: bool) -> int:
    """Load a directory from CSV files."""
    if not (sites or users or groups):
        raise click.UsageError("name at least one file: --sites, --users, --groups")
    if options["prune"] and users is None:
        raise click.UsageError("--prune needs --users")
    if options["force"] and not options["prune"]:
        raise click.UsageError("--force needs --prune")
    settings = Settings.from_environment()
    job = ImportJob(f"import:{_login()}", sites, users, groups, region=settings.default_region, **options)
    replace_unencodable()
    report = run(run_import(settings, job))
    _print_report(report, job)
    unwritten = [refusals.unwritten for refusals in report.refusals if refusals.unwritten]
    for reason in unwritten:
        print_line(f"pickup: {reason}", err=True)
    return REFUSED if report.refused or report.too_many or unwritten else DONE


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


async def run_import(settings: Settings, job: ImportJob) -> ImportReport:
    address = with_single_connection(parse_database_url(settings.database_url))
    if not job.dry_run:
        await migrate_database(address)
    async with opened_database(address) as database:
        with import_progress() as listener:
            return await import_directory(database, job, listener)


def _print_report(report: ImportReport, job: ImportJob) -> None:
    for refusals in report.refusals:
        if refusals.number and not refusals.unwritten and not job.dry_run:
            print_line(f"the refused rows are in {refusals.file.rejected_path}")
    for site in report.too_many:
        print_line(f"{site}: more than a fifth of its users would be removed; use --force to remove them", err=True)
    if report.too_many:
        print_line("no users were removed", err=True)
    tally = report.tally
    table = Table("what", "number", title="dry run: nothing was changed" if job.dry_run else None)
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
        ("memberships ended", tally.memberships_ended),
        ("exemptions cleared", tally.exemptions_cleared),
    ):
        table.add_row(name, str(number))
    with ignoring_closed_output():
        Console().print(table)


@click.command("export")
@click.option("--directory", required=True, type=click.Path(path_type=Path, file_okay=False), help="Target folder.")
@click.option("--excel", is_flag=True, help="Write files that a spreadsheet opens as text: a BOM, no formulas.")
def export(directory: Path, excel: bool) -> int:
    """Write sites.csv, users.csv and groups.csv."""
    run(_export(Settings.from_environment(), directory, excel=excel))
    return DONE


async def _export(settings: Settings, folder: Path, *, excel: bool) -> None:
    async with opened_database(parse_database_url(settings.database_url)) as database:
        try:
            await export_directory(database, folder, excel=excel)
        except OSError as error:
            raise click.UsageError(f"--directory {folder}: {error.strerror}") from None
