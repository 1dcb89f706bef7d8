"""What tests of resolvers share."""

import pytest

from tests.support.api import Api
from tests.support.lists import BY_ROWS


@pytest.fixture
def api(request: pytest.FixtureRequest, api: Api) -> Api:
    """The server, asked in one of the ways of `BOTH_WAYS`."""
    if getattr(request, "param", None) == "rows":
        api.beside = BY_ROWS
    return api
