"""Whole answers: the data of a query as one JSON text, which the database puts together in a single statement.

Rows and the objects made of them cost more than all else of a page. What is not covered here, and whatever was asked
for wrongly, is read by the loaders, which tell of it.

A statement's text is written once for all who ask for the like: for the same document with other ids, search terms and
cursors. What it depends on is called its form.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from models.caller import Caller
from models.pickup_group import PickupGroup
from models.queries.filters import SiteFilter, UserFilter
from models.queries.grants import granted, granted_sites, visible
from models.queries.json_text import JsonText, Pieces, Verbatim
from models.queries.lists import ALL_PICKUP_GROUPS, ALL_USERS, SITES
from models.queries.pages import goes_by_site
from models.queries.pagination import Condition, Listing, PageRequest, Window
from models.queries.statement import Asked, Dialect, Statement, Text
from models.queries.wanted import Branch, Varied, Wanted
from models.row import Row
from models.site import Site
from models.user import User
from resolvers.json_query.connection import Level, Parent, WholePage, columns, leaf, leaves
from resolvers.relations import LISTS_OF, ONE_OF, window_of

MOST_TEXTS = 1_000
"""Texts of SQL that are remembered; one has two or three kilobytes."""

MOST_ENTRIES = 200
"""Keys in one answer's text of SQL, and"""

DEEPEST = 3
"""rows within rows: SQLite bounds both."""

BY_KEY: dict[str, tuple[type[Row], str]] = {
    "site": (Site, "id"),
    "user": (User, "site_id"),
    "pickup_group": (PickupGroup, "site_id"),
}
"""The root fields that give one row, and the column that holds its site's key."""

LISTS: dict[str, Listing] = {"sites": SITES, "users": ALL_USERS, "pickup_groups": ALL_PICKUP_GROUPS}
"""The root fields that give a list."""

ROWS: dict[str, type[Row]] = {row.__name__: row for row in (Site, User, PickupGroup)}
"""The rows that can be told of."""

Keys = int | Sequence[int] | None
"""The key of a row, or those of several."""

_ALL = 2**31 - 1


class NotCovered(Exception):
    """The loaders have to read this one."""


def covers(names: Iterable[str]) -> bool:
    """Whether the root fields of those names can be told of in one statement."""
    return all(name in BY_KEY or name in LISTS or name == "__typename" for name in names)


_texts: OrderedDict[Hashable, Text | None] = OrderedDict()
"""By their forms; None where the loaders have to read. The least recently used is forgotten first.

A form names its shape by a number: it holds no document that everybody else has forgotten.
"""


def query_text(
    dialect: Dialect, caller: Caller, told: Sequence[tuple[str, str]], branches: Mapping[str, Branch], varied: Varied
) -> tuple[str, list[Any]] | None:
    """The statement for the root fields `told`, pairs of a key and a name, all of which are covered, with its values.

    None where the loaders have to read. Raises BadInput.
    """
    return _text(dialect, caller, varied, (), None, lambda whole: whole.of_query(told, branches))


def payload_text(
    dialect: Dialect, caller: Caller, type_name: str, wanted: Wanted, varied: Varied, keys: Mapping[str, Keys]
) -> tuple[str, list[Any]] | None:
    """The same for a payload without violations, given the keys of the rows that its branches lead to."""
    form = tuple(bool(found) if isinstance(found, Sequence) else found is None for found in keys.values())
    return _text(dialect, caller, varied, form, keys, lambda whole: whole.of_payload(type_name, wanted, keys))


def _text(
    dialect: Dialect,
    caller: Caller,
    varied: Varied,
    form: Hashable,
    keys: Mapping[str, Keys] | None,
    write: Callable[["WholeAnswer"], str],
) -> tuple[str, list[Any]] | None:
    forms = []
    owners: list[Any] = [caller, keys]
    for branch in varied.branches:
        arguments = branch.arguments
        page, chosen = arguments.get("page"), arguments.get("filter")
        owners += (branch, page, chosen)
        keyed = (arguments.get("key") is None, "site_key" in arguments)
        forms.append((keyed, page and page.form, chosen and chosen.form))
    whole_form = (varied.of, dialect, caller.sites is None, form, *forms)
    if whole_form in _texts:
        text = _texts[whole_form]
        _texts.move_to_end(whole_form)
    else:
        statement = Statement(dialect, owners)
        try:
            text = statement.text(write(WholeAnswer(statement, caller)))
        except NotCovered:
            text = None
        if varied.of is not None:
            _texts[whole_form] = text
        if len(_texts) > MOST_TEXTS:
            _texts.popitem(last=False)
    return None if text is None else (text.sql, text.values(owners))


class WholeAnswer:
    """Writes one statement, which gives the text under the name `answer`. Raises NotCovered and BadInput.

    Where it gives more than 0 `misfits`, a cursor is not of the list that it was given with.
    """

    def __init__(self, statement: Statement, caller: Caller) -> None:
        self._statement = statement
        self._caller = caller
        self._json = JsonText(statement.dialect)
        self._entries = 0
        self._depth = 0
        self._misfits: list[str] = []

    def of_query(self, told: Sequence[tuple[str, str]], branches: Mapping[str, Branch]) -> str:
        """The statement for the root fields `told`."""
        entries: list[tuple[str, Pieces]] = []
        for key, name in told:
            if name == "__typename":
                entries.append((key, [Verbatim('"Query"')]))
            elif name in BY_KEY:
                entries.append((key, self._by_key(branches[key])))
            else:
                entries.append((key, self._root_list(branches[key])))
        return self._statement_of(entries)

    def of_payload(self, type_name: str, wanted: Wanted, keys: Mapping[str, Keys]) -> str:
        """The statement for a payload without violations."""
        branches = {branch.key: branch for branch in wanted.branches}
        entries: list[tuple[str, Pieces]] = []
        for key, name in wanted.told:
            if name == "__typename":
                entries.append((key, [Verbatim(f'"{type_name}"')]))
            elif name == "violations":
                entries.append((key, [Verbatim("[]")]))
            elif key in branches:
                entries.append((key, self._rows(branches[key], name, keys)))
            else:
                raise NotCovered
        return self._statement_of(entries)

    def _rows(self, branch: Branch, name: str, keys: Mapping[str, Keys]) -> Pieces:
        """One row by its key, or null; or those of a list of keys, in its order."""
        ((type_name, wanted),) = branch.of.items()
        row = ROWS[type_name]
        asked = Asked(keys, lambda given: given[name])
        if keys[name] is None:
            return [Verbatim("null")]
        if isinstance(keys[name], int):
            return self._one(row, wanted, f"x.id = {self._statement.bind(asked)}", asked)
        if not keys[name]:
            return [Verbatim("[]")]
        level = Level(row, "row_0", many=True)
        told = self._json.join(self._json.list(self._told(level, wanted)))
        rows = f"SELECT {columns(row, [wanted])} FROM {self._statement.listed(asked)} "
        rows += f"JOIN {row.table()} AS x ON x.id = listed.key ORDER BY listed.place"
        # With a limit, since an order without one may be left out of a subquery.
        return [f"(SELECT {told} FROM ({rows} LIMIT {_ALL}) AS row_0)"]

    def _statement_of(self, entries: Iterable[tuple[str, Pieces]]) -> str:
        answer = self._json.join(self._json.object(entries))
        return f"SELECT {answer} AS answer, {' + '.join(self._misfits) or '0'} AS misfits"

    def _by_key(self, branch: Branch) -> Pieces:
        if branch.arguments["key"] is None:
            return [Verbatim("null")]
        row, site_column = BY_KEY[branch.name]
        key = Asked(branch, lambda one: one.arguments["key"])
        condition = f"x.id = {self._statement.bind(key)}"
        if self._caller.sites is not None:
            condition += f" AND {granted(self._statement, self._caller, f'x.{site_column}')}"
        return self._one(row, branch.wanted, condition, key)

    def _one(
        self, row: type[Row], wanted: Wanted, condition: str, key: Asked | None = None, *, shared: bool = False
    ) -> Pieces:
        level = Level(row, f"row_{self._depth}", key, shared=shared)
        told = self._json.join(self._told(level, wanted))
        source = f"(SELECT {columns(row, [wanted])} FROM {row.table()} AS x WHERE {condition})"
        return [f"coalesce((SELECT {told} FROM {source} AS {level.name}), 'null')"]

    def _root_list(self, branch: Branch) -> Pieces:
        request: PageRequest = branch.arguments["page"]
        chosen: SiteFilter | UserFilter | None = branch.arguments.get("filter")
        conditions: list[Condition] = [*chosen.conditions] if chosen is not None else []
        if branch.name == "sites":
            conditions = [visible(self._caller, "id"), *conditions]
            return self._connection(branch, Window(SITES, request, conditions), None)
        listing = LISTS[branch.name]
        if "site_key" in branch.arguments:
            if self._caller.sites is not None:
                conditions.append(visible(self._caller, "site_id"))
            parent = Parent(key=Asked(branch, lambda one: one.arguments["site_key"] or 0))
            return self._connection(branch, Window(listing, request, conditions), parent)
        window = Window(listing, request, conditions)
        if granted_sites(self._caller) is not None or goes_by_site(self._statement.dialect, window):
            raise NotCovered
        return self._connection(branch, window, None)

    def _told(self, level: Level, wanted: Wanted) -> Pieces:
        self._entries += len(wanted.told)
        if self._entries > MOST_ENTRIES:
            raise NotCovered
        if not wanted.branches:
            return [leaves(self._statement.dialect, level.row, level.name, wanted.told)]
        branches = {branch.key: branch for branch in wanted.branches}
        return self._json.object(
            (
                key,
                self._branch(level, branches[key])
                if key in branches
                else leaf(self._json, level.row, level.name, name),
            )
            for key, name in wanted.told
        )

    def _branch(self, level: Level, branch: Branch) -> Pieces:
        kind = (level.row, branch.name)
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotCovered
        if kind in ONE_OF:
            row, column = ONE_OF[kind]
            shared = level.many or level.shared
            pieces = self._one(row, branch.wanted, f"x.id = {level.name}.{column}", shared=shared)
        elif kind in LISTS_OF and LISTS_OF[kind][0].row in ROWS.values():
            listing, column = LISTS_OF[kind]
            if level.shared or (level.many and column != "key"):
                # It would be read once for each of the rows that share it.
                raise NotCovered
            window = window_of(listing, branch)
            pieces = self._connection(branch, window, self._parent(level, column, window))
        else:
            raise NotCovered
        self._depth -= 1
        return pieces

    def _parent(self, level: Level, column: str, window: Window) -> Parent:
        sql = f"{level.name}.{column}"
        if column == "key":
            return Parent(sql, level.key)
        if level.key is None:
            return Parent(sql)
        # Its key is not known yet, but can be found by that of the row.
        key = f"SELECT {level.row.expression(column)} FROM {level.row.table()} AS x WHERE x.id = "
        return Parent(sql, level.key, key)

    def _connection(self, branch: Branch, window: Window, parent: Parent | None) -> Pieces:
        places = window.asked_places(of_parent=parent is not None)
        if parent is not None:
            self._misfits += [self._misfit(parent, told) for told in window.asked_parents()]
        ((type_name, wanted),) = branch.of.items()
        page = WholePage(self._json, self._statement, self._told, window, parent, places, wanted, f"row_{self._depth}")
        pieces = self._json.object((key, page.entry(key, name, type_name)) for key, name in wanted.told)
        if not page.has_rows:
            return pieces
        return [f"(SELECT {self._json.join(pieces)} FROM {page.rows()} AS row_{self._depth})"]

    def _misfit(self, parent: Parent, told: Asked) -> str:
        """1 where a cursor is not of the list of that parent, else 0."""
        if parent.key is None:
            raise NotCovered
        key = self._statement.number(parent.key)
        if parent.found:
            key = f"({parent.found}{key})"
        return f"CASE WHEN {key} <> {self._statement.number(told)} THEN 1 ELSE 0 END"
