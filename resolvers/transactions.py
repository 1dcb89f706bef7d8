"""The site transaction around a mutation, and the payload that is read of its result."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from models.caller import Caller
from models.database.database import Database
from models.database.failures import WriteConflict
from models.database.sessions import Session, Transaction
from models.domain.change_log import LockedSite
from models.domain.membership import MembershipDiff
from models.domain.rules import NodeReference, Violation
from models.pickup_group import PickupGroup
from models.queries.request import Keys
from models.row import Row
from models.user import User
from resolvers.json_query.execution import ForeignCursorError, fetch_answers, fetch_json
from resolvers.json_query.json_text import to_json
from resolvers.json_query.root_field import Json, RootField
from resolvers.json_query.selection import TYPENAME, FieldSelection, SelectionSet

Translate = Callable[[str], str]

ROWS: Mapping[str, type[Row]] = {
    "pickup_group": PickupGroup,
    "deleted_id": PickupGroup,
    "added": User,
    "removed": User,
    "released": User,
    "barge_in_exemptions_cleared": User,
    "user": User,
}
"""The models of the rows that the fields of payloads and violations lead to."""

_ATTEMPTS = 3
"""Times that a payload is read after its transaction; a site that changes that fast is held once while it is read."""


@dataclass(frozen=True, slots=True)
class MutationContext:
    """A mutation that is being run: the database, its root field, and the gettext function of the caller's language."""

    database: Database
    root: RootField
    translate: Translate

    @property
    def caller(self) -> Caller:
        return self.root.caller


@dataclass(kw_only=True)
class MutationResult:
    """What a mutation did or would do: keys of rows, or the rules that are broken.

    `site_revision` is the key of the site and its revision as the result has it.
    """

    pickup_group_key: int | None = None
    deleted_key: int | None = None
    added: Sequence[int] = ()
    removed: Sequence[int] = ()
    exemptions_cleared: Sequence[int] = ()
    violations: Sequence[Violation] = ()
    site_revision: tuple[int, int] | None = None
    committed: bool = False
    payload: Json | None = None

    @classmethod
    def of_diff(cls, group_key: int | None, diff: MembershipDiff) -> "MutationResult":
        return cls(
            pickup_group_key=group_key,
            added=[user.key for user in diff.added],
            removed=[user.key for user in diff.removed],
            exemptions_cleared=diff.exemptions_cleared,
        )

    @property
    def keys(self) -> dict[str, Keys]:
        """The keys that the fields of the payload lead to."""
        keys: dict[str, Keys] = {
            "pickup_group": self.pickup_group_key,
            "deleted_id": self.deleted_key,
            "added": self.added,
            "removed": self.removed,
            "released": self.removed,
            "barge_in_exemptions_cleared": self.exemptions_cleared,
        }
        return keys if self.violations else keys | {"violations": ()}


LockSite = Callable[[Transaction, Caller, int | None], Awaitable[LockedSite | None]]
"""Locks the site that a key leads to; None if the caller sees none."""

Command = Callable[[Transaction, LockedSite | None], Awaitable[MutationResult]]
"""Loads, checks every rule, applies, and adds to the change log. Without a change, all is rolled back."""


async def run_in_site_transaction(
    mutation: MutationContext, lock: LockSite, reference: NodeReference, command: Command
) -> MutationResult:
    """The result of the command, with its payload.

    The payload of a change is read before it is committed. That of a dry run or a refusal is read after the lock is
    given up, as of a moment at which the site has not changed since; if it has, the command runs again.
    """
    mutation.root.check_arguments()
    try:
        for _ in range(_ATTEMPTS):
            result = await _run(mutation, lock, reference, command, hold=False)
            if result.payload is None:
                result.payload = await _read_unchanged(mutation, result)
            if result.payload is not None:
                return result
        return await _run(mutation, lock, reference, command, hold=True)
    except ForeignCursorError as error:
        raise mutation.root.foreign_cursor(error, mutation.root.request({})) from None


async def _run(
    mutation: MutationContext, lock: LockSite, reference: NodeReference, command: Command, *, hold: bool
) -> MutationResult:
    async def body(transaction: Transaction) -> MutationResult:
        site = await lock(transaction, mutation.caller, reference.key)
        result = await command(transaction, site)
        # Without changes, a flush gives the site its revision back, for what is read under the lock.
        result.committed = site is not None and (hold or bool(site.changes)) and await site.flush()
        if site is not None:
            result.site_revision = site.key, site.revision
        if not result.committed:
            transaction.set_rollback_only()
        if result.committed or hold:
            result.payload = await _read_payload(transaction, mutation, result)
        return result

    return await mutation.database.change(body)


async def _read_unchanged(mutation: MutationContext, result: MutationResult) -> Json | None:
    """The payload of a result that was not committed; None if its rows have changed since."""

    async def body(session: Session) -> Json | None:
        if result.site_revision is not None:
            key, revision = result.site_revision
            statement = session.statement()
            sql = f"SELECT 1 FROM sites WHERE id = {statement.bind(key)} AND revision = {statement.bind(revision)}"
            if not await session.fetch(sql, statement.values):
                return None
        try:
            return await _read_payload(session, mutation, result)
        except WriteConflict:
            return None

    return await mutation.database.query(body, primary=True, caller=mutation.caller.share)


async def _read_payload(session: Session, mutation: MutationContext, result: MutationResult) -> Json:
    root, keys = mutation.root, result.keys
    selection_set, type_name = root.selection.selection_set, root.selection.type_name
    request = root.request(keys)
    form = tuple(bool(found) if isinstance(found, Sequence) else found is None for found in keys.values())
    query = root.compiled(
        session.dialect, request, form, lambda compiler: compiler.payload(selection_set, type_name, keys, ROWS)
    )
    given = None
    if result.violations:
        given = {
            field.response_key: await _violations(session, mutation, field, result.violations)
            for field in selection_set.named("violations")
        }
    return Json(await fetch_json(session, query, request, given))


async def _violations(
    session: Session, mutation: MutationContext, field: FieldSelection, violations: Sequence[Violation]
) -> str:
    """The JSON of the violations. Raises WriteConflict if a row that one names is gone."""
    rows: dict[tuple[str, str], dict[int, str]] = {}
    for name, selection_set in field.selection_sets.items():
        named = [violation for violation in violations if type(violation).__name__ == name]
        for below in selection_set.fields:
            if named and below.selection_sets:
                keys = sorted({getattr(violation, f"{below.name}_key") for violation in named})
                kind = ("violation", field.response_key, name, below.response_key)
                rows[name, below.response_key] = await _rows(session, mutation.root, kind, below, keys)
    selection_sets, translate = field.selection_sets, mutation.translate
    return f"[{','.join(_violation(violation, selection_sets, rows, translate) for violation in violations)}]"


async def _rows(
    session: Session, root: RootField, kind: tuple[str, ...], field: FieldSelection, keys: Sequence[int]
) -> dict[int, str]:
    request = replace(root.request({}), keys={"keys": keys})
    row, selection_set = ROWS[field.name], field.selection_set
    query = root.compiled(
        session.dialect, request, kind, lambda compiler: compiler.rows(row, selection_set, granted=False)
    )
    answers = await fetch_answers(session, query, request)
    if answers.keys() != set(keys):
        # A user of another site is not held by the lock of this one: the next attempt does not find them.
        raise WriteConflict
    return answers


def _violation(
    violation: Violation,
    selection_sets: Mapping[str, SelectionSet],
    rows: Mapping[tuple[str, str], Mapping[int, str]],
    translate: Translate,
) -> str:
    name = type(violation).__name__
    entries = []
    for field in selection_sets[name].fields:
        if field.selection_sets:
            json = rows[name, field.response_key][getattr(violation, f"{field.name}_key")]
        elif field.name == TYPENAME:
            json = to_json(name)
        elif field.name == "message":
            json = to_json(translate(violation.template).format(**violation.values))
        elif field.name == "path":
            json = to_json(["input", *violation.path])
        else:
            json = to_json(getattr(violation, field.name))
        entries.append(f'"{field.response_key}":{json}')
    return f"{{{','.join(entries)}}}"
