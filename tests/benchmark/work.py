"""The work of the benchmark: what the portal asks most often, and what costs most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.queries.search_text import sort_key
from tests.benchmark.data import HUGE, Directory, external_id, name_of

_GROUPS_OF_SITE = """site(id: $site) {
    name
    pickupGroups(first: 50) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { id name memberCount members(first: 10) { nodes { id displayName extension } } } }
    }
  }"""

GROUPS = f"query Groups($site: ID!) {{ {_GROUPS_OF_SITE} }}"

AVAILABLE = """
query Available($group: ID!, $search: String!) {
  pickupGroup(id: $group) {
    availableUsers(first: 50, search: $search) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { id displayName extension }
    }
  }
}"""

USERS = """
query Users($site: ID!, $after: String) {
  users(siteId: $site, first: 50, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id displayName extension stationType pickupStatus }
  }
}"""

PLACE = """
query Place($site: ID!, $user: String!) {
  users(siteId: $site, first: 1, filter: { externalIds: [$user] }) { edges { cursor } }
}"""
"""The cursor of one user in the list of USERS."""

GROUP = "query Group($group: ID!) { pickupGroup(id: $group) { id name version memberCount } }"

MEMBERS = """
mutation Members($input: SetPickupGroupMembersInput!) {
  setPickupGroupMembers(input: $input) {
    pickupGroup { id name memberCount }
    added { id displayName }
    removed { id displayName }
    violations { rule message path }
  }
}"""

VIEWER = f"query Viewer($site: ID!) {{ viewer {{ subject permissions }} {_GROUPS_OF_SITE} }}"

GRANTED_GROUPS = """
query GrantedGroups {
  pickupGroups(first: 50) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { id name memberCount site { id name } }
  }
}"""

GRANTED_USERS = """
query GrantedUsers {
  users(first: 50) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { id displayName extension stationType pickupStatus site { id name } }
  }
}"""

SHARED = """
query Shared($site: ID!) {
  users(siteId: $site, first: 20) {
    nodes { id displayName site { name users(first: 10) { nodes { id displayName } } } }
  }
}"""
"""Users, their site, the users of that site: one list under every row of another."""

DEEP = """
query Deep($group: ID!) {
  pickupGroup(id: $group) {
    members(first: 5) { nodes {
      displayName
      site { pickupGroups(first: 3) { nodes {
        name
        members(first: 5) { nodes { displayName pickupGroup { name members(first: 5) { nodes { displayName } } } } }
      } } }
    } }
  }
}"""

CHANGED_AT_ONCE = 64
"""Groups, each on a site of its own, that are changed in turn: more than there are connections."""

_GRANTED_SITES = 20
_NEW_MEMBERS = 20
_DEPTHS = (0, 10_000, 100_000, 190_000)


@dataclass(frozen=True)
class Work:
    """One piece of work: a document and the variables that it is sent with, in turn.

    `after`: the page begins after the user with this external id. `sites`: the external ids that the caller is
    granted, all if None. `least`: the share of the hand-written endpoint's requests per second that is promised; None
    if there is no such endpoint.
    """

    name: str
    query: str
    variables: Sequence[dict[str, Any]]
    least: float | None = None
    after: str | None = None
    sites: Sequence[str] | None = None


def all_work(directory: Directory) -> list[Work]:
    ordinary, big = {"site": "Site:100"}, {"site": f"Site:{directory.big_site}"}
    group = {"group": f"PickupGroup:{directory.group_of_big_site}"}
    unchanged = {"group": f"PickupGroup:{99 * directory.sites[0].groups + 1}"}
    granted = [f"s-{key}" for key in range(1, _GRANTED_SITES + 1)]
    return [
        Work("W1 groups, ordinary site", GROUPS, [ordinary], 0.5),
        Work("W1 groups, big site", GROUPS, [big], 0.5),
        Work("W2 search, big site", AVAILABLE, [{**group, "search": "mar"}], 0.8),
        *_deep_pages(directory),
        Work("W4 one group", GROUP, [unchanged], 0.5),
        Work("W5 set 20 members", MEMBERS, _changes(directory), 0.8),
        Work("W6 viewer and groups", VIEWER, [ordinary]),
        Work("W7 groups, 20 granted sites", GRANTED_GROUPS, [{}], sites=granted),
        Work("W7 users, 20 granted sites", GRANTED_USERS, [{}], sites=granted),
        Work("W8 users, site, users", SHARED, [ordinary]),
        Work("W8 five levels of rows", DEEP, [unchanged]),
    ]


def _deep_pages(directory: Directory) -> list[Work]:
    names = (name_of(number) for number in range(HUGE.users))
    first_key = sum(size.users for size in directory.sites) - HUGE.users + 1
    places = sorted((sort_key(last, first), key) for key, (first, last) in enumerate(names, first_key))
    site = {"site": f"Site:{directory.huge_site}"}
    return [
        Work(
            f"W3 users, {depth:,} deep",
            USERS,
            [site],
            0.5,
            after=external_id(places[depth - 1][1]) if depth else None,
        )
        for depth in _DEPTHS
    ]


def _changes(directory: Directory) -> list[dict[str, Any]]:
    """For the first group of each site one list of members, then for each another, some users in both."""
    inputs: list[tuple[dict[str, Any], ...]] = []
    for site in range(1, CHANGED_AT_ONCE + 1):
        group = f"PickupGroup:{(site - 1) * directory.sites[0].groups + 1}"
        users = [f"User:{key}" for key in directory.free_users(site)]
        lists = (users[:_NEW_MEMBERS], users[-_NEW_MEMBERS:])
        inputs.append(tuple({"input": {"id": group, "userIds": chosen}} for chosen in lists))
    return [one for round_ in zip(*inputs, strict=True) for one in round_]
