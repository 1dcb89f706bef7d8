"""From the arguments of a field, as GraphQL gives them, to those that a resolver takes."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLField, get_named_type

from graph.ids import decode_id, decode_key
from models.errors import N_, BadInput
from models.filters import SiteFilter, UserFilter
from models.paging import PageRequest

MOST_NODES = 100


def decode_arguments(definition: GraphQLField, values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by the names that resolvers know. Raises BadInput for too many ids."""
    known = definition.args
    decoded: dict[str, Any] = {}
    if "first" in known:
        decoded["page"] = _page_request(values, ordered="orderBy" in known)
    if "filter" in known:
        decoded["filter"] = _filter(get_named_type(known["filter"].type).name, values.get("filter"))
    if "siteId" in known and values.get("siteId") is not None:
        decoded["site_key"] = decode_key("Site", values["siteId"])
    if "ids" in known:
        decoded["nodes"] = [decode_id(one) for one in _few(values["ids"])]
    if "id" in known:
        decoded["node"] = decode_id(values["id"])
        decoded["key"] = decode_key(get_named_type(definition.type).name, values["id"])
    return decoded


def _page_request(values: Mapping[str, Any], *, ordered: bool) -> PageRequest:
    order = (values.get("orderBy") or {"field": "NAME"}) if ordered else {"field": "REVISION"}
    return PageRequest(
        first=values.get("first"),
        after=values.get("after"),
        last=values.get("last"),
        before=values.get("before"),
        search=values.get("search"),
        order=_name(order["field"]),
        descending=_name(order.get("direction", "ASC")) == "DESC",
    )


def _filter(name: str, values: Mapping[str, Any] | None) -> SiteFilter | UserFilter:
    given = values or {}
    if name == "SiteFilter":
        return SiteFilter(given.get("externalIds"))
    return UserFilter(given.get("externalIds"), given.get("stationTypes"), given.get("pickupStatus"))


def _name(value: Any) -> str:
    """The name of an enum's value, which graphql-core gives as the member or as its value."""
    name: str = getattr(value, "value", value)
    return name


def _few(ids: list[str]) -> list[str]:
    if len(ids) > MOST_NODES:
        raise BadInput(N_("ids has {number} ids, but one call takes at most {most}."), number=len(ids), most=MOST_NODES)
    return ids
