"""Importing a directory: the files are staged and compared with what is stored, then the parts of the plan applied."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from models.caller import Caller, Permission
from models.database.database import Database, translate_driver_errors
from models.database.failures import CONSTRAINT_BROKEN
from models.database.sessions import Transaction
from models.directory.applying import Application, Stale, Tally, not_exempt
from models.directory.files import GROUP_COLUMNS, SITE_COLUMNS, USER_COLUMNS, DirectoryFile, FileRefused
from models.directory.planning import make_plan
from models.directory.reading import Progress, read_files
from models.directory.staging import Stage
from models.errors import N_, Unavailable

PLANS = 10
"""How often a plan is made anew because another import was first."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be imported, and how. `actor` is who is written down with the changes."""

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
    """The refused rows of one file: how many, and what was wrong where the file of them could not be written."""

    file: DirectoryFile
    number: int = 0
    unwritten: str | None = None


@dataclass(slots=True)
class Report:
    """What became of an import. `too_many` are the sites that would have lost more than a fifth of their users."""

    tally: Tally = field(default_factory=Tally)
    refusals: list[Refusals] = field(default_factory=list)
    too_many: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def refused(self) -> int:
        return sum(one.number for one in self.refusals)


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told how an import goes on, of members whom it treats otherwise than their rows say, and of refused rows.

    Of a row the file, the line where it begins and the reason.
    """

    progress: Progress = lambda _what, _done, _all: None
    tell: Callable[[str], None] = lambda _line: None
    refused: Callable[[Path, int, str], None] = lambda _path, _line, _reason: None


async def import_directory(database: Database, job: Job, watcher: Watcher = Watcher()) -> Report:
    """Imports the files. Raises FileRefused.

    The database must have been opened with one connection, on which the stage stays.
    """
    with translate_driver_errors():
        stage = Stage(database)
        await stage.set_up()
        files = {
            name: DirectoryFile(path, columns)
            for name, path, columns in (
                ("sites", job.sites, SITE_COLUMNS),
                ("users", job.users, USER_COLUMNS),
                ("groups", job.groups, GROUP_COLUMNS),
            )
            if path is not None
        }
        await read_files(stage, files, job.region, watcher.progress)
        report = Report()
        staged = await stage.count("stage_users")
        await _carry_out(database, stage, job, report, watcher)
        report.unchanged = staged - report.tally.added - report.tally.changed
        report.refusals = [await _refusals(stage, job, name, file, watcher) for name, file in files.items()]
        return report


async def _refusals(stage: Stage, job: Job, name: str, file: DirectoryFile, watcher: Watcher) -> Refusals:
    refusals = Refusals(file)
    async for _, line, reason in stage.refused(name):
        refusals.number += 1
        watcher.refused(file.path, line, reason)
    if not job.dry_run:
        try:
            await file.write_rejected((number, reason) async for number, _, reason in stage.refused(name))
        except FileRefused as error:
            refusals.unwritten = str(error)
    return refusals


async def _carry_out(database: Database, stage: Stage, job: Job, report: Report, watcher: Watcher) -> None:
    caller = Caller(job.actor, frozenset(Permission), None)
    prune = job.prune and job.users is not None
    for _ in range(PLANS):
        watcher.progress("comparing", 0, 0)
        plan = await make_plan(stage, prune=prune, force=job.force)
        report.too_many = [] if job.force else plan.too_many
        try:
            done, whole = 0, sum(plan.parts)
            for part, size in enumerate(plan.parts):
                watcher.progress("applying", done, whole)

                async def body(transaction: Transaction, part: int = part) -> Tally:
                    tally = await Application(transaction, caller, part).run()
                    if job.dry_run:
                        transaction.set_rollback_only()
                    return tally

                tally = await database.change(body)
                await stage.settle()
                for note in tally.notes:
                    watcher.tell(note)
                report.tally.add(tally)
                done += size
            async for note in not_exempt(stage):
                watcher.tell(note)
            watcher.progress("applying", whole, whole)
        except (Stale, *CONSTRAINT_BROKEN):
            continue
        return
    raise Unavailable(N_("The database is busy. Try again in a moment."))
