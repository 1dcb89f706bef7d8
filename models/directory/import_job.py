"""An import: stage the files, compare them with what is stored, and apply the partitions of the plan."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from models.caller import Caller, Permission
from models.database.database import Database, translate_driver_errors
from models.database.failures import CONSTRAINT_BROKEN
from models.database.sessions import Transaction
from models.directory.columns import GROUPS, SITES, USERS
from models.directory.csv_input import FileRefused
from models.directory.directory_file import DirectoryFile
from models.directory.import_plan import plan_import
from models.directory.partition_import import PartitionImport, StalePlan, Tally, exemption_notes
from models.directory.staged_files import Progress, stage_files
from models.directory.staging_area import StagingArea
from models.errors import N_, Unavailable

MAX_PLANS = 10
"""How many times an import is planned when other imports change the same sites in between."""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """What to import, and how. `actor` is recorded with the changes."""

    actor: str
    sites: Path | None = None
    users: Path | None = None
    groups: Path | None = None
    region: str | None = None
    prune: bool = False
    force: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class Refusals:
    """The refused rows of one file: their number, and the error if they could not be written to a file."""

    file: DirectoryFile
    number: int = 0
    unwritten: str | None = None


@dataclass(slots=True)
class ImportReport:
    """The result of an import. `too_many` are the sites that would have lost more than a fifth of their users."""

    tally: Tally = field(default_factory=Tally)
    refusals: list[Refusals] = field(default_factory=list)
    too_many: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def refused(self) -> int:
        return sum(refusals.number for refusals in self.refusals)


@dataclass(frozen=True, slots=True)
class ImportListener:
    """Callbacks of an import.

    `progress` gets the step, the rows done and about how many there are; `note` a line for each membership or exemption
    that the import ends; `refused` the file, the first line and the reason of each refused row.
    """

    progress: Progress = lambda _step, _done, _total: None
    note: Callable[[str], None] = lambda _line: None
    refused: Callable[[Path, int, str], None] = lambda _path, _line, _reason: None


async def import_directory(
    database: Database, job: ImportJob, listener: ImportListener = ImportListener()
) -> ImportReport:
    """Import the files. Raises FileRefused.

    The database must be open with a single connection, since the staging tables belong to it.
    """
    with translate_driver_errors():
        staging = StagingArea(database)
        await staging.create_tables()
        paths = ((SITES, job.sites), (USERS, job.users), (GROUPS, job.groups))
        files = [DirectoryFile(path, file_format) for file_format, path in paths if path is not None]
        await stage_files(staging, files, job.region, listener.progress)
        report = ImportReport()
        staged = await staging.count("staged_users")
        await _apply(database, staging, job, report, listener)
        report.unchanged = staged - report.tally.added - report.tally.changed
        report.refusals = [await _write_refusals(staging, job, file, listener) for file in files]
        return report


async def _write_refusals(
    staging: StagingArea, job: ImportJob, file: DirectoryFile, listener: ImportListener
) -> Refusals:
    name, refusals = file.format.name, Refusals(file)
    async for _, line, reason in staging.refused_rows(name):
        refusals.number += 1
        listener.refused(file.path, line, reason)
    if not job.dry_run:
        try:
            await file.write_rejected((number, reason) async for number, _, reason in staging.refused_rows(name))
        except FileRefused as error:
            refusals.unwritten = str(error)
    return refusals


async def _apply(
    database: Database, staging: StagingArea, job: ImportJob, report: ImportReport, listener: ImportListener
) -> None:
    caller = Caller(job.actor, frozenset(Permission), None)
    prune = job.prune and job.users is not None
    for _ in range(MAX_PLANS):
        listener.progress("comparing", 0, 0)
        plan = await plan_import(staging, prune=prune, force=job.force)
        report.too_many = [] if job.force else plan.too_many
        try:
            done, whole = 0, sum(plan.partitions)
            for partition, size in enumerate(plan.partitions):
                listener.progress("applying", done, whole)

                async def body(transaction: Transaction, partition: int = partition) -> Tally:
                    tally = await PartitionImport(transaction, caller, partition).run()
                    if job.dry_run:
                        transaction.set_rollback_only()
                    return tally

                tally = await database.change(body)
                await staging.flush_trigram_index()
                for note in tally.notes:
                    listener.note(note)
                report.tally.add(tally)
                done += size
            async for note in exemption_notes(staging):
                listener.note(note)
            listener.progress("applying", whole, whole)
        except (StalePlan, *CONSTRAINT_BROKEN):
            continue
        return
    raise Unavailable(N_("The database is busy. Try again in a moment."))
