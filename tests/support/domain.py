"""A second implementation of the domain, in memory and as plain as can be: what each mutation must return and do."""

import unicodedata
from dataclasses import dataclass, field
from typing import Any

Broken = list[tuple[str, list[str]]]
"""The broken rules, each with its path."""

RULES = {
    *("NAME_REQUIRED", "NAME_TOO_LONG", "NAME_INVALID", "NAME_TAKEN", "VERSION_CONFLICT", "NOT_FOUND"),
    *("MEMBER_ON_ANOTHER_SITE", "MEMBER_IN_ANOTHER_GROUP", "STATION_NOT_ELIGIBLE"),
}
"""The rules that are checked here."""

NAMES: dict[str, list[str]] = {
    "Sales": [],
    " SALES ": [],
    "Étage": [],
    "E\u0301TAGE": [],
    "Etage": [],
    "Two words": [],
    "two \u00a0words": [],
    "two\twords": ["NAME_INVALID"],
    f"two{' ' * 80}words": ["NAME_TOO_LONG"],
    "a\u200bb": ["NAME_INVALID"],
    "\u200b ": ["NAME_REQUIRED"],
}
"""Names to be given, with what is wrong with each of them."""


@dataclass
class User:
    """A user; `found` is False for one who does not exist."""

    id: str
    found: bool = True
    eligible: bool = True
    here: bool = True
    exempt: bool = False


@dataclass
class Group:
    id: str
    name: str
    members: set[str] = field(default_factory=set)
    version: int = 1


@dataclass(frozen=True)
class Call:
    """A mutation; `group` and `users` are places in the lists of them, `behind` what is missing to the version.

    The users of an update join; others are `leaving`, and it may have no name.
    """

    mutation: str
    group: int
    name: str | None
    users: tuple[int, ...]
    behind: int | None
    move: bool
    dry_run: bool
    leaving: tuple[int, ...] = ()


@dataclass
class Answer:
    """What a mutation must answer: ids in their order, and the group as it stands after the call."""

    violations: Broken = field(default_factory=list)
    group: Group | None = None
    added: list[str] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    cleared: list[str] = field(default_factory=list)
    deleted: bool = False
    kept: bool = False


def key_of(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


class Site:
    """A site with its users, groups and history; every mutation answers what the server must."""

    def __init__(self, users: list[User]) -> None:
        self.users = users
        self.groups: dict[str, Group] = {}
        self.history: list[dict[str, Any]] = []

    def named(self, places: tuple[int, ...]) -> list[User]:
        return [self.users[place] for place in places]

    def target(self, call: Call) -> Group | None:
        groups = list(self.groups.values())
        return groups[call.group] if call.group < len(groups) else None

    def group_of(self, user: User) -> Group | None:
        return next((group for group in self.groups.values() if user.id in group.members), None)

    def answer(self, call: Call) -> Answer:
        """What the server must answer; `keep` makes it true."""
        group = self.target(call)
        if call.mutation == "create":
            return self._create(call)
        if group is None:
            return Answer([("NOT_FOUND", ["input", "id"]), *self._without_group(call)])
        if call.mutation == "rename":
            broken = self._name(call.name, group) + self._version(call, group)
            kept = not broken and not call.dry_run and self._renames(call, group)
            return Answer(broken, group, kept=kept)
        if call.mutation == "delete":
            broken = self._version(call, group)
            if broken:
                return Answer(broken)
            return Answer(removed=set(group.members), deleted=not call.dry_run, kept=not call.dry_run)
        return self._members(call, group)

    def keep(self, call: Call, answer: Answer, created_id: str | None) -> None:
        """What becomes of the site when the call is kept."""
        if call.mutation == "create":
            assert created_id is not None
            group = self.groups[created_id] = Group(created_id, _clean(call.name), version=0)
            self._move(group, answer)
            self._record("PICKUP_GROUP_CREATED", group, nameAfter=group.name, **self._membership_of(answer))
            return
        found = self.target(call)
        assert found is not None
        group = found
        if call.mutation in ("rename", "update") and self._renames(call, group):
            before, group.name = group.name, _clean(call.name)
            group.version += 1
            self._record("PICKUP_GROUP_RENAMED", group, nameBefore=before, nameAfter=group.name)
        if call.mutation == "delete":
            del self.groups[group.id]
            self._record(
                "PICKUP_GROUP_DELETED", group, nameBefore=group.name, membersRemoved=self._ordered(answer.removed)
            )
        elif answer.added or answer.removed:
            self._move(group, answer)
            self._record("PICKUP_GROUP_MEMBERS_CHANGED", group, **self._membership_of(answer))

    def _create(self, call: Call) -> Answer:
        broken = self._name(call.name, None) + self._joining(call, None)
        if broken:
            return Answer(broken)
        joining = _unique(self.named(call.users))
        cleared = [user.id for user in joining if user.exempt]
        return Answer(added=[user.id for user in joining], cleared=cleared, kept=not call.dry_run)

    def _members(self, call: Call, group: Group) -> Answer:
        is_update = call.mutation == "update"
        broken = (self._name(call.name, group) if is_update else []) + self._version(call, group)
        if call.mutation != "remove":
            broken += self._joining(call, group)
        broken += self._unknown(call)
        if broken:
            return Answer(broken, group)
        named = _unique(self.named(call.users))
        ids = {user.id for user in named}
        joining = [] if call.mutation == "remove" else [user for user in named if user.id not in group.members]
        leaving = {
            "set": group.members - ids,
            "remove": ids,
            "update": {user.id for user in self.named(call.leaving)} - ids,
        }
        removed = group.members & leaving.get(call.mutation, set())
        renamed = is_update and self._renames(call, group)
        return Answer(
            group=group,
            added=[user.id for user in joining],
            removed=removed,
            cleared=[user.id for user in joining if user.exempt],
            kept=bool(joining or removed or renamed) and not call.dry_run,
        )

    def _renames(self, call: Call, group: Group) -> bool:
        return call.name is not None and group.name != _clean(call.name)

    def _without_group(self, call: Call) -> Broken:
        if call.mutation == "delete":
            return []
        broken: Broken = []
        if call.mutation in ("rename", "update") and call.name is not None:
            broken += [(rule, ["input", "name"]) for rule in NAMES[call.name]]
        if call.mutation in ("set", "add", "update"):
            broken += self._joining(call, None, known=False)
        return broken + self._unknown(call)

    def _name(self, name: str | None, own: Group | None) -> Broken:
        if name is None:
            return []
        taken = any(group is not own and key_of(group.name) == key_of(name) for group in self.groups.values())
        return [(rule, ["input", "name"]) for rule in [*NAMES[name], *(["NAME_TAKEN"] if taken else [])]]

    def _version(self, call: Call, group: Group) -> Broken:
        wrong = call.behind is not None and call.behind != 0
        return [("VERSION_CONFLICT", ["input", "expectedVersion"])] if wrong else []

    def _unknown(self, call: Call) -> Broken:
        """Those who leave and are no users."""
        leaving = {"remove": (call.users, "userIds"), "update": (call.leaving, "removeUserIds")}
        places = self._places(*leaving.get(call.mutation, ((), "")))
        return [("NOT_FOUND", path) for user, path in places if not user.found]

    def _joining(self, call: Call, group: Group | None, *, known: bool = True) -> Broken:
        broken: Broken = []
        for user, path in self._places(call.users, "addUserIds" if call.mutation == "update" else "userIds"):
            if not user.found:
                broken.append(("NOT_FOUND", path))
                continue
            if known and not user.here:
                broken.append(("MEMBER_ON_ANOTHER_SITE", path))
            current = self.group_of(user)
            if known and not call.move and current is not None and current is not group:
                broken.append(("MEMBER_IN_ANOTHER_GROUP", path))
            if not user.eligible:
                broken.append(("STATION_NOT_ELIGIBLE", path))
        return broken

    def _places(self, places: tuple[int, ...], argument: str) -> list[tuple[User, list[str]]]:
        first = {place: number for number, place in reversed(list(enumerate(places)))}
        return [(self.users[place], ["input", argument, str(first[place])]) for place in dict.fromkeys(places)]

    def _move(self, group: Group, answer: Answer) -> None:
        for other in sorted(self.groups.values(), key=lambda one: int(one.id.partition(":")[2])):
            lost = other.members & set(answer.added)
            if other is not group and lost:
                other.members -= lost
                other.version += 1
                self._record("PICKUP_GROUP_MEMBERS_CHANGED", other, membersRemoved=self._ordered(lost))
        group.members = (group.members - answer.removed) | set(answer.added)
        group.version += 1
        for user in self.users:
            user.exempt = user.exempt and user.id not in answer.cleared

    def _membership_of(self, answer: Answer) -> dict[str, list[str]]:
        return {
            "membersAdded": self._ordered(answer.added),
            "membersRemoved": self._ordered(answer.removed),
            "bargeInExemptionsCleared": self._ordered(answer.cleared),
        }

    def _ordered(self, ids: set[str] | list[str]) -> list[str]:
        return [user.id for user in self.users if user.id in ids]

    def _record(self, kind: str, group: Group, **changed: Any) -> None:
        empty: dict[str, Any] = {"nameBefore": None, "nameAfter": None}
        empty |= {"membersAdded": [], "membersRemoved": [], "bargeInExemptionsCleared": []}
        revision = len(self.history) + 1
        self.history.append({"revision": revision, "kind": kind, "pickupGroupId": group.id, **empty, **changed})


def _clean(name: str | None) -> str:
    assert name is not None
    return unicodedata.normalize("NFC", name.strip())


def _unique(users: list[User]) -> list[User]:
    return list({user.id: user for user in users}.values())
