"""Many administrators, several workers, one site: every answer agrees with the change log."""

import time

import pytest

from tests.support.administrators import Crowd
from tests.support.change_log import check_history
from tests.support.processes import served
from tests.system.resilience.conftest import FULL, Record

CLIENTS = 32
CALLS = 6_000 if FULL else 600

pytestmark = pytest.mark.slow


async def test_conflicting_mutations_leave_gapless_changes(url: str, crowd: Crowd, record_property: Record) -> None:
    async with served(url, workers=4) as server:
        began = time.perf_counter()
        await crowd.act(server.address, CLIENTS, lambda: len(crowd.calls) < CALLS)
        seconds = time.perf_counter() - began
        await server.stop()

    assert crowd.codes == {}
    changes = await check_history(url, crowd)
    record_property("figure", f"{crowd.figures(seconds)}; {changes} changes, {crowd.violations.total()} broken rules")
    assert {call.mutation for call in crowd.calls if call.payload and not call.payload["violations"]} == {
        "createPickupGroup",
        "renamePickupGroup",
        "setPickupGroupMembers",
        "addPickupGroupMembers",
        "removePickupGroupMembers",
        "deletePickupGroup",
    }
