"""From the arguments of a field, as GraphQL gives them, to those that a resolver takes."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from graphql import GraphQLField, get_named_type

from graph.schema.ids import decode_id, decode_key
from models.errors import N_, BadInput
from models.queries.filters import SiteFilter, UserFilter
from models.queries.pagination import PageRequest

MOST_NODES = 100


Decode = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Makes the arguments by the names that resolvers know. Raises BadInput for too many ids."""


def decoder_of(definition: GraphQLField) -> Decode:
    """What decodes the arguments of one field."""
    known = definition.args
    steps: dict[str, Callable[[Mapping[str, Any]], Any]] = {}
    if "first" in known:
        steps["page"] = partial(_page_request, ordered="orderBy" in known)
    if "filter" in known:
        steps["filter"] = partial(_filter, get_named_type(known["filter"].type).name)
    if "ids" in known:
        steps["nodes"] = lambda values: [decode_id(one) for one in _few(values["ids"])]
    if "id" in known and get_named_type(definition.type).name == "Node":
        steps["node"] = lambda values: decode_id(values["id"])
    elif "id" in known:
        type_name = get_named_type(definition.type).name
        steps["key"] = lambda values: decode_key(type_name, values["id"])

    def decode(values: Mapping[str, Any]) -> dict[str, Any]:
        decoded = {name: step(values) for name, step in steps.items()}
        # One that is not given is no site that is not found.
        if values.get("siteId") is not None:
            decoded["site_key"] = decode_key("Site", values["siteId"])
        return decoded

    return decode


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


def _filter(name: str, values: Mapping[str, Any]) -> SiteFilter | UserFilter:
    given = values.get("filter") or {}
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
