"""The change log replayed: the pickup groups that the changes of their sites lead to, from the first to the last."""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from models.change import NAMES_OF_KIND, ChangeKind
from models.integrity.stored_rows import CHANGE, Record, is_instant, unreadable

_KINDS = {kind.value: kind for kind in ChangeKind}


@dataclass(slots=True)
class GroupState:
    """A group: its name, its version, and the keys of its members."""

    name: str
    version: int
    members: set[int]


class Replay:
    """The groups after the changes so far, by the key of the site and their own."""

    def __init__(self) -> None:
        self.groups: dict[tuple[int, int], GroupState] = {}

    def add(self, change: Record) -> Iterator[str]:
        """Apply the next change of a site, unless it cannot be read; yield what is wrong with it."""
        if wrong := unreadable(change, CHANGE):
            yield f"the change stored as {change['id']} cannot be read: {wrong}"
            return
        for problem in self._problems(change):
            yield f"site {change['site_id']}, revision {change['revision']}: {problem}"

    def _problems(self, change: Record) -> Iterator[str]:
        kind = _KINDS.get(change["kind"])
        lists = [_keys(change[name]) for name in ("added_keys", "removed_keys", "cleared_keys")]
        added, removed, cleared = (keys or set() for keys in lists)
        if not is_instant(change["occurred_at"]):
            yield f"its time is {change['occurred_at']}, which is not an instant"
        if kind is None:
            yield f"a change of an unknown kind: {change['kind']}"
            return
        if None in lists:
            yield "its lists of users cannot be read"
            return
        if not cleared <= added:
            yield "exemptions are cleared of users who are not added"
        names = (change["name_before"] is not None, change["name_after"] is not None)
        if kind is ChangeKind.DIRECTORY_CHANGED:
            if change["pickup_group_id"] is not None or added or removed or any(names):
                yield "a change of the directory with a group, name or members"
            return
        if change["pickup_group_id"] is None:
            yield "a change to a group without the group"
            return
        if names != NAMES_OF_KIND[kind]:
            yield f"a change of the kind {kind.value} cannot have these names"
        yield from self._apply(kind, change, added, removed)

    def _apply(self, kind: ChangeKind, change: Record, added: set[int], removed: set[int]) -> Iterator[str]:
        key = (change["site_id"], change["pickup_group_id"])
        group = self.groups.get(key)
        if kind is ChangeKind.PICKUP_GROUP_CREATED:
            if group is not None:
                yield "a group is created that exists"
            group = self.groups[key] = GroupState(change["name_after"] or "", 0, set())
        if group is None:
            yield "a change to a group that does not exist"
            return
        if change["name_before"] not in (None, group.name) or removed - group.members or added & group.members:
            yield "the group has another name or other members at that revision"
        group.name = change["name_after"] or group.name
        group.version += 1
        group.members = (group.members - removed) | added
        if kind is ChangeKind.PICKUP_GROUP_DELETED:
            if group.members:
                yield "a group is deleted that still has members"
            del self.groups[key]


def _keys(text: str) -> set[int] | None:
    """Return the keys of a JSON list, None if it is no such list or has a key twice."""
    try:
        keys = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(keys, list) or not all(type(key) is int for key in keys) or len(set(keys)) < len(keys):
        return None
    return set(keys)
