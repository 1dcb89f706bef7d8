"""The work of the benchmark: what the portal asks, most often and at its worst."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from models.queries.cursors import encode_cursor
from models.queries.search_text import sort_key
from tests.benchmark.data import HUGE, Directory, name_of

GROUPS = """
query Groups($site: ID!) {
  site(id: $site) {
    name
    pickupGroups(first: 50) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { id name memberCount members(first: 10) { nodes { id displayName extension } } } }
    }
  }
}"""

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

CHANGED_AT_ONCE = 16
"""Groups, each on a site of its own, that the connections change."""

_NEW_MEMBERS = 20
_DEPTHS = (0, 10_000, 100_000, 190_000)


@dataclass(frozen=True)
class Work:
    """One piece of work: for each connection the variables that it asks with, in turn.

    `least` is the share of the floor's requests a second that is held to.
    """

    name: str
    query: str
    variables: Sequence[Sequence[dict[str, Any]]]
    least: float

    @property
    def floor(self) -> str:
        """The path of the hand-written endpoint."""
        return "/" + self.query.split("(", 1)[0].split()[-1].lower()

    def bodies(self) -> list[list[bytes]]:
        return [[orjson.dumps({"query": self.query, "variables": one}) for one in each] for each in self.variables]


def all_work(directory: Directory) -> list[Work]:
    ordinary, big = "Site:100", f"Site:{directory.big_site}"
    group = f"PickupGroup:{directory.group_of_big_site}"
    return [
        Work("W1 groups, ordinary site", GROUPS, [[{"site": ordinary}]], 0.5),
        Work("W1 groups, big site", GROUPS, [[{"site": big}]], 0.5),
        Work("W2 search, big site", AVAILABLE, [[{"group": group, "search": "mar"}]], 0.8),
        *_deep(directory),
        Work("W4 one group", GROUP, [[{"group": "PickupGroup:500"}]], 0.5),
        Work("W5 set 20 members", MEMBERS, [_changes(directory, site) for site in range(1, CHANGED_AT_ONCE + 1)], 0.8),
    ]


def _deep(directory: Directory) -> list[Work]:
    names = (name_of(number) for number in range(HUGE.users))
    first_key = sum(size.users for size in directory.sites) - HUGE.users + 1
    places = sorted((sort_key(last, first), key) for key, (first, last) in enumerate(names, first_key))
    site = directory.huge_site
    return [
        Work(
            f"W3 users, {depth:,} deep",
            USERS,
            [[{"site": f"Site:{site}", "after": encode_cursor(f"users:{site}:+NAME", places[depth - 1])}]]
            if depth
            else [[{"site": f"Site:{site}"}]],
            0.5,
        )
        for depth in _DEPTHS
    ]


def _changes(directory: Directory, site: int) -> list[dict[str, Any]]:
    """Two lists of members in turn for the first group of a site, some users in both."""
    group = f"PickupGroup:{(site - 1) * directory.sites[0].groups + 1}"
    users = [f"User:{key}" for key in directory.free_users(site)]
    lists = (users[:_NEW_MEMBERS], users[-_NEW_MEMBERS:])
    return [{"input": {"id": group, "userIds": chosen}} for chosen in lists]
