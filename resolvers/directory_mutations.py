"""What the upstream directory does through the API: add, change and remove sites and users by their external ids.

Each mutation is a command under the locks of all sites that it touches: load, check every rule, apply, add to the
change log. The rows are parsed before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.database.sessions import Transaction
from models.domain.change_log import LockedSite, lock_named_sites
from models.domain.directory_rows import (
    SITE_FIELDS,
    USER_FIELDS,
    ParsedRow,
    SiteRow,
    UserRow,
    parse_site_rows,
    parse_user_rows,
)
from models.domain.directory_rules import (
    in_order,
    key_is_not_elsewhere,
    site_exists,
    site_is_granted,
    site_is_unused,
    user_exists,
)
from models.domain.directory_sites import (
    apply_sites_diff,
    compare_sites,
    delete_sites,
    fetch_sites,
    sites_in_use,
)
from models.domain.directory_users import (
    StoredUser,
    apply_users_diff,
    compare_users,
    fetch_users,
)
from models.domain.directory_users import (
    remove_users as delete_users,
)
from models.domain.directory_values import InvalidValueError, parse_key
from models.domain.membership_ends import MembershipEnded, MembershipEndReason
from models.domain.rules import Violation
from models.errors import N_, BadArgument
from models.queries.request import Keys
from resolvers.transactions import MutationContext, MutationResult, PayloadObject, run_in_transaction

MAX_ROWS = 500
"""Rows or keys of one call."""


@dataclass(kw_only=True)
class DirectoryResult(MutationResult):
    """Keys of rows, and how many rows the mutation added, changed or removed."""

    sites: Sequence[int] = ()
    users: Sequence[int] = ()
    exemptions_cleared: Sequence[int] = ()
    memberships_ended: Sequence[MembershipEnded] = ()
    added: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def keys(self) -> dict[str, Keys]:
        return {
            "sites": self.sites,
            "users": self.users,
            "barge_in_exemptions_cleared": self.exemptions_cleared,
        }

    @property
    def numbers(self) -> dict[str, int]:
        return {"added": self.added, "changed": self.changed, "removed": self.removed}

    @property
    def objects(self) -> dict[str, Sequence[PayloadObject]]:
        return {"violations": self.violations, "memberships_ended": self.memberships_ended}


Result = tuple[DirectoryResult, Sequence[LockedSite]]


def check_row_count(field: str, argument: str, rows: Sequence[object]) -> None:
    """Raises BadArgument if one call has more rows or keys than it may, repeats counted."""
    if len(rows) > MAX_ROWS:
        template = N_("{name} has {number} entries, but one call takes at most {most}.")
        raise BadArgument(argument, rows, template, name=argument, number=len(rows), most=MAX_ROWS).at(field)


async def upsert_sites(
    mutation: MutationContext, given: Sequence[SiteRow], region: str | None, *, dry_run: bool
) -> DirectoryResult:
    """Add the sites with unknown keys, and change those with known ones."""
    rows = parse_site_rows(given, region)
    keys = [row.key for row in rows if row.key is not None]

    async def command(transaction: Transaction) -> Result:
        locked = await lock_named_sites(transaction, mutation.caller, keys)
        violations = [violation for row in rows for violation in _site_violations(mutation, row)]
        if violations:
            return DirectoryResult(violations=in_order(violations, SITE_FIELDS)), [*locked.values()]
        diff = compare_sites(rows, locked, await fetch_sites(transaction, [*locked.values()]))
        sites = locked
        if not dry_run:
            sites = await apply_sites_diff(transaction, diff, locked, mutation.caller.subject)
        result = DirectoryResult(
            sites=[sites[key].key for key in keys if key in sites], added=len(diff.added), changed=len(diff.changed)
        )
        return result, [*sites.values()]

    return await run_in_transaction(mutation, command)


def _site_violations(mutation: MutationContext, row: ParsedRow) -> Iterable[Violation]:
    yield from row.violations
    if row.key is not None and not row.duplicate:
        yield from site_is_granted(row.given_key, mutation.caller.grants(row.key), *row.path, "externalId")


async def upsert_users(
    mutation: MutationContext, given: Sequence[UserRow], region: str | None, *, dry_run: bool
) -> DirectoryResult:
    """Add the users with unknown keys, and change those with known ones, whatever their site was."""
    rows = parse_user_rows(given, region)
    keys = [row.key for row in rows if row.key is not None]
    site_ids = list({row.site: None for row in rows if row.site is not None})

    async def command(transaction: Transaction) -> Result:
        locked = await lock_named_sites(transaction, mutation.caller, site_ids, keys)
        stored = await fetch_users(transaction, mutation.caller, keys, locked, of_any_site=True)
        violations = [violation for row in rows for violation in _user_violations(row, locked, stored)]
        if violations:
            return DirectoryResult(violations=in_order(violations, USER_FIELDS)), [*locked.values()]
        diff = compare_users(rows, locked, stored)
        users = {key: user.key for key, user in stored.items()}
        if not dry_run:
            users |= await apply_users_diff(transaction, diff, locked)
        result = DirectoryResult(
            users=[users[key] for key in keys if key in users],
            added=len(diff.added),
            changed=len(diff.changed),
            exemptions_cleared=diff.exemptions_refused,
            memberships_ended=diff.ended,
        )
        return result, [*locked.values()]

    return await run_in_transaction(mutation, command)


def _user_violations(
    row: ParsedRow, locked: dict[str, LockedSite], stored: dict[str, StoredUser]
) -> Iterable[Violation]:
    yield from row.violations
    if row.key is not None and not row.duplicate:
        user = stored.get(row.key)
        elsewhere = user is not None and user.site not in locked
        yield from key_is_not_elsewhere(row.given_key, elsewhere, *row.path, "externalId")
    if row.site is not None:
        yield from site_exists(row.given_site, locked.get(row.site), *row.path, "siteExternalId")


async def remove_users(mutation: MutationContext, given: Sequence[str], *, dry_run: bool) -> DirectoryResult:
    """Remove the users; members leave their groups."""
    keys = _distinct_keys(given)

    async def command(transaction: Transaction) -> Result:
        known = [key for key in keys.values() if key is not None]
        locked = await lock_named_sites(transaction, mutation.caller, [], known)
        users = await fetch_users(transaction, mutation.caller, known, locked, of_any_site=False)
        violations = [
            violation
            for place, key in keys.items()
            for violation in user_exists(given[place], users.get(key or ""), "externalIds", str(place))
        ]
        if violations:
            return DirectoryResult(violations=violations), [*locked.values()]
        removed = [users[key] for key in known]
        ended = [user.ended(MembershipEndReason.REMOVED) for user in removed if user.group_key is not None]
        if removed and not dry_run:
            await delete_users(transaction, removed, ended, locked)
        return DirectoryResult(removed=len(removed), memberships_ended=ended), [*locked.values()]

    return await run_in_transaction(mutation, command)


async def remove_sites(mutation: MutationContext, given: Sequence[str], *, dry_run: bool) -> DirectoryResult:
    """Remove sites that have neither users nor groups, with their changes."""
    keys = _distinct_keys(given)

    async def command(transaction: Transaction) -> Result:
        known = [key for key in keys.values() if key is not None]
        locked = await lock_named_sites(transaction, mutation.caller, known)
        in_use = await sites_in_use(transaction, [*locked.values()])
        violations: list[Violation] = []
        for place, key in keys.items():
            site = locked.get(key or "")
            violations += site_exists(given[place], site, "externalIds", str(place))
            if site is not None:
                name = in_use.get(site.key)
                violations += site_is_unused(site.key, name or "", name is not None, "externalIds", str(place))
        if violations or dry_run or not locked:
            removed = 0 if violations else len(locked)
            return DirectoryResult(removed=removed, violations=violations), [*locked.values()]
        await delete_sites(transaction, [*locked.values()])
        return DirectoryResult(removed=len(locked), committed=True), []

    return await run_in_transaction(mutation, command)


def _distinct_keys(given: Sequence[str]) -> dict[int, str | None]:
    """The keys by their first places; None for one that cannot be a key."""
    seen: set[str] = set()
    keys: dict[int, str | None] = {}
    for place, text in enumerate(given):
        try:
            key = parse_key(text)
        except InvalidValueError:
            key = None
        if (key or text) not in seen:
            seen.add(key or text)
            keys[place] = key
    return keys
