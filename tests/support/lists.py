"""Every connection of the API, and rows for each of them: what the tests of lists walk through."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.user import StationType
from tests.support.api import Api
from tests.support.factories import make_group, make_site, make_user

Page = dict[str, Any]
Ids = Mapping[str, str]
"""Of what the connections hang on, by type."""

INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
PAGE = f"totalCount edges {{ cursor node {{ id }} }} nodes {{ id }} {INFO}"


@dataclass(frozen=True)
class Listed:
    """A connection: its field, on a row of the type `parent` or on the root, there perhaps with a siteId."""

    field: str
    row: str
    parent: str | None = None
    of_site: bool = False

    @property
    def orders(self) -> tuple[str, ...]:
        return {
            "Site": ("NAME",),
            "User": ("NAME", "EXTENSION"),
            "PickupGroup": ("NAME", "CREATED_AT", "UPDATED_AT"),
            "Change": (),
        }[self.row]

    @property
    def arguments(self) -> dict[str, str]:
        """The types of those that every list of such rows takes."""
        types = {"first": "Int", "after": "String", "last": "Int", "before": "String"}
        return types | ({"search": "String", "orderBy": f"{self.row}Order"} if self.orders else {})

    def text(self, ids: Ids, arguments: str, selection: str = PAGE) -> str:
        """The root field that asks for it."""
        own = f'siteId: "{ids["Site"]}"' if self.of_site else ""
        given = f"({own} {arguments})" if own or arguments else ""
        field = f"{self.field}{given} {{ {selection} }}"
        if self.parent is None:
            return field
        return f'{self.parent[0].lower()}{self.parent[1:]}(id: "{ids[self.parent]}") {{ {field} }}'

    def page_in(self, answered: Any) -> Page:
        """The page in what was answered to the root field."""
        page: Page = answered[self.field] if self.parent else answered
        return page

    def query(self, ids: Ids, selection: str = PAGE) -> str:
        """A query that takes every argument as a variable."""
        declared = ", ".join(f"${name}: {kind}" for name, kind in self.arguments.items())
        given = ", ".join(f"{name}: ${name}" for name in self.arguments)
        return f"query({declared}) {{ found: {self.text(ids, given, selection)} }}"

    async def page(self, api: Api, ids: Ids, **given: Any) -> Page:
        """A page with everything that can be known of it."""
        page = self.page_in((await api.ask(self.query(ids), **given))["found"])
        cursors = [edge["cursor"] for edge in page["edges"]]
        info = page["pageInfo"]
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        assert [info["startCursor"], info["endCursor"]] == ([cursors[0], cursors[-1]] if cursors else [None, None])
        return page

    async def refused(self, api: Api, ids: Ids, **given: Any) -> dict[str, Any]:
        """The error of a page that is refused: it fails the root field, and its message names the list."""
        error = await api.error(self.query(ids), **given)
        assert error["path"] == ["found"]
        assert error["message"].startswith(f"{self.field}("), error["message"]
        return error


CONNECTIONS = {
    "sites": Listed("sites", "Site"),
    "users": Listed("users", "User"),
    "users of site": Listed("users", "User", of_site=True),
    "Site.users": Listed("users", "User", "Site"),
    "pickupGroups": Listed("pickupGroups", "PickupGroup"),
    "pickupGroups of site": Listed("pickupGroups", "PickupGroup", of_site=True),
    "Site.pickupGroups": Listed("pickupGroups", "PickupGroup", "Site"),
    "Site.changes": Listed("changes", "Change", "Site"),
    "PickupGroup.changes": Listed("changes", "Change", "PickupGroup"),
    "members": Listed("members", "User", "PickupGroup"),
    "availableUsers": Listed("availableUsers", "User", "PickupGroup"),
}


async def make_directory(api: Api) -> Ids:
    """Seven rows or more in each list of a site and of a group, with ties in every order; less on another site."""
    site, other = await make_site("Montréal"), await make_site("montreal")
    for number in range(5):
        await make_site(f"Site {number % 2}")
    groups = [
        await make_group(site, name, created_at=f"2026-01-0{day}T00:00:00.000000Z")
        for name, day in (("Zeta", 1), ("alpha", 2), ("Alphà", 2), ("Ωmega", 3), ("beta 2", 3), ("Beta", 3), ("ß", 3))
    ]
    await make_group(other, "Alpha")
    names = [("Ann", "Lee"), ("ann", "LÉE"), ("Zoe", "Le"), ("Ann", "Le Blanc"), ("Ø", "Ång"), ("", "Lee"), ("Bo", "")]
    for group in (groups[0], None):
        for number, (first, last) in enumerate(names):
            extension = (None, "9", "100", "0100")[number % 4]
            await make_user(site, first, last, extension=extension, group=group)
    await make_user(site, "Fax", station=StationType.FAX)
    await make_user(other, "Ann")
    for number in range(7):
        await api.mutate("renamePickupGroup", "violations { rule }", id=groups[0].id, name=f"Zeta {number}")
    return {"Site": site.id, "PickupGroup": groups[0].id}
