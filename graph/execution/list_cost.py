"""The cost of the rows that a list reads beside those of its page.

A plain page reads its own rows alone: an index holds them in order. A `totalCount` reads every row of the list in an
index; a search, or a filter by station type, reads a text of every row, once for the page and once for each
`totalCount`. A filter that an index answers (`externalIds`, `pickupStatus`) costs as much as a count.

How long a list is, is not known before it is read, so a length is assumed: 400 members of a group, 20,000 rows of a
site, 80,000 rows of all sites. Measured on SQLite and PostgreSQL, in the time of one value of a response (1.2 µs) a
search reads 2 to 4 rows and a count 10 to 40: so a search costs a quarter of a row count, and a count a fortieth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLNamedType,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    value_from_ast_untyped,
)

from graph.execution.arguments import has_variable

_MEMBERS, _SITE, _DIRECTORY = 400, 20_000, 80_000

_ROWS_COUNTED, _ROWS_SEARCHED = 40, 4
"""Rows read in the time of one value."""

_OF_ALL_SITES = ("users", "pickupGroups")

Defaults = Mapping[str, ValueNode | None]
"""The default values of an operation's variables."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The rows that one list reads: `pages` is 1 if it has a page, `counts` how often its `totalCount` is selected."""

    rows: int
    pages: int
    counts: int
    arguments: Mapping[str, ValueNode]
    defaults: Defaults

    def of(self, variables: Mapping[str, Any]) -> int:
        """The cost for one parent."""
        given = {name: _value(node, variables, self.defaults) for name, node in self.arguments.items()}
        rows = _SITE if given.get("siteId") else self.rows
        chosen = given.get("filter")
        chosen = chosen if isinstance(chosen, dict) else {}
        if chosen.get("externalIds"):
            return rows // _ROWS_COUNTED * (self.pages + self.counts)
        if given.get("search") or chosen.get("stationTypes"):
            return rows // _ROWS_SEARCHED * (self.pages + self.counts)
        return rows // _ROWS_COUNTED * (self.counts + (self.pages if chosen.get("pickupStatus") else 0))

    @property
    def is_fixed(self) -> bool:
        """Whether no variable changes the cost."""
        if not self.counts and self.arguments.keys() <= {"siteId"}:
            return True
        return not any(has_variable(node) for node in self.arguments.values())


def scan_of(parent: GraphQLNamedType, node: FieldNode, pages: int, counts: int, defaults: Defaults) -> Scan:
    """The scan of a connection field of the type `parent`."""
    name = node.name.value
    rows = _SITE
    if name == "members":
        rows = _MEMBERS
    elif parent.name == "Query" and name in _OF_ALL_SITES:
        rows = _DIRECTORY
    arguments = {
        argument.name.value: argument.value
        for argument in node.arguments or ()
        if argument.name.value in {"search", "filter", "siteId"}
    }
    return Scan(rows, pages, counts, arguments, defaults)


def _value(node: ValueNode | None, variables: Mapping[str, Any], defaults: Defaults) -> Any:
    """The value as JSON has it, unchecked: enough to see whether anything is given."""
    if node is None or isinstance(node, NullValueNode):
        return None
    if isinstance(node, VariableNode):
        name = node.name.value
        return variables[name] if name in variables else _value(defaults[name], variables, defaults)
    if isinstance(node, ObjectValueNode):
        return {field.name.value: _value(field.value, variables, defaults) for field in node.fields}
    return value_from_ast_untyped(node)
