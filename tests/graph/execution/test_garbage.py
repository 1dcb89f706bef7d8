"""A request leaves nothing to the garbage collector, whose rounds stop the whole process."""

import gc
from collections import Counter

import pytest

from tests.support.api import Api
from tests.support.sessions import ON_SQLITE

OWN = ("graph", "models", "resolvers", "strawberry")
"""The first part of the names of the modules that are looked for: the client of the test leaves some, too."""

REQUESTS = 20


@ON_SQLITE
@pytest.mark.parametrize(
    "query",
    [
        "{ sites(first: 3) { totalCount nodes { name } } viewer { subject } }",
        '{ site(id: "Site:99") { name } }',
        "{ sites(first: 1000) { totalCount } }",
        'mutation { createPickupGroup(input: {siteId: "Site:99", name: ""}) { violations { rule } } }',
    ],
    ids=["answer", "nothing found", "error", "violations"],
)
async def test_request_leaves_no_cycles(api: Api, query: str) -> None:
    await api.answer(query)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for _ in range(REQUESTS):
            await api.answer(query)
        gc.collect()
        left = Counter(type(one).__qualname__ for one in gc.garbage if type(one).__module__.startswith(OWN))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()

    assert not [name for name, number in left.items() if number >= REQUESTS]
