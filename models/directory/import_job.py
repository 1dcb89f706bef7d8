"""An import: stage the files, compare them with what is stored, and apply the partitions of the plan."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from models.caller import Caller, Permission
from models.database.database import Database, translate_driver_errors
from models.database.failures import CONSTRAINT_BROKEN
from models.database.sessions import Transaction
from models.directory.columns import GROUPS, SITES, USERS
from models.directory.csv_input import FileRefused
from models.directory.directory_file import DirectoryFile
from models.directory.import_plan import ImportPlan, added_meanwhile, count_stale, plan_import, postpone
from models.directory.partition import ConstraintBroken, StalePlan, describe_constraint
from models.directory.partition_import import PartitionImport, Tally, exemption_notes
from models.directory.staged_files import Progress, refuse, refuse_unknown_sites, stage_files
from models.directory.staging_area import StagingArea
from models.errors import PickupError, Unavailable

MAX_PLANS = 100
"""How many times in a row sites are planned in vain because other transactions change them in between."""


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
    with translate_driver_errors(), _translating_lost_tables():
        return await _DirectoryImport(database, job, listener).run()


@contextmanager
def _translating_lost_tables() -> Iterator[None]:
    """Raise Unavailable if the staging tables are gone: the connection was lost, and the pool has made another one."""
    try:
        yield
    except asyncpg.UndefinedTableError as error:
        raise Unavailable("The connection to the database was lost. Run the import again.") from error


class _DirectoryImport:
    """One import on its way: stage, plan, apply, and plan again if something has changed in between."""

    def __init__(self, database: Database, job: ImportJob, listener: ImportListener) -> None:
        paths = ((SITES, job.sites), (USERS, job.users), (GROUPS, job.groups))
        self._files = [DirectoryFile(path, file_format) for file_format, path in paths if path is not None]
        self._database = database
        self._job = job
        self._listener = listener
        self._staging = StagingArea(database)
        self._caller = Caller(job.actor, frozenset(Permission), None)
        self._report = ImportReport()

    async def run(self) -> ImportReport:
        report = self._report
        await self._staging.create_tables()
        await stage_files(self._staging, self._files, self._job.region, self._listener.progress)
        await self._apply()
        staged = await self._staging.count("staged_users")
        report.unchanged = staged - report.tally.added - report.tally.changed
        report.refusals = [await self._write_refusals(file) for file in self._files]
        return report

    async def _apply(self) -> None:
        prune = self._job.prune and self._job.users is not None
        again, in_vain = False, 0
        while in_vain < MAX_PLANS:
            self._listener.progress("comparing", 0, 0)
            plan = await plan_import(self._staging, prune=prune, force=self._job.force, again=again)
            if not again:
                self._report.too_many = plan.too_many
                prune = prune and not plan.too_many
            in_vain = 0 if await self._apply_plan(plan) else in_vain + 1
            if not await count_stale(self._staging):
                return
            again = True
            await self._refuse_rows_of_unknown_sites()
        raise Unavailable("Others keep changing the same sites. Run the import again when they have ended.")

    async def _apply_plan(self, plan: ImportPlan) -> bool:
        """Apply the partitions, each without the sites that are stale; whether any could be applied."""
        progress = False
        done, total = 0, sum(plan.partitions)
        for partition, size in enumerate(plan.partitions):
            self._listener.progress("applying", done, total)
            applied = await self._apply_what_is_not_stale(partition)
            await self._staging.flush_trigram_index()
            if applied is not None:
                progress = True
                self._report.tally.add(applied)
                for note in applied.notes:
                    self._listener.note(note)
            done += size
        async for note in exemption_notes(self._staging):
            self._listener.note(note)
        self._listener.progress("applying", total, total)
        return progress

    async def _apply_what_is_not_stale(self, partition: int) -> Tally | None:
        """None if all of it must be planned again."""
        while True:
            try:
                return await self._apply_partition(partition)
            except StalePlan as stale:
                if not await postpone(self._staging, partition, stale.sites):
                    return None
            except ConstraintBroken as error:
                for number, reason in error.reasons.items():
                    await refuse(self._staging, error.file_format, f"t.number = {number}", reason)
                await postpone(self._staging, partition)
                return None

    async def _apply_partition(self, partition: int) -> Tally:
        """Raises StalePlan, and ConstraintBroken if the database refuses rows."""

        async def body(transaction: Transaction) -> Tally:
            tally = await PartitionImport(transaction, self._caller, partition).run()
            if self._job.dry_run:
                transaction.set_rollback_only()
            return tally

        async def find_rows(transaction: Transaction) -> None:
            transaction.set_rollback_only()
            await PartitionImport(transaction, self._caller, partition, find_rows=True).run()

        try:
            return await self._database.change(body)
        except CONSTRAINT_BROKEN as error:
            broken = error
        found: ConstraintBroken | None = None
        with suppress(*CONSTRAINT_BROKEN):
            try:
                await self._database.change(find_rows)
            except ConstraintBroken as error:
                found = error
        if added := await added_meanwhile(self._staging, partition):
            raise StalePlan(added)
        if found is None:
            raise PickupError("The database refuses the import: {detail}.", detail=describe_constraint(broken))
        raise found

    async def _refuse_rows_of_unknown_sites(self) -> None:
        for file in self._files:
            await refuse_unknown_sites(self._staging, file.format)

    async def _write_refusals(self, file: DirectoryFile) -> Refusals:
        """Report the refused rows, and write them beside the file."""
        name, refusals = file.format.name, Refusals(file)
        async for _, line, reason in self._staging.refused_rows(name):
            refusals.number += 1
            self._listener.refused(file.path, line, reason)
        if not self._job.dry_run:
            rows = ((number, reason) async for number, _, reason in self._staging.refused_rows(name))
            try:
                await file.write_rejected(rows)
            except FileRefused as error:
                refusals.unwritten = str(error)
        return refusals
