"""JSON as text that the database puts together: values, objects and lists, in the words of its dialect."""

from collections.abc import Iterable, Sequence

from models.queries.statement import Dialect


class Verbatim(str):
    """A piece of JSON as it is; any other piece is SQL that gives one."""

    __slots__ = ()


Pieces = list[str]
"""What makes up a JSON text, one after the other."""


class JsonText:
    """Writes JSON in SQL. Nothing that it writes is ever NULL."""

    def __init__(self, dialect: Dialect) -> None:
        self._sqlite = dialect == "sqlite"

    def text(self, value: str, *, nullable: bool = False) -> str:
        if self._sqlite:
            return f"json_quote({value})"
        return f"coalesce(to_json({value})::text, 'null')" if nullable else f"to_json({value})::text"

    def number(self, value: str) -> str:
        return f"({value})" if self._sqlite else f"({value})::text"

    def boolean(self, value: str) -> str:
        return f"CASE WHEN {value} THEN 'true' ELSE 'false' END"

    def object(self, entries: Iterable[tuple[str, Sequence[str]]]) -> Pieces:
        """Of keys that need no escapes, and the pieces of their values."""
        pieces: Pieces = []
        for key, value in entries:
            pieces += [Verbatim(f'{"," if pieces else "{"}"{key}":'), *value]
        return [*pieces, Verbatim("}" if pieces else "{}")]

    def list(self, item: Sequence[str], condition: str = "") -> Pieces:
        """The items of a group of rows, in the order in which it reads them; of those that the condition holds for."""
        one = self.join(item)
        if condition:
            one = f"CASE WHEN {condition} THEN {one} END"
        items = f"group_concat({one})" if self._sqlite else f"string_agg({one}, ',')"
        return [Verbatim("["), f"coalesce({items}, '')", Verbatim("]")]

    def cursor(self, listing: Sequence[str], place: Sequence[tuple[str, type]]) -> Pieces:
        """As `encode_cursor` does: of the pieces of the list's name, and columns with the types of their values."""
        values = [self.text(column) if kind is str else self.number(column) for column, kind in place]
        json = [Verbatim('["'), *listing, Verbatim('"'), *(one for value in values for one in (Verbatim(","), value))]
        text = self.join([*json, Verbatim("]")])
        digits = f"hex({text})" if self._sqlite else f"upper(encode(convert_to({text}, 'UTF8'), 'hex'))"
        return [Verbatim('"'), digits, Verbatim('"')]

    def join(self, pieces: Sequence[str]) -> str:
        """The pieces as one SQL expression, nested as little as can be: SQLite bounds the depth of one."""
        merged: list[str] = []
        verbatim = ""
        for piece in pieces:
            if isinstance(piece, Verbatim):
                verbatim += piece
                continue
            if verbatim:
                merged.append(_quoted(verbatim))
                verbatim = ""
            merged.append(piece)
        if verbatim:
            merged.append(_quoted(verbatim))
        return _joined(merged)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _joined(pieces: Sequence[str]) -> str:
    if len(pieces) <= _FLAT:
        return " || ".join(pieces)
    half = len(pieces) // 2
    return f"({_joined(pieces[:half])}) || ({_joined(pieces[half:])})"


_FLAT = 128
