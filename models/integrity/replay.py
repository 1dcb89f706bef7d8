"""The history replayed: the pickup groups as the changes of their sites, from the first to the last, tell of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from models.change import ChangeKind
from models.integrity.shapes import CHANGE, Record, is_instant, unreadable

_KINDS = {kind.value: kind for kind in ChangeKind}
_NAMED = {
    ChangeKind.PICKUP_GROUP_CREATED: (False, True),
    ChangeKind.PICKUP_GROUP_RENAMED: (True, True),
    ChangeKind.PICKUP_GROUP_MEMBERS_CHANGED: (False, False),
    ChangeKind.PICKUP_GROUP_DELETED: (True, False),
}
"""Whether a change of each kind has the name before and the name after."""


@dataclass(slots=True)
class Told:
    """A group: its name, its version, and the keys of its members."""

    name: str
    version: int
    members: set[int]


class Replay:
    """The groups told of so far, by the keys of their sites and their own."""

    def __init__(self) -> None:
        self.groups: dict[tuple[int, int], Told] = {}

    def add(self, change: Record) -> Iterator[str]:
        """Takes the next change of a site; what is wrong with it. Nothing is done where it cannot be read."""
        if wrong := unreadable(change, CHANGE):
            yield f"the change stored as {change['id']} cannot be read: {wrong}"
            return
        for fault in self._faults(change):
            yield f"site {change['site_id']}, revision {change['revision']}: {fault}"

    def _faults(self, change: Record) -> Iterator[str]:
        kind = _KINDS.get(change["kind"])
        lists = [_keys(change[name]) for name in ("added_keys", "removed_keys", "cleared_keys")]
        added, removed, cleared = (keys or set() for keys in lists)
        if not is_instant(change["occurred_at"]):
            yield f"it happened at {change['occurred_at']}, which is no time"
        if kind is None:
            yield f"a change of the unknown kind {change['kind']}"
            return
        if None in lists:
            yield "its lists of users cannot be read"
            return
        if not cleared <= added:
            yield "exemptions are cleared of users who did not join"
        names = (change["name_before"] is not None, change["name_after"] is not None)
        if kind is ChangeKind.DIRECTORY_CHANGED:
            if change["pickup_group_id"] is not None or added or removed or any(names):
                yield "a change of the directory that tells of a group"
            return
        if change["pickup_group_id"] is None:
            yield "a change to a group that it does not name"
            return
        if names != _NAMED[kind]:
            yield f"a change of the kind {kind.value} has not these names"
        yield from self._tell(kind, change, added, removed)

    def _tell(self, kind: ChangeKind, change: Record, added: set[int], removed: set[int]) -> Iterator[str]:
        key = (change["site_id"], change["pickup_group_id"])
        group = self.groups.get(key)
        if kind is ChangeKind.PICKUP_GROUP_CREATED:
            if group is not None:
                yield "a group is made that was there"
            group = self.groups[key] = Told(change["name_after"] or "", 0, set())
        if group is None:
            yield "a change to a group that was not made"
            return
        if change["name_before"] not in (None, group.name) or removed - group.members or added & group.members:
            yield "the group had another name or other members"
        group.name = change["name_after"] or group.name
        group.version += 1
        group.members = (group.members - removed) | added
        if kind is ChangeKind.PICKUP_GROUP_DELETED:
            if group.members:
                yield "a group is deleted that still had members"
            del self.groups[key]


def _keys(text: str) -> set[int] | None:
    """The keys of a JSON list, None where it is none, or has one twice."""
    try:
        keys = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(keys, list) or not all(type(key) is int for key in keys) or len(set(keys)) < len(keys):
        return None
    return set(keys)
