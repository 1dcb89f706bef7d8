"""The tree that a selection becomes: each node writes the SQL of one fragment of the JSON answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from models.queries.request import RequestParameter, RequestTemplate
from models.queries.statement import Dialect, StatementTemplate
from resolvers.json_query.json_text import MARKER, Entry, Fragments, JsonLiteral, JsonText, quoted
from resolvers.json_query.row_type import Kind, RowType, Scalar

_ALL_ROWS = 2**31 - 1


class Writer:
    """One statement that is being written, and the JSON of its dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.statement: RequestTemplate = StatementTemplate(dialect)
        self.json = JsonText(dialect)


class JsonNode(Protocol):
    """A node of the tree."""

    def to_sql(self, writer: Writer) -> Fragments:
        """The fragments of its JSON."""


@dataclass(frozen=True, slots=True)
class LiteralNode:
    """JSON that the request alone decides: null, an empty list."""

    json: str

    def to_sql(self, writer: Writer) -> Fragments:
        return [JsonLiteral(self.json)]


@dataclass(frozen=True, slots=True)
class TypeNameNode:
    """A `__typename`."""

    type_name: str

    def to_sql(self, writer: Writer) -> Fragments:
        return [JsonLiteral(f'"{self.type_name}"')]

    def to_value(self) -> str:
        return quoted(self.type_name)


@dataclass(frozen=True, slots=True)
class ObjectNode:
    """An object: response keys and the nodes of their values."""

    entries: Sequence[tuple[str, JsonNode]]

    def to_sql(self, writer: Writer) -> Fragments:
        return writer.json.object(_entry(key, node, writer) for key, node in self.entries)


def _entry(key: str, node: JsonNode, writer: Writer) -> Entry:
    plain = node.to_value() if isinstance(node, ScalarNode | TypeNameNode) else ""
    return Entry(key, node.to_sql(writer), plain)


@dataclass(slots=True, eq=False)
class RowSource:
    """A row in the FROM clause, under the name `alias`; `columns` are read for it, by their names.

    `key` is its key if the request names it. `in_list`: it is one of a list; `shared`: several rows of a list may lead
    to it. `depth` counts the rows around it in the same statement.
    """

    row_type: RowType
    depth: int
    key: RequestParameter | None = None
    in_list: bool = False
    shared: bool = False
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def alias(self) -> str:
        return f"row_{self.depth}"

    @property
    def table(self) -> str:
        return f"{self.row_type.table} AS x"

    def column(self, name: str) -> str:
        """The SQL of a scalar of the row, which is then read."""
        self.columns[name] = self.row_type.sql(name)
        return f"{self.alias}.{name}"

    def select_list(self) -> str:
        """The columns of x that are read."""
        columns = self.columns or {"key": self.row_type.sql("key")}
        return ", ".join(f"{sql} AS {name}" for name, sql in columns.items())


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A scalar of a row."""

    column: str
    scalar: Scalar

    def to_sql(self, writer: Writer) -> Fragments:
        json, column, scalar = writer.json, self.column, self.scalar
        of = scalar.of.__name__ if scalar.of else ""
        match scalar.kind:
            case Kind.TEXT:
                return [json.text(column, nullable=scalar.nullable)]
            case Kind.NUMBER:
                return [f"coalesce({json.number(column)}, 'null')" if scalar.nullable else json.number(column)]
            case Kind.BOOLEAN:
                return [json.boolean(column)]
            case Kind.ID if scalar.nullable:
                return [json.global_id(of, column, nullable=True)]
            case Kind.ID:
                return [JsonLiteral(f'"{of}:'), column, JsonLiteral('"')]
            case Kind.IDS:
                return [json.global_ids(of, column)]

    def to_value(self) -> str:
        """Its plain value, "" if it has none: see Entry."""
        match self.scalar.kind:
            case Kind.TEXT | Kind.NUMBER:
                return self.column
            case Kind.ID:
                assert self.scalar.of is not None
                return f"'{self.scalar.of.__name__}:' || {self.column}"
        return ""


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """x is the row with a key: of a column of the row around it, or one that the request names."""

    key: str | RequestParameter
    granted: "GrantCondition | None" = None

    def to_sql(self, writer: Writer) -> str:
        key = self.key if isinstance(self.key, str) else writer.statement.bind(self.key)
        grant = f" AND {self.granted.write(writer.statement)}" if self.granted is not None else ""
        return f"x.id = {key}{grant}"


class GrantCondition(Protocol):
    """A condition on the row x that holds for the sites of the caller's grant."""

    def write(self, statement: RequestTemplate, /) -> str: ...


@dataclass(frozen=True, slots=True)
class RowNode:
    """One row, or null."""

    row: RowSource
    condition: KeyCondition
    object: ObjectNode

    def to_sql(self, writer: Writer) -> Fragments:
        json = writer.json.join(self.object.to_sql(writer))
        condition = self.condition.to_sql(writer)
        rows = f"(SELECT {self.row.select_list()} FROM {self.row.table} WHERE {condition}) AS {self.row.alias}"
        return [f"coalesce((SELECT {json} FROM {rows}), 'null')"]


@dataclass(frozen=True, slots=True)
class RowListNode:
    """The rows whose keys the request gives, in their order; each of them exists."""

    row: RowSource
    keys: RequestParameter
    object: ObjectNode

    def to_sql(self, writer: Writer) -> Fragments:
        json = writer.json.join(writer.json.list(self.object.to_sql(writer)))
        listed = writer.statement.listed(self.keys)
        # With a limit, since an order without one may be left out of a subquery.
        rows = (
            f"SELECT {self.row.select_list()} FROM {listed} JOIN {self.row.table} ON x.id = listed.key "
            f"ORDER BY listed.place LIMIT {_ALL_ROWS}"
        )
        return [f"(SELECT {json} FROM ({rows}) AS {self.row.alias})"]


@dataclass(frozen=True, slots=True)
class GivenIdNode:
    """The id of a row whose key the request gives."""

    type_name: str
    key: RequestParameter

    def to_sql(self, writer: Writer) -> Fragments:
        return [JsonLiteral(f'"{self.type_name}:'), f"{writer.statement.number(self.key)}", JsonLiteral('"')]


@dataclass(frozen=True, slots=True)
class MarkerNode:
    """The place of a fragment that a follow-up statement reads: its number and the key, or null for no key."""

    number: int
    key: str

    def to_sql(self, writer: Writer) -> Fragments:
        return [f"coalesce({quoted(f'{MARKER}{self.number}:')} || {self.key} || {quoted(MARKER)}, 'null')"]
