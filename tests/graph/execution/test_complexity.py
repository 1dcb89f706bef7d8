"""What a query costs, counted in values, and how deep it goes."""

from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, get_introspection_query, parse, validate

from graph.execution.complexity import CEILING, Cost, cost_of
from graph.schema import schema
from graph.settings import Settings

CORE = schema._schema
DEFAULTS = Settings()

FIELDS_OF_A_USER = """
  id externalId firstName lastName displayName extension phoneNumber email
  stationType bargeInExempt pickupStatus
"""


def counted(query: str) -> Cost:
    document = parse(query)
    assert validate(CORE, document) == []
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return cost_of(operation, fragments, CORE)


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{viewer{subject}}", {}, 2),
        ("{viewer{subject permissions}}", {}, 2 + 25),
        ("{sites{totalCount}}", {}, 1_000 + 2 + 500),
        ("{sites{nodes{id}}}", {}, 1_000 + 2 + 25),
        ("{sites(first: 10){nodes{id}}}", {}, 1_000 + 2 + 10),
        ("{sites(first: null){nodes{id}}}", {}, 1_000 + 2 + 25),
        ("{sites(first: 0){nodes{id}}}", {}, 1_000 + 2),
        ("{sites(last: 10){nodes{id}}}", {}, 1_000 + 2 + 10),
        ("{sites(first: 1000){nodes{id}}}", {}, 1_000 + 2 + 100),
        ("{sites(first: 10){edges{cursor node{id}}}}", {}, 1_000 + 2 + 10 * 3),
        ("{sites(first: 10){edges{cursor} nodes{id}}}", {}, 1_000 + 3 + 10 * 2),
        ("query($n: Int){sites(first: $n){nodes{id}}}", {"n": 10}, 1_000 + 2 + 10),
        ("query($n: Int){sites(first: $n){nodes{id}}}", {"n": None}, 1_000 + 2 + 25),
        ("query($n: Int){sites(first: $n){nodes{id}}}", {"n": -5}, 1_000 + 2),
        ("query($n: Int){sites(first: $n){nodes{id}}}", {"n": 9e99}, 1_000 + 2 + 100),
        ("query($n: Int){sites(first: $n){nodes{id}}}", {"n": "x"}, 1_000 + 2 + 1),
        ("query($n: Int){sites(first: $n){nodes{id}}}", {}, 1_000 + 2 + 25),
        ("query($n: Int = 7){sites(first: $n){nodes{id}}}", {}, 1_000 + 2 + 7),
        ("query($n: Int = null){sites(first: $n){nodes{id}}}", {}, 1_000 + 2 + 25),
        ("query($a: Int, $b: Int){sites(first: $a, last: $b){nodes{id}}}", {"a": 3, "b": 9}, 1_000 + 2 + 9),
        (
            "query($n: Int){a: sites(first: 2){nodes{id}} b: sites(first: $n){nodes{id}}}",
            {"n": 4},
            2_000 + 4 + 6,
        ),
        ('{nodes(ids: ["a", "b", "c"]){id}}', {}, 1 + 3),
        ('{nodes(ids: "a"){id}}', {}, 1 + 1),
        ("{nodes(ids: 5){id}}", {}, 1 + 1),
        (f"{{nodes(ids: {'9' * 5_000}){{id}}}}", {}, 1 + 1),
        (f"query($i: [ID!]! = {'9' * 5_000}){{nodes(ids: $i){{id}}}}", {}, 1 + 1),
        ("query($i: [ID!]!){nodes(ids: $i){id}}", {"i": ["a", "b"]}, 1 + 2),
        ("query($i: [ID!]!){nodes(ids: $i){id}}", {"i": "a"}, 1 + 1),
        ("query($i: [ID!]! = [1, 2]){nodes(ids: $i){id}}", {}, 1 + 2),
        (
            'query($n: Int){nodes(ids: ["a", "b"]){... on Site{users(first: $n){nodes{id}}}}}',
            {"n": 3},
            1_000 + 11,
        ),
        ("{sites(first: 3){nodes{users(first: 4){nodes{id}}}}}", {}, 2_000 + 2 + 3 * (2 + 4)),
        (
            "query($n: Int){sites(first: 3){nodes{users(first: $n){nodes{id}}}}}",
            {"n": 4},
            2_000 + 2 + 3 * (2 + 4),
        ),
        (
            "query($n: Int){sites(first: 3){edges{node{users(first: $n){nodes{id}}}}}}",
            {"n": 4},
            2_000 + 2 + 3 * 7,
        ),
        ("query($n: Int){site(id: 1){users(first: $n){nodes{id}}}}", {"n": 4}, 1_000 + 3 + 4),
        ("{...F} fragment F on Query{sites(first: 3){nodes{id}}}", {}, 1_000 + 2 + 3),
        ("{...F ...F} fragment F on Query{sites(first: 3){nodes{id}}}", {}, 2 * (1_000 + 2 + 3)),
        (
            "query($n: Int){sites(first: $n){...F}} fragment F on SiteConnection{totalCount nodes{id}}",
            {"n": 5},
            1_000 + 3 + 500 + 5,
        ),
        (
            """
            query($n: Int, $m: Int){sites(first: $n){...F}}
            fragment F on SiteConnection{nodes{...on Site{users(first: $m){nodes{id}}}}}
            """,
            {"n": 5, "m": 2},
            2_000 + 2 + 5 * 4,
        ),
        ('mutation{deletePickupGroup(input: {id: "x"}){deletedId violations{message}}}', {}, 1_000 + 3 + 25),
        ("{__typename}", {}, 1),
        ('{__type(name: "Site"){name fields{name}}}', {}, 1 + 4 * (1 + 1 + 3)),
    ],
)
def test_cost_counts_values_and_1000_per_statement(query: str, variables: dict[str, Any], cost: int) -> None:
    assert counted(query).of(variables) == cost


BY_FILTER = "query($f: UserFilter){users(siteId: 1, filter: $f){%s}}"
BY_TYPES = "query($t: [StationType!]){users(siteId: 1, filter: {stationTypes: $t}){totalCount}}"
COUNT, SEARCH = 500, 5_000
COUNT_ALL, SEARCH_ALL = 2_000, 20_000


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{site(id: 1){users{totalCount}}}", {}, 3 + COUNT),
        ("{site(id: 1){users{a: totalCount b: totalCount}}}", {}, 4 + 2 * COUNT),
        ("{site(id: 1){users{...C ...C}}} fragment C on UserConnection{totalCount}", {}, 4 + 2 * COUNT),
        ("{site(id: 1){users{__typename pageInfo{hasNextPage}}}}", {}, 5),
        ('{site(id: 1){users(search: "x"){totalCount}}}', {}, 3 + SEARCH),
        ('{site(id: 1){users(search: "x"){pageInfo{hasNextPage}}}}', {}, 4 + SEARCH),
        ('{site(id: 1){users(search: "x"){totalCount pageInfo{hasNextPage}}}}', {}, 5 + 2 * SEARCH),
        ('{site(id: 1){users(search: ""){totalCount}}}', {}, 3 + COUNT),
        ("{site(id: 1){users(search: null, filter: null){totalCount}}}", {}, 3 + COUNT),
        ("{site(id: 1){users(filter: {stationTypes: [FAX]}){totalCount}}}", {}, 3 + SEARCH),
        ("{site(id: 1){users(filter: {pickupStatus: AVAILABLE}){pageInfo{endCursor}}}}", {}, 4 + COUNT),
        ('{site(id: 1){users(filter: {externalIds: ["a"]}, search: "x"){totalCount}}}', {}, 3 + COUNT),
        ("{site(id: 1){pickupGroups{totalCount} changes{totalCount}}}", {}, 5 + 2 * COUNT),
        ('{pickupGroup(id: 1){members(search: "x"){totalCount}}}', {}, 3 + 100),
        ("{pickupGroup(id: 1){members{totalCount}}}", {}, 3 + 10),
        ('{pickupGroup(id: 1){availableUsers(search: "x"){totalCount}}}', {}, 3 + SEARCH),
        ("{users{totalCount}}", {}, 2 + COUNT_ALL),
        ('{pickupGroups(search: "x"){totalCount}}', {}, 2 + SEARCH_ALL),
        ('{users(siteId: 1, search: "x"){totalCount}}', {}, 2 + SEARCH),
        ("query($i: ID){users(siteId: $i){totalCount}}", {"i": "Site:1"}, 2 + COUNT),
        ("query($i: ID){users(siteId: $i){totalCount}}", {"i": None}, 2 + COUNT_ALL),
        ("query($i: ID){users(siteId: $i){totalCount}}", {}, 2 + COUNT_ALL),
        ("query($s: String){users(siteId: 1, search: $s){totalCount}}", {"s": "x"}, 2 + SEARCH),
        ("query($s: String){users(siteId: 1, search: $s){totalCount}}", {"s": ""}, 2 + COUNT),
        ("query($s: String){users(siteId: 1, search: $s){totalCount}}", {}, 2 + COUNT),
        ('query($s: String = "x"){users(siteId: 1, search: $s){totalCount}}', {}, 2 + SEARCH),
        (
            BY_FILTER % "totalCount",
            {"f": {"stationTypes": ["FAX"]}},
            2 + SEARCH,
        ),
        (
            BY_FILTER % "pageInfo{endCursor}",
            {"f": {"externalIds": ["a"]}},
            3 + COUNT,
        ),
        (BY_FILTER % "totalCount", {"f": "wrong"}, 2 + COUNT),
        (
            BY_TYPES,
            {"t": ["FAX"]},
            2 + SEARCH,
        ),
        (BY_TYPES, {}, 2 + COUNT),
    ],
)
def test_cost_counts_rows_that_a_list_reads(query: str, variables: dict[str, Any], cost: int) -> None:
    counted_cost = counted(query)

    assert counted_cost.of(variables) - 1_000 * counted_cost.statements == cost


@pytest.mark.parametrize(("variables", "search"), [("", '"x"'), ("($s: String)", "$s")])
def test_cost_counts_rows_that_a_list_reads_for_each_parent(variables: str, search: str) -> None:
    available = f"availableUsers(search: {search}){{totalCount}}"

    cost = counted(f"query{variables}{{pickupGroups(first: 100){{nodes{{{available}}}}}}}")

    assert cost.of({"s": "x"}) == 2_000 + 2 + 100 * (2 + SEARCH)
    assert cost.of({"s": "x"}) > DEFAULTS.max_cost


def test_cost_allows_counts_of_100_sites() -> None:
    cost = counted("{sites(first: 100){nodes{name users{totalCount} pickupGroups{totalCount}}}}")

    assert cost.of({}) == 3_000 + 2 + 100 * (5 + 2 * COUNT)
    assert cost.of({}) < DEFAULTS.max_cost * 0.6


def test_cost_allows_search_of_everything() -> None:
    lists = ("sites", "users", "pickupGroups")
    searched = [f"{name}(search: $s, first: 10){{totalCount nodes{{id}}}}" for name in lists]

    assert counted(f"query($s: String){{{' '.join(searched)}}}").of({"s": "x"}) < DEFAULTS.max_cost / 2


def test_fields_count_fragments_wherever_they_are_spread() -> None:
    aliases = " ".join(f"a{number}: site(id: 1){{...F}}" for number in range(150))
    fields = " ".join(f"f{number}: name" for number in range(960))

    assert counted(f"{{{aliases}}} fragment F on Site{{{fields}}}").fields == 150 * 961


def test_depth_counts_fields_through_fragments() -> None:
    assert counted("{viewer{subject}}").depth == 2
    assert counted("{...{sites{...F}}} fragment F on SiteConnection{nodes{...on Site{id}}}").depth == 3


def test_depth_ignores_introspection() -> None:
    assert counted("{viewer{subject} __schema{types{fields{type{ofType{ofType{ofType{name}}}}}}}}").depth == 2


def test_cost_allows_longest_introspection_query() -> None:
    query = get_introspection_query(
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )

    cost = counted(query)

    assert cost.depth <= DEFAULTS.max_depth
    assert cost.of({}) < DEFAULTS.max_cost * 2 / 3


def test_cost_allows_page_of_portal() -> None:
    cost = counted(
        """
        query Page($id: ID!) {
          site(id: $id) {
            name
            pickupGroups(first: 50) {
              totalCount
              pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
              edges {
                cursor
                node { id name memberCount members(first: 10) { nodes { id displayName extension } } }
              }
            }
          }
        }
        """
    )

    assert (cost.depth, cost.fields) == (7, 20)
    assert cost.of({}) == 2_000 + 500 + 1 + 1 + 1 + 1 + 1 + 4 + 1 + 50 * (1 + 1 + 3 + 1 + 1 + 10 * 3)


def test_cost_allows_100_groups_of_100_members() -> None:
    cost = counted(
        """
        {
          site(id: 1) {
            pickupGroups(first: 100) {
              pageInfo { endCursor hasNextPage }
              edges {
                cursor
                node {
                  id name version memberCount createdAt updatedAt
                  members(first: 100) { totalCount edges { cursor node { ...All pickupGroup { id } } } }
                }
              }
            }
          }
        }
        """
        f"fragment All on User {{ {FIELDS_OF_A_USER} }}"
    )

    assert 100 * 100 * 12 < cost.of({}) < DEFAULTS.max_cost


@pytest.mark.parametrize("items", ["nodes{%s}", "edges{node{%s}}"])
@pytest.mark.parametrize("size", ["100", "$n"])
def test_cost_rejects_three_levels_of_100(items: str, size: str) -> None:
    groups = items % f"members(first: {size}){{{items % 'id'}}}"
    sites = items % f"pickupGroups(first: {size}){{{groups}}}"

    cost = counted(f"query($n: Int = 100){{sites(first: $n){{{sites}}}}}")

    assert cost.of({}) > 5 * DEFAULTS.max_cost


@pytest.mark.parametrize("size", ["2", "$n"])
def test_cost_of_doubling_fragments_is_counted_in_linear_time(size: str) -> None:
    levels = 150
    fragments = [
        f"fragment F{i} on Query{{a{i}: sites(first: {size}){{nodes{{id}}}} ...F{i + 1} ...F{i + 1}}}"
        for i in range(levels)
    ]
    query = "query($n: Int = 2){again: sites(first: $n){totalCount} ...F0}"

    cost = counted(f"{query} {' '.join(fragments)} fragment F{levels} on Query{{x: __typename}}")

    assert cost.of({}) == CEILING
