"""What a request is prepared with."""

from typing import cast

import pytest

from graph.auth.authenticator import Identity
from graph.observability.request_log import RequestLog
from graph.schema import schema
from graph.settings import Settings
from graph.transport.parameters import parse_parameters
from graph.transport.requests import AppState, prepare_request
from models.caller import ANONYMOUS
from models.database.database import Database

USERS = "users(first: 100) { nodes { id firstName lastName extension } }"


@pytest.mark.parametrize(
    ("selected", "changes"),
    [
        ("revision", 100),
        # Each list costs 1,000 and four values for each of 100 users.
        (f"site {{ {' '.join(f'a{number}: {USERS}' for number in range(10))} }}", 14),
        (f"site {{ {' '.join(f'a{number}: {USERS}' for number in range(100))} }}", 1),
    ],
)
def test_changes_read_at_a_time_cost_no_more_than_one_answer_may(selected: str, changes: int) -> None:
    state = AppState(schema._schema, Settings())
    state.database = cast("Database", None)
    parameters = parse_parameters({"query": f'subscription {{ changes(siteId: "Site:1") {{ {selected} }} }}'})
    log = RequestLog("request", "/graphql")

    context = prepare_request(parameters, state, Identity(ANONYMOUS, None), "", log, {}).context

    assert context.changes_at_a_time == changes
