"""The rules of the domain: one function for each, which yields a violation if the rule is broken.

Each rule is also a constraint of the database; a violation says which rule is broken, at which input and why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from models.domain.group_names import MAX_NAME_LENGTH, NameFault, name_faults
from models.errors import N_
from models.user import User


class Rule(Enum):
    """The rules, by the name that a violation gives."""

    NAME_REQUIRED = "NAME_REQUIRED"
    NAME_TOO_LONG = "NAME_TOO_LONG"
    NAME_TAKEN = "NAME_TAKEN"
    NAME_INVALID = "NAME_INVALID"
    MEMBER_ON_ANOTHER_SITE = "MEMBER_ON_ANOTHER_SITE"
    MEMBER_IN_ANOTHER_GROUP = "MEMBER_IN_ANOTHER_GROUP"
    STATION_NOT_ELIGIBLE = "STATION_NOT_ELIGIBLE"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    NOT_FOUND = "NOT_FOUND"
    INVALID_VALUE = "INVALID_VALUE"
    DUPLICATE_ROW = "DUPLICATE_ROW"
    SITE_IN_USE = "SITE_IN_USE"


@dataclass(kw_only=True)
class Violation:
    """A broken rule, with an English message template and its values.

    `path` is the name of the argument and, for a list, the index in it: ("userIds", "2").
    """

    rule: Rule
    path: tuple[str, ...]
    template: str
    values: dict[str, object] = field(default_factory=dict)


@dataclass(kw_only=True)
class InvalidName(Violation):
    """The name is not valid for any group."""


@dataclass(kw_only=True)
class NameTaken(Violation):
    """Another group of the site has the name."""

    pickup_group_key: int


@dataclass(kw_only=True)
class MemberOnAnotherSite(Violation):
    user_key: int


@dataclass(kw_only=True)
class MemberInAnotherGroup(Violation):
    user_key: int
    pickup_group_key: int


@dataclass(kw_only=True)
class StationNotEligible(Violation):
    user_key: int


@dataclass(kw_only=True)
class VersionConflict(Violation):
    current_version: int


@dataclass(kw_only=True)
class NotFound(Violation):
    """The node does not exist, or the caller must not see it."""

    id: str


class NodeReference(NamedTuple):
    """A node as a client refers to it: the id given, and its key; None if the id is malformed or of another type."""

    id: str
    key: int | None


_NAME_PATH = ("name",)

_NAME_RULES = {
    NameFault.REQUIRED: (Rule.NAME_REQUIRED, N_("Give the group a name.")),
    NameFault.TOO_LONG: (
        Rule.NAME_TOO_LONG,
        N_("The name has {length} characters, but may have at most {longest}."),
    ),
    NameFault.INVALID: (
        Rule.NAME_INVALID,
        N_("The name holds a control character or one that cannot be seen. Type it again without it."),
    ),
}


def name_is_valid(name: str) -> Iterator[Violation]:
    """A name is given, has at most 80 characters, and holds no invisible ones."""
    for fault in name_faults(name):
        rule, template = _NAME_RULES[fault]
        values: dict[str, object] = {"length": len(name), "longest": MAX_NAME_LENGTH}
        yield InvalidName(rule=rule, path=_NAME_PATH, template=template, values=values)


def name_is_free(taken: tuple[int, str] | None) -> Iterator[Violation]:
    """Names are unique within the site. `taken` is the key and name of the other group that has the name."""
    if taken is not None:
        yield NameTaken(
            rule=Rule.NAME_TAKEN,
            path=_NAME_PATH,
            template=N_("The site has a group named {name} already. Choose another name."),
            values={"name": taken[1]},
            pickup_group_key=taken[0],
        )


def version_is_current(expected: int | None, current: int) -> Iterator[Violation]:
    """The group still has the version that the client expects, if it expects one."""
    if expected is not None and expected != current:
        yield VersionConflict(
            rule=Rule.VERSION_CONFLICT,
            path=("expectedVersion",),
            template=N_("The group has changed: its version is {current}, not {expected}. Load it again."),
            values={"current": current, "expected": expected},
            current_version=current,
        )


_NOT_FOUND = {
    "siteId": N_("There is no site with this id."),
    "id": N_("There is no pickup group with this id."),
    "userIds": N_("There is no user with this id."),
    "addUserIds": N_("There is no user with this id."),
    "removeUserIds": N_("There is no user with this id."),
}


def exists(reference: NodeReference, found: object, *path: str) -> Iterator[Violation]:
    """The node exists and the caller may see it. `path` begins with the argument that refers to it."""
    if found is None:
        yield NotFound(rule=Rule.NOT_FOUND, path=path, template=_NOT_FOUND[path[0]], id=reference.id)


@dataclass(frozen=True, slots=True)
class Target:
    """The group that users are added to, and its site; `key` is None for a group that is about to be created."""

    site_key: int
    key: int | None


def users_exist(
    references: Sequence[NodeReference], users: dict[int, User], argument: str = "userIds"
) -> Iterator[Violation]:
    """Every user exists and the caller may see them. A repeated id is reported once, at its first index."""
    for index, reference in _distinct(references):
        user = None if reference.key is None else users.get(reference.key)
        yield from exists(reference, user, argument, str(index))


def users_may_join(
    references: Sequence[NodeReference],
    users: dict[int, User],
    target: Target | None,
    *,
    move: bool,
    names: dict[int, str],
    argument: str = "userIds",
) -> Iterator[Violation]:
    """Every user exists, is of the group's site, is in no other group, and has an eligible station.

    With `move` a user may come from another group of the site. `names` has the names of the users' groups by key.
    Without a target, only the rules that do not depend on it are checked.
    """
    for index, reference in _distinct(references):
        path = (argument, str(index))
        user = None if reference.key is None else users.get(reference.key)
        if user is None:
            yield from exists(reference, None, *path)
            continue
        if target is not None:
            yield from _same_site(user, target, path)
            if not move:
                yield from _in_no_other_group(user, target, names, path)
        yield from _station_is_eligible(user, path)


def _same_site(user: User, target: Target, path: tuple[str, ...]) -> Iterator[Violation]:
    if user.site_key != target.site_key:
        yield MemberOnAnotherSite(
            rule=Rule.MEMBER_ON_ANOTHER_SITE,
            path=path,
            template=N_("{user} is a user of another site."),
            values={"user": user.display_name},
            user_key=user.key,
        )


def _in_no_other_group(user: User, target: Target, names: dict[int, str], path: tuple[str, ...]) -> Iterator[Violation]:
    group = user.pickup_group_key
    if user.site_key == target.site_key and group is not None and group != target.key:
        yield MemberInAnotherGroup(
            rule=Rule.MEMBER_IN_ANOTHER_GROUP,
            path=path,
            template=N_("{user} is in the group {group}. Set moveMembers to move them."),
            values={"user": user.display_name, "group": names[group]},
            user_key=user.key,
            pickup_group_key=group,
        )


def _station_is_eligible(user: User, path: tuple[str, ...]) -> Iterator[Violation]:
    if not user.eligible:
        yield StationNotEligible(
            rule=Rule.STATION_NOT_ELIGIBLE,
            path=path,
            template=N_("{user} has a station of type {station}, which may not be in a pickup group."),
            values={"user": user.display_name, "station": user.station_type},
            user_key=user.key,
        )


def _distinct(references: Sequence[NodeReference]) -> Iterator[tuple[int, NodeReference]]:
    """Each reference with its index, without those whose id came before."""
    seen: set[str] = set()
    for index, reference in enumerate(references):
        if reference.id not in seen:
            seen.add(reference.id)
            yield index, reference
