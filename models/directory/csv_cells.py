"""Cells that a spreadsheet would run as a formula, and the apostrophe before them that keeps it from doing so."""

import re

_FORMULA = re.compile(r"[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escape_cell(cell: str, *, excel: bool) -> str:
    """Return the cell as an export writes it.

    For Excel, an apostrophe goes before a formula. A cell that itself begins like an escaped one gets one more
    apostrophe in every export, since every import removes one.
    """
    if _ESCAPED.match(cell) or (excel and _FORMULA.match(cell)):
        return f"'{cell}"
    return cell


def unescape_cell(cell: str) -> str:
    """Return the cell as it was before `escape_cell`."""
    return cell[1:] if _ESCAPED.match(cell) else cell
