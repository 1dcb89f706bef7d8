"""The site transaction around a mutation, and the payload that is read of its result."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from models.caller import Caller
from models.database.database import Database
from models.database.failures import WriteConflict
from models.database.sessions import Session, Transaction
from models.domain.change_log import LockedSite, flush_all
from models.domain.membership_ends import MembershipEnded
from models.domain.rules import NodeReference, Violation
from models.pickup_group import PickupGroup
from models.queries.request import Keys
from models.row import Row
from models.site import Site
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
    "users": User,
    "site": Site,
    "sites": Site,
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


PayloadObject = Violation | MembershipEnded
"""An object of a payload that is no row.

Its class has the name of its GraphQL type. It holds its scalars, and the keys of the rows that its other fields lead
to, as in `pickup_group_key`.
"""


@dataclass(kw_only=True)
class MutationResult:
    """What a mutation did or would do, or the rules that are broken. A subclass adds what its payload gives.

    `site_revisions` are the revisions of the locked sites as the result has them, by key. `committed` is set by a
    command whose effect is no change in a change log, and by any change there.
    """

    violations: Sequence[Violation] = ()
    site_revisions: Mapping[int, int] = field(default_factory=dict)
    committed: bool = False
    payload: Json | None = None

    @property
    def keys(self) -> dict[str, Keys]:
        """The keys of the rows that the fields of the payload lead to."""
        return {}

    @property
    def numbers(self) -> dict[str, int]:
        """The numbers in the payload, by their fields."""
        return {}

    @property
    def objects(self) -> dict[str, Sequence[PayloadObject]]:
        """The other objects in the payload, by their fields."""
        return {"violations": self.violations}


R = TypeVar("R", bound=MutationResult)

LockSite = Callable[[Transaction, Caller, int | None], Awaitable[LockedSite | None]]
"""Locks the site that a key leads to; None if the caller sees none."""

Command = Callable[[Transaction, LockedSite | None], Awaitable[R]]
"""Loads, checks every rule, applies, and adds to the change log. Without a change, all is rolled back."""


SitesCommand = Callable[[Transaction], Awaitable[tuple[R, Sequence[LockedSite]]]]
"""The same with locks of its own: also returns the sites that it has locked and not deleted."""


async def run_in_site_transaction(
    mutation: MutationContext, lock: LockSite, reference: NodeReference, command: Command[R]
) -> R:
    """The result of a command under the lock of one site, with its payload."""

    async def locked(transaction: Transaction) -> tuple[R, Sequence[LockedSite]]:
        site = await lock(transaction, mutation.caller, reference.key)
        return await command(transaction, site), () if site is None else (site,)

    return await run_in_transaction(mutation, locked)


async def run_in_transaction(mutation: MutationContext, command: SitesCommand[R]) -> R:
    """The result of the command, with its payload.

    The payload of a change is read before it is committed. That of a dry run or a refusal is read after the locks are
    given up, as of a moment at which no site has changed since; if one has, the command runs again.
    """
    try:
        for _ in range(_ATTEMPTS):
            result = await _run(mutation, command, hold=False)
            if result.payload is None:
                result.payload = await _read_unchanged(mutation, result)
            if result.payload is not None:
                return result
        return await _run(mutation, command, hold=True)
    except ForeignCursorError as error:
        raise mutation.root.foreign_cursor(error, mutation.root.request({})) from None


async def _run(mutation: MutationContext, command: SitesCommand[R], *, hold: bool) -> R:
    async def body(transaction: Transaction) -> R:
        result, sites = await command(transaction)
        result.committed = result.committed or any(site.changes for site in sites)
        if result.committed or hold:
            # Without changes, a flush gives a site its revision back, for what is read under the lock.
            await _flush(transaction, sites)
        result.site_revisions = {site.key: site.revision for site in sites if site.changes or not result.committed}
        if not result.committed:
            transaction.set_rollback_only()
        if result.committed or hold:
            result.payload = await _read_payload(transaction, mutation, result)
        return result

    return await mutation.database.change(body, mutation.caller.share)


async def _flush(transaction: Transaction, sites: Sequence[LockedSite]) -> None:
    if len(sites) == 1:
        await sites[0].flush()
    else:
        await flush_all(transaction, sites)


async def _read_unchanged(mutation: MutationContext, result: MutationResult) -> Json | None:
    """The payload of a result that was not committed; None if its rows have changed since."""

    async def body(session: Session) -> Json | None:
        if result.site_revisions:
            statement = session.statement()
            keys = statement.keys(list(result.site_revisions))
            records = await session.fetch(f"SELECT id, revision FROM sites WHERE id IN {keys}", statement.values)
            if {record["id"]: record["revision"] for record in records} != result.site_revisions:
                return None
        try:
            return await _read_payload(session, mutation, result)
        except WriteConflict:
            return None

    return await mutation.database.query(body, primary=True, caller=mutation.caller.share)


async def _read_payload(session: Session, mutation: MutationContext, result: MutationResult) -> Json:
    """Without a statement if no row is selected of it."""
    root, keys = mutation.root, result.keys
    given = await _given_fragments(session, mutation, result)
    selection_set, type_name = root.selection.selection_set, root.selection.type_name
    if len(given) == len(selection_set.fields):
        return Json("{" + ",".join(f'"{key}":{json}' for key, json in given.items()) + "}")
    request = root.request(keys)
    present = tuple(bool(found) if isinstance(found, Sequence) else found is None for found in keys.values())
    query = root.compiled(
        session.dialect,
        request,
        (present, *keys),
        lambda compiler: compiler.payload(selection_set, type_name, keys, ROWS),
    )
    return Json(await fetch_json(session, query, request, given or None))


async def _given_fragments(session: Session, mutation: MutationContext, result: MutationResult) -> dict[str, str]:
    """The JSON of the numbers and the objects of a payload, by their response keys."""
    fragments = {}
    for selected in mutation.root.selection.selection_set.fields:
        if selected.name in result.numbers:
            fragments[selected.response_key] = str(result.numbers[selected.name])
        elif selected.name in result.objects:
            objects = result.objects[selected.name]
            fragments[selected.response_key] = await _objects(session, mutation, selected, objects)
    return fragments


async def _objects(
    session: Session, mutation: MutationContext, field: FieldSelection, objects: Sequence[PayloadObject]
) -> str:
    """The JSON of the objects. Raises WriteConflict if a row that one leads to is gone."""
    rows: dict[tuple[str, str], dict[int, str]] = {}
    for name, selection_set in field.selection_sets.items():
        named = [one for one in objects if type(one).__name__ == name]
        for below in selection_set.fields:
            if named and below.selection_sets:
                keys = sorted({getattr(one, f"{below.name}_key") for one in named})
                kind = ("object", field.response_key, name, below.response_key)
                rows[name, below.response_key] = await _rows(session, mutation.root, kind, below, keys)
    selection_sets, translate = field.selection_sets, mutation.translate
    return f"[{','.join(_object(one, selection_sets, rows, translate) for one in objects)}]"


async def _rows(
    session: Session, root: RootField, kind: tuple[str, ...], field: FieldSelection, keys: Sequence[int]
) -> dict[int, str]:
    request = replace(root.request({}), keys={"keys": keys})
    row, selection_set = ROWS[field.name], field.selection_set
    query = root.compiled(
        session.dialect, request, kind, lambda compiler: compiler.rows(row, selection_set, granted=True)
    )
    answers = await fetch_answers(session, query, request)
    if answers.keys() != set(keys):
        # A user of another site is not held by the lock of this one, and may be removed, or moved to a site that the
        # caller must not see: the next attempt does not find them.
        raise WriteConflict
    return answers


def _object(
    one: PayloadObject,
    selection_sets: Mapping[str, SelectionSet],
    rows: Mapping[tuple[str, str], Mapping[int, str]],
    translate: Translate,
) -> str:
    name = type(one).__name__
    entries = []
    for selected in selection_sets[name].fields:
        if selected.selection_sets:
            json = rows[name, selected.response_key][getattr(one, f"{selected.name}_key")]
        elif selected.name == TYPENAME:
            json = to_json(name)
        elif isinstance(one, Violation):
            json = _violation_scalar(one, selected.name, translate)
        else:
            json = to_json(getattr(one, selected.name))
        entries.append(f'"{selected.response_key}":{json}')
    return f"{{{','.join(entries)}}}"


def _violation_scalar(violation: Violation, name: str, translate: Translate) -> str:
    if name == "message":
        return to_json(translate(violation.template).format(**violation.values))
    return to_json(["input", *violation.path] if name == "path" else getattr(violation, name))
