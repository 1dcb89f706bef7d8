"""Which rows of groups.csv are accepted together: each group and each member is claimed by one row.

A row may take a member out of another group only if an accepted row names that group: a group that the file does not
name, or whose own row is refused, keeps its members. So one refused row may cause others to be refused.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.directory.columns import GROUPS

Group = tuple[str, str]
"""A group by the key of its site and the key of its name."""


@dataclass(frozen=True, slots=True)
class Member:
    """A user that a row names. `group` is where they are now, None if in no group that they can be taken out of."""

    key: str
    group: Group | None = None
    group_name: str | None = None


@dataclass(slots=True)
class GroupRow:
    """A row of groups.csv. `columns` is what it says of the group itself; `problem` is the reason if it is refused."""

    number: int
    line: int
    group: Group
    columns: Mapping[str, Any]
    members: list[Member] = field(default_factory=list)
    problem: str | None = None


def accept_rows(rows: Sequence[GroupRow]) -> None:
    """Set the problem of each row that is not accepted. The rows are in the order of the file."""
    while True:
        candidates = [row for row in rows if row.problem is None]
        _refuse_claims_on_unnamed_groups(candidates)
        candidates = [row for row in candidates if row.problem is None]
        repeated = _find_repeated(candidates)
        accepted = [row for row in candidates if row.number not in repeated]
        if not _refuse_claims_on_refused_groups(accepted):
            break
        # The rows refused now repeat nothing: others may be accepted instead.
    for row in candidates:
        row.problem = repeated.get(row.number)


def _refuse_claims_on_unnamed_groups(rows: Sequence[GroupRow]) -> None:
    """Refuse rows that claim a member of a group that none of the rows names, and so on until none is left."""
    named = Counter(row.group for row in rows)
    claims: dict[Group, list[GroupRow]] = defaultdict(list)
    for row in rows:
        for member in row.members:
            if member.group is not None and member.group != row.group:
                claims[member.group].append(row)
    waiting = [row for group, claiming in claims.items() if group not in named for row in claiming]
    while waiting:
        row = waiting.pop()
        if row.problem is not None or not _refuse_member_outside(row, named):
            continue
        named[row.group] -= 1
        if not named[row.group]:
            del named[row.group]
            waiting += claims[row.group]


def _find_repeated(rows: Sequence[GroupRow]) -> dict[int, str]:
    """Return the rows that name a group or a member of an earlier row, by their numbers, with the reasons."""
    groups: set[Group] = set()
    members: set[str] = set()
    repeated: dict[int, str] = {}
    for row in rows:
        claimed = next((member.key for member in row.members if member.key in members), None)
        if row.group in groups:
            repeated[row.number] = GROUPS.repeated
        elif claimed is not None:
            repeated[row.number] = f"{claimed} is in the group of an earlier row"
        else:
            groups.add(row.group)
            members.update(member.key for member in row.members)
    return repeated


def _refuse_claims_on_refused_groups(accepted: Sequence[GroupRow]) -> bool:
    """Refuse rows that claim a member of a group that no accepted row names; return whether there are any."""
    named = {row.group for row in accepted}
    refused = [row for row in accepted if _refuse_member_outside(row, named)]
    return bool(refused)


def _refuse_member_outside(row: GroupRow, groups: Container[Group]) -> bool:
    """Refuse the row if it claims a member of another group, which is none of these; return whether it does."""
    for member in row.members:
        if member.group is not None and member.group != row.group and member.group not in groups:
            row.problem = f"{member.key} is in the group {member.group_name}, which no accepted row names"
            return True
    return False
