"""Root fields as a resolver is given them, without a document."""

from itertools import count

from models.caller import ANONYMOUS, Caller
from models.queries.arguments import PageArguments
from resolvers.json_query.root_field import RootField
from resolvers.json_query.selection import FieldSelection, SelectionSet

NAME_AFTER = FieldSelection("nameAfter", "name_after", "nameAfter")
CHANGES = FieldSelection("changes", "changes", "changes", {"Change": SelectionSet([NAME_AFTER])})
CREATED = FieldSelection("created", "created", "created", {"CreatePickupGroupPayload": SelectionSet([])})


_numbers = count(-1_000, -1)
"""Other than those of the server."""


def root_field(selection: FieldSelection, caller: Caller = ANONYMOUS, *, number: int | None = None) -> RootField:
    """The field with this selection, under this number or one of its own in the caches."""
    return RootField(selection, next(_numbers) if number is None else number, caller, [selection], [PageArguments()])
