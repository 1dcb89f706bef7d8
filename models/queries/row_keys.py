"""The columns that are derived from others of a row: what uniqueness, orders and search compare.

Mutations, imports, `pickup check` and the migrations that derive keys again share these functions.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

import regex

from models.queries.search_text import search_key, sort_key
from models.user import MISSING_EXTENSION

WHITE_SPACE_RUN: Final = regex.compile(r"\p{White_Space}+")


def site_keys(name: str, main_number: str | None) -> tuple[str, str]:
    """Return the sort_key and search_key of a site."""
    return sort_key(name), search_key(name, main_number)


def user_keys(
    first_name: str, last_name: str, extension: str | None, phone_number: str | None, email: str | None
) -> tuple[str, int, str]:
    """Return the sort_key, extension_key and search_key of a user."""
    return (
        sort_key(last_name, first_name),
        int(extension) if extension else MISSING_EXTENSION,
        search_key(first_name, last_name, extension, phone_number, email),
    )


def group_keys(group: Mapping[str, Any]) -> dict[str, str]:
    """Return the name_key, sort_key and search_key of a group with these columns.

    Read columns that a migration has added with `group.get`: rows of an older schema lack them.
    """
    name = group["name"]
    return {"name_key": name_key(name), "sort_key": sort_key(name), "search_key": search_key(name)}


def name_key(name: str) -> str:
    """What the uniqueness of group names compares: the cleaned name without case, with single spaces and all accents.

    Names with the same key have the same sort and search keys, too.
    """
    caseless = unicodedata.normalize("NFC", name).casefold()
    return WHITE_SPACE_RUN.sub(" ", unicodedata.normalize("NFC", caseless))
