"""The outcome of a mutation: what it did or would do, or the rules that it broke; and the rows that tell of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from models.caller import Caller
from models.database.database import Database
from models.database.failures import WriteConflict
from models.database.sessions import Transaction
from models.domain.change_log import LockedSite
from models.domain.membership import MembershipDiff
from models.domain.rules import (
    MemberInAnotherGroup,
    MemberOnAnotherSite,
    NameTaken,
    NodeReference,
    StationNotEligible,
    Violation,
)
from models.errors import BadInput
from models.pickup_group import PickupGroup
from models.queries.wanted import Branch, Varied, Wanted
from models.row import global_id
from models.user import User
from resolvers.json_query.compiler import Keys, payload_text
from resolvers.reading import Reading, fetch_rows, load_one, loads, relate


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts, on which database, what they want to read of the outcome, and whether it is a rehearsal.

    `payload` is the name of the outcome's type, `varied` what of their wish others may want otherwise.
    """

    database: Database
    caller: Caller
    payload: str
    wanted: Wanted
    varied: Varied
    dry_run: bool


@dataclass(kw_only=True)
class Outcome:
    """What a mutation's payload is made of: keys, and `related` rows under the keys of what is wanted."""

    pickup_group_key: int | None = None
    deleted_key: int | None = None
    added: Sequence[int] = ()
    removed: Sequence[int] = ()
    cleared: Sequence[int] = ()
    violations: Sequence[Violation] = ()
    seen: tuple[int, int] | None = None
    """The key and the revision of the site that it tells of."""
    related: dict[str, Any] = field(default_factory=dict)
    text: str | None = None
    """All that is wanted of it as JSON text, where the database could put it together."""

    @property
    def deleted_id(self) -> str | None:
        return None if self.deleted_key is None else global_id(PickupGroup, self.deleted_key)

    @classmethod
    def of(cls, group_key: int | None, moves: MembershipDiff) -> "Outcome":
        return cls(
            pickup_group_key=group_key,
            added=[user.key for user in moves.added],
            removed=[user.key for user in moves.removed],
            cleared=moves.exemptions_cleared,
        )


Lock = Callable[[Transaction, Caller, int | None], Awaitable[LockedSite | None]]
"""Locks the site that a key leads to, None where it leads to none."""

Story = Callable[[Transaction, LockedSite | None], Awaitable[Outcome]]
"""What is done to a site under its lock. Where it records no change, nothing that it did is kept."""


async def carry_out(acting: Acting, lock: Lock, named: NodeReference, story: Story) -> Outcome:
    """Runs the story in a transaction, and reads what is wanted of its outcome before anybody else changes it."""

    async def body(transaction: Transaction) -> Outcome:
        site = await lock(transaction, acting.caller, named.key)
        outcome = await story(transaction, site)
        if site is not None:
            outcome.seen = site.key, site.revision
        if site is None or not await site.flush():
            transaction.set_rollback_only()
        outcome.text = await _told(transaction, acting, outcome)
        if outcome.text is None:
            reading = Reading(transaction, acting.caller)
            await relate(reading, [outcome], acting.wanted)
            if reading.refused:
                raise reading.refused[0]
        return outcome

    return await acting.database.change(body)


async def _told(transaction: Transaction, acting: Acting, outcome: Outcome) -> str | None:
    """None where rows are needed: to tell of violations, or of what is not covered."""
    if outcome.violations:
        return None
    keys: dict[str, Keys] = {
        "pickup_group": outcome.pickup_group_key,
        "added": outcome.added,
        "removed": outcome.removed,
        "released": outcome.removed,
        "barge_in_exemptions_cleared": outcome.cleared,
    }
    try:
        text = payload_text(transaction.dialect, acting.caller, acting.payload, acting.wanted, acting.varied, keys)
    except BadInput:
        return None
    if text is None:
        return None
    (record,) = await transaction.fetch(*text)
    return None if record["misfits"] else record["answer"]


@loads(Outcome, "pickup_group")
@loads(NameTaken, "pickup_group")
@loads(MemberInAnotherGroup, "pickup_group")
async def load_group(
    reading: Reading, rows: Sequence[Outcome | NameTaken | MemberInAnotherGroup], branch: Branch
) -> None:
    await load_one(reading, rows, branch, PickupGroup, lambda row: row.pickup_group_key)


@loads(MemberOnAnotherSite, "user")
@loads(MemberInAnotherGroup, "user")
@loads(StationNotEligible, "user")
async def load_user(
    reading: Reading,
    violations: Sequence[MemberOnAnotherSite | MemberInAnotherGroup | StationNotEligible],
    branch: Branch,
) -> None:
    await load_one(reading, violations, branch, User, lambda violation: violation.user_key)
    if any(violation.related[branch.key] is None for violation in violations):
        # A user of another site is not held by the lock of this one: the next attempt finds nobody.
        raise WriteConflict


def _user_list(name: str, keys_of: Callable[[Outcome], Sequence[int]]) -> None:
    @loads(Outcome, name)
    async def load(reading: Reading, outcomes: Sequence[Outcome], branch: Branch) -> None:
        for outcome in outcomes:
            keys = keys_of(outcome)
            found = await fetch_rows(reading, User, keys, branch.wanted, site_column=None) if keys else {}
            outcome.related[branch.key] = [found[key] for key in keys]


_user_list("added", lambda outcome: outcome.added)
_user_list("removed", lambda outcome: outcome.removed)
_user_list("released", lambda outcome: outcome.removed)
_user_list("barge_in_exemptions_cleared", lambda outcome: outcome.cleared)


@loads(Outcome, "violations")
async def load_violations(reading: Reading, outcomes: Sequence[Outcome], branch: Branch) -> None:
    for outcome in outcomes:
        violations = [replace(violation, related={}) for violation in outcome.violations]
        for name, wanted in branch.of.items():
            await relate(reading, [one for one in violations if type(one).__name__ == name], wanted)
        outcome.related[branch.key] = violations
