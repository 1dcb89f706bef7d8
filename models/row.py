"""Rows: model instances, whole or made of just the columns that a query read."""

from typing import Any, ClassVar, Self

from tortoise import Model
from tortoise.fields.base import Field

from models.queries.wanted import Wanted

_set = object.__setattr__
"""Past Tortoise's own, which looks at every name."""


class Row(Model):
    """A row of one table.

    `related` holds what was read with it, by the key under which it was wanted.
    """

    NEEDS: ClassVar[dict[str, tuple[str, ...]]] = {}
    """The columns that a field or a branch is made of, where they are not the one of its name."""

    COMPUTED: ClassVar[dict[str, str]] = {}
    """Columns that SQL works out, the row standing under the name x."""

    TOLD: ClassVar[dict[str, str]] = {}
    """Properties in SQL, the row standing under the name x."""

    key: int
    related: dict[str, Any]

    class Meta:
        abstract = True

    @classmethod
    def view(cls, record: dict[str, Any]) -> Self:
        """A row to read from, with the columns of `record` alone.

        Tortoise's own way of making an instance costs 2.4 times as much for each row of a page.
        """
        row = cls.__new__(cls)
        record["related"] = {}
        _set(row, "__dict__", record)
        return row

    @property
    def id(self) -> str:
        return global_id(type(self), self.key)

    @classmethod
    def table(cls) -> str:
        return cls._meta.db_table

    @classmethod
    def field(cls, name: str) -> Field[Any] | None:
        """The model's field of that name, None where it has none."""
        return cls._meta.fields_map.get(name)

    @classmethod
    def column(cls, name: str) -> str:
        """The column of the table that holds a field."""
        return cls._meta.fields_db_projection[name]

    @classmethod
    def expression(cls, column: str) -> str:
        """The SQL of one column of the row x."""
        return cls.COMPUTED.get(column) or f"x.{cls.column(column)}"

    @classmethod
    def columns(cls, *wanted: Wanted) -> list[str]:
        """The columns that must be read for all that is wanted of a row, the key first."""
        names = dict.fromkeys(("key",))
        for one in wanted:
            for name in sorted(one.fields):
                names.update(dict.fromkeys(cls.NEEDS.get(name, (name,))))
            for branch in one.branches:
                names.update(dict.fromkeys(cls.NEEDS.get(branch.name, ())))
        return list(names)


def global_id(row: type[Row], key: int) -> str:
    """How clients name the row of that class and key, whether there still is one or not."""
    return f"{row.__name__}:{key}"
