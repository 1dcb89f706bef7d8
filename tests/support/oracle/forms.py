"""The same selection in other forms: with fragments, with fields twice, with fields in pieces that are to be merged."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from graphql import GraphQLInterfaceType, GraphQLObjectType

from tests.support.oracle.rows import TABLES
from tests.support.oracle.variables import Variables


@dataclass
class Part:
    """A field, fragment or spread, and what is selected below it."""

    head: str
    below: "list[Part] | None" = None

    def __str__(self) -> str:
        return self.head if self.below is None else f"{self.head} {braced(self.below)}"


def braced(parts: Iterable[Part]) -> str:
    return f"{{ {' '.join(map(str, parts))} }}"


@dataclass(frozen=True)
class Fragment:
    """A named fragment: its fields below one another, and about how many values it has for one object."""

    name: str
    height: int
    cost: int


class Forms:
    """The fragments and directives of one document."""

    def __init__(self, random: Random, variables: Variables) -> None:
        self._random = random
        self._variables = variables
        self._known: dict[str, list[Fragment]] = {}
        self.definitions: list[str] = []

    def directives(self) -> str:
        """Those of a field, fragment or spread: mostly none."""
        if self._random.random() > 0.1:
            return ""
        names = self._random.choice([("include",), ("include",), ("skip",), ("skip", "include")])
        return "".join(f" @{name}(if: {self._variables.condition()})" for name in names)

    def spread(self, name: str) -> Part:
        return Part(f"...{name}{self.directives()}")

    def known(self, type_: GraphQLObjectType | GraphQLInterfaceType, height: int, cost: int) -> Fragment | None:
        """Perhaps a fragment on that type that is spread elsewhere, within these limits."""
        found = [one for one in self._known.get(type_.name, ()) if one.height <= height and one.cost <= cost]
        return self._random.choice(found) if found and self._random.random() < 0.3 else None

    def other_form(
        self, parts: list[Part], type_: GraphQLObjectType | GraphQLInterfaceType, fragment: tuple[int, int] | None
    ) -> list[Part]:
        """A form of the parts on that type. Given its height and cost, a named fragment of them may be spread again."""
        random = self._random
        chance = random.random()
        some = random.sample(parts, random.randint(1, len(parts)))
        others = [part for part in parts if part not in some]
        if chance < 0.1:
            head = random.choice([f"... on {type_.name}", "...", f"... on {type_.name}"])
            parts = [*others, Part(head + self.directives(), some)]
        elif chance < 0.2:
            parts = [*others, self._named_fragment(type_.name, some, fragment)]
        elif chance < 0.25 and any(interface.name == "Node" for interface in type_.interfaces):
            foreign = Part(f"... on {random.choice(list(TABLES))}", [Part("id")])
            parts = [*others, Part("... on Node", [Part(f"... on {type_.name}", some), foreign])]
        elif chance < 0.28:
            parts = [*parts, *some]
        elif chance < 0.36:
            parts = [piece for part in parts for piece in self._pieces(part)]
        if random.random() < 0.2:
            random.shuffle(parts)
        return parts

    def _named_fragment(self, type_name: str, parts: list[Part], again: tuple[int, int] | None) -> Part:
        name = f"{self._random.choice(['F', 'f', 'Fields'])}{len(self.definitions)}"
        self.definitions.append(f"fragment {name} on {type_name} {braced(parts)}")
        if again is not None:
            self._known.setdefault(type_name, []).append(Fragment(name, *again))
        return self.spread(name)

    def _pieces(self, part: Part) -> list[Part]:
        """The part in two, each with some of what is below it."""
        if part.below is None or len(part.below) < 2:
            return [part]
        below = self._random.sample(part.below, len(part.below))
        cut = self._random.randint(1, len(below) - 1)
        return [Part(part.head, below[:cut]), Part(part.head, below[cut - self._random.randint(0, 1) :])]
