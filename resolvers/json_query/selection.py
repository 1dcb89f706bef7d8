"""What a client has selected, without anything of GraphQL: the input of the compiler."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

TYPENAME = "__typename"


@dataclass(frozen=True, slots=True, eq=False)
class FieldSelection:
    """A selected field of an object.

    `name` is the field's name in Python, or `__typename`; `schema_name` is that in the schema. `selection_sets` are
    those below it by the name of the type, since a field of an interface may lead to several; a scalar has none.
    `arguments` is the number of a list's arguments among those of the request.
    """

    response_key: str
    name: str
    schema_name: str
    selection_sets: Mapping[str, "SelectionSet"] = field(default_factory=dict)
    arguments: int | None = None

    @property
    def selection_set(self) -> "SelectionSet":
        """The selection set of a field that leads to one type alone."""
        (selection_set,) = self.selection_sets.values()
        return selection_set

    @property
    def type_name(self) -> str:
        """The name of that type."""
        (type_name,) = self.selection_sets
        return type_name


@dataclass(frozen=True, slots=True, eq=False)
class SelectionSet:
    """The selected fields of objects of one type, in the order of the response."""

    fields: Sequence[FieldSelection]

    def named(self, name: str) -> Iterator[FieldSelection]:
        """The selections of one field, which may be selected under several response keys."""
        return (field for field in self.fields if field.name == name)
