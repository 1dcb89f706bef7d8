"""Root fields as a resolver is given them, without a document."""

from models.caller import ANONYMOUS, Caller
from models.queries.arguments import PageArguments
from resolvers.json_query.root_field import RootField
from resolvers.json_query.selection import FieldSelection, SelectionSet

NAME_AFTER = FieldSelection("nameAfter", "name_after", "nameAfter")
CHANGES = FieldSelection("changes", "changes", "changes", {"Change": SelectionSet([NAME_AFTER])})
CREATED = FieldSelection("created", "created", "created", {"CreatePickupGroupPayload": SelectionSet([])})


def root_field(selection: FieldSelection, caller: Caller = ANONYMOUS, *, number: int | None = None) -> RootField:
    """The field with this selection, which a cache keeps if it is given a number of its own."""
    return RootField(selection, number, caller, [selection], [PageArguments()])
