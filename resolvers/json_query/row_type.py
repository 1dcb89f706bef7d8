"""Row types: how each field of a GraphQL type is read from a row.

A plain column needs no declaration: the field has the name of the model's field. The others are declared beside the
root fields of the type (`resolvers/users.py`, say).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from tortoise.fields import BigIntField, BooleanField
from tortoise.fields.base import Field as ModelField

from models.queries.pagination import ListDefinition
from models.row import Row


class Kind(Enum):
    """How a scalar is written as JSON."""

    TEXT = auto()
    NUMBER = auto()
    BOOLEAN = auto()
    ID = auto()  # a row's key, as a global id
    IDS = auto()  # a JSON list of keys, as global ids


@dataclass(frozen=True, slots=True)
class Scalar:
    """A field with a value of its own; `sql` reads it from the row x. `of` is the model whose ids it gives."""

    sql: str
    kind: Kind = Kind.TEXT
    nullable: bool = False
    of: type[Row] | None = None


@dataclass(frozen=True, slots=True)
class ToOne:
    """A field that leads to one row, or to none if the column is null. `column` is the field of the model."""

    row: type[Row]
    column: str


@dataclass(frozen=True, slots=True)
class ToMany:
    """A field that leads to a list; `column` holds the key of the row that the list belongs to."""

    definition: ListDefinition
    column: str = "key"


Field = Scalar | ToOne | ToMany

ROW_TYPES: dict[type[Row], "RowType"] = {}
"""The row type of each model. Importing `resolvers` declares them all."""


class RowType:
    """The fields of one GraphQL type. `site_column` is the column of the table that holds the key of the row's site."""

    def __init__(self, model: type[Row], *, site_column: str = "site_id", **declared: Field) -> None:
        self.model = model
        self.name = model.__name__
        self.table = model.table()
        self.site_column = site_column
        self._fields: dict[str, Field] = dict(_plain(model)) | {"id": Scalar("x.id", Kind.ID, of=model)} | declared
        ROW_TYPES[model] = self

    def field(self, name: str) -> Field:
        return self._fields[name]

    def sql(self, name: str) -> str:
        """The SQL that reads a scalar of the row x."""
        field = self._fields[name]
        assert isinstance(field, Scalar)
        return field.sql


def list_of(type_name: str, field: str) -> ListDefinition | None:
    """The list that a field of a type leads to; None for any other field."""
    for model, row_type in ROW_TYPES.items():
        if model.__name__ == type_name:
            declared = row_type.field(field)
            return declared.definition if isinstance(declared, ToMany) else None
    return None


def _plain(model: type[Row]) -> Iterator[tuple[str, Field]]:
    for name, field in model.model_fields().items():
        yield name, Scalar(f"x.{model.column(name)}", _kind(field), nullable=field.null)


def _kind(field: "ModelField[object]") -> Kind:
    if isinstance(field, BigIntField):
        return Kind.NUMBER
    return Kind.BOOLEAN if isinstance(field, BooleanField) else Kind.TEXT
