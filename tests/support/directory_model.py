"""A second implementation of the directory, in memory: what files, the directory's mutations and those of groups do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

ELIGIBLE = ("PREMIUM", "STANDARD", "BASIC", "HOSTED_SQUARE_KEY", "HOSTED_PRI")


@dataclass(frozen=True)
class SiteRow:
    key: str
    name: str
    main_number: str = ""


@dataclass(frozen=True)
class UserRow:
    """A row as it is stored: an empty text stands for nothing."""

    key: str
    site: str
    first_name: str = ""
    last_name: str = ""
    extension: str = ""
    phone_number: str = ""
    email: str = ""
    station_type: str = "BASIC"
    exempt: bool = False


@dataclass(frozen=True)
class Change:
    """A change of the history. A group is its number, users are their keys."""

    kind: str
    group: int | None = None
    name_before: str | None = None
    name_after: str | None = None
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    cleared: frozenset[str] = frozenset()


@dataclass
class Group:
    """A group; its number counts all groups in the order in which they were made."""

    number: int
    site: str
    name: str
    version: int = 1
    members: set[str] = field(default_factory=set)


@dataclass
class Upserted:
    """What an upsert of users must report; `refused` are the members whose rows ask for an exemption."""

    added: int = 0
    changed: int = 0
    refused: list[str] = field(default_factory=list)
    ended: list[tuple[str, int, str]] = field(default_factory=list)


class DirectoryModel:
    """Sites, users, groups and the history of each site, all by their keys. What it is asked to do must be valid."""

    def __init__(self) -> None:
        self.sites: dict[str, SiteRow] = {}
        self.users: dict[str, UserRow] = {}
        self.groups: list[Group] = []
        self.history: dict[str, list[Change]] = {}
        self._made = 0

    def group_of(self, user: str) -> Group | None:
        return next((group for group in self.groups if user in group.members), None)

    def groups_of(self, site: str) -> list[Group]:
        return [group for group in self.groups if group.site == site]

    def users_of(self, site: str) -> list[str]:
        return [key for key, user in self.users.items() if user.site == site]

    def is_used(self, site: str) -> bool:
        return bool(self.users_of(site) or self.groups_of(site))

    def upsert_sites(self, rows: Sequence[SiteRow]) -> tuple[int, int]:
        """How many sites it adds, and how many it changes."""
        added = [row for row in rows if row.key not in self.sites]
        changed = [row for row in rows if row.key in self.sites and self.sites[row.key] != row]
        for row in (*added, *changed):
            self.sites[row.key] = row
        self._change_directory(row.key for row in (*added, *changed))
        return len(added), len(changed)

    def upsert_users(self, rows: Sequence[UserRow]) -> Upserted:
        done, touched = Upserted(), set[str]()
        for row in rows:
            old, group = self.users.get(row.key), self.group_of(row.key)
            if old is None:
                done.added += 1
                touched.add(row.site)
                self.users[row.key] = row
                continue
            reason = None if group is None else self._end_of(old, row)
            if group is not None and reason is not None:
                done.ended.append((row.key, group.number, reason))
            elif group is not None:
                done.refused += [row.key] if row.exempt else []
            stored = row if group is None or reason is not None else replace(row, exempt=False)
            if stored != old:
                done.changed += 1
                touched |= {old.site, row.site}
                self.users[row.key] = stored
        self._end_memberships(key for key, _, _ in done.ended)
        self._change_directory(touched)
        return done

    def remove_users(self, keys: Sequence[str]) -> list[tuple[str, int, str]]:
        """The memberships that it ends."""
        groups = {key: self.group_of(key) for key in keys}
        ended = [(key, group.number, "REMOVED") for key, group in groups.items() if group is not None]
        self._end_memberships(keys)
        self._change_directory({self.users.pop(key).site for key in keys})
        return ended

    def remove_sites(self, keys: Iterable[str]) -> None:
        for key in keys:
            assert not self.is_used(key)
            del self.sites[key], self.history[key]

    def set_members(self, site: str, members_by_name: Mapping[str, Sequence[str]]) -> None:
        """The groups with these names get these members, from wherever they are; a group that is not there is made."""
        named = {group.name: group for group in self.groups_of(site)}
        created: list[Group] = []
        for name in members_by_name:
            if name not in named:
                self._made += 1
                named[name] = Group(self._made, site, name)
                created.append(named[name])
        self.groups += created
        before = {group.number: frozenset(group.members) for group in self.groups_of(site)}
        for name, members in members_by_name.items():
            for group in self.groups_of(site):
                group.members -= set(members)
            named[name].members = set(members)
        self._record_members(site, before, {group.number for group in created})

    def rename(self, group: Group, name: str) -> None:
        if name == group.name:
            return
        self._record(group.site, Change("PICKUP_GROUP_RENAMED", group.number, group.name, name))
        group.name, group.version = name, group.version + 1

    def delete(self, group: Group) -> None:
        change = Change("PICKUP_GROUP_DELETED", group.number, group.name, removed=frozenset(group.members))
        self._record(group.site, change)
        self.groups.remove(group)

    def _record_members(self, site: str, before: Mapping[int, frozenset[str]], created: set[int]) -> None:
        """Groups that lose members alone come first, new groups last."""
        changes = []
        for group in self.groups_of(site):
            added = group.members - before[group.number]
            cleared = frozenset(key for key in added if self.users[key].exempt)
            removed = before[group.number] - group.members
            if group.number in created:
                kind, name = "PICKUP_GROUP_CREATED", group.name
            elif added or removed:
                kind, name = "PICKUP_GROUP_MEMBERS_CHANGED", None
                group.version += 1
            else:
                continue
            is_new = group.number in created
            place = (is_new, bool(added) and not is_new, group.number)
            changes.append((place, Change(kind, group.number, None, name, frozenset(added), removed, cleared)))
        for _, change in sorted(changes, key=lambda one: one[0]):
            self._record(site, change)
            for key in change.cleared:
                self.users[key] = replace(self.users[key], exempt=False)

    def _end_of(self, old: UserRow, row: UserRow) -> str | None:
        if old.site != row.site:
            return "MOVED_TO_ANOTHER_SITE"
        return None if row.station_type in ELIGIBLE else "STATION_NOT_ELIGIBLE"

    def _end_memberships(self, keys: Iterable[str]) -> None:
        leaving = set(keys)
        for group in self.groups:
            lost = group.members & leaving
            if lost:
                group.members -= lost
                group.version += 1
                change = Change("PICKUP_GROUP_MEMBERS_CHANGED", group.number, removed=frozenset(lost))
                self._record(group.site, change)

    def _change_directory(self, sites: Iterable[str]) -> None:
        for site in sites:
            self._record(site, Change("DIRECTORY_CHANGED"))

    def _record(self, site: str, change: Change) -> None:
        self.history.setdefault(site, []).append(change)
