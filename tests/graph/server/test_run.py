"""The times of the server's end."""

from graph.server.processes import STOP_S
from graph.server.run import DRAIN_S, NOTICE_S
from graph.shutdown import CANCELLED_S
from models.database.database import CHANGE_TIMEOUT_S
from models.database.postgres.connections import CLOSE_TIMEOUT_S

PROMISED_S = 10
SPARE_S = 1


def test_server_stops_in_the_time_that_is_promised() -> None:
    assert NOTICE_S + DRAIN_S + CLOSE_TIMEOUT_S + CANCELLED_S <= PROMISED_S - SPARE_S < STOP_S < PROMISED_S


def test_change_that_waits_when_the_server_stops_is_answered() -> None:
    assert CHANGE_TIMEOUT_S < DRAIN_S
