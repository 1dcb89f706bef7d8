"""What is wanted of rows: the fields to read, and what is to be read with them."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of the rows of one type: plain fields by name, and branches to other rows.

    `told` says under which keys, in their order, an answer tells of them: pairs of a key and a name.
    """

    fields: frozenset[str] = frozenset()
    branches: tuple["Branch", ...] = ()
    told: tuple[tuple[str, str], ...] = ()

    def branch(self, name: str) -> Iterator["Branch"]:
        """The branches of that name; one field may be wanted several times, under several keys."""
        return (branch for branch in self.branches if branch.name == name)


@dataclass(frozen=True, slots=True)
class Branch:
    """Rows wanted with other rows: what is read stands in their `related` under `key`.

    `of` gives what is wanted by the name of the type, since one branch may lead to rows of several.
    """

    key: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    of: Mapping[str, Wanted] = field(default_factory=dict)

    @property
    def wanted(self) -> Wanted:
        """What is wanted, where the branch leads to one type alone."""
        (wanted,) = self.of.values()
        return wanted


@dataclass(slots=True)
class Varied:
    """The branches that others of the same shape may want with other arguments, outer ones first.

    `of` names the shape that all of them have, and holds nothing of it; None where nobody else has it.
    """

    of: Hashable | None
    branches: list[Branch] = field(default_factory=list)
