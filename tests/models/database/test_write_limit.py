"""How many changes may wait."""

import pytest

from models.database import write_limit
from models.database.write_limit import WriteLimit
from models.errors import Busy


def test_wait_is_unknown_until_batch_has_ended() -> None:
    assert WriteLimit(16).expected_wait_s(4_000) == 0


def test_expected_wait_is_that_of_batches_before() -> None:
    limit = WriteLimit(16)
    limit.add(0.02)

    assert limit.expected_wait_s(0) == 0
    assert limit.expected_wait_s(8_000) == pytest.approx(10)


def test_average_follows_times() -> None:
    limit = WriteLimit(1)
    limit.add(1.0)
    limit.add(2.0)
    assert limit.expected_wait_s(1) == pytest.approx(1.2)

    for _ in range(50):
        limit.add(0.01)
    assert limit.expected_wait_s(1) == pytest.approx(0.01, rel=0.01)


def test_change_that_would_wait_too_long_is_refused() -> None:
    limit = WriteLimit(16)
    limit.add(0.05)

    limit.check(3_200, timeout_s=10)
    with pytest.raises(Busy, match=r"^The server is busy\. Try again in a moment\.$") as raised:
        limit.check(3_201, timeout_s=10)
    assert raised.value.code == "UNAVAILABLE"


def test_changes_that_are_refused_together_are_to_come_back_at_different_times() -> None:
    limit = WriteLimit(16)
    limit.add(0.05)
    seconds = set()

    for _ in range(1_000):
        with pytest.raises(Busy) as raised:
            limit.check(3_201, timeout_s=10)
        seconds.add(raised.value.retry_after_s)

    assert seconds == set(range(1, 11))


def test_change_without_any_before_it_is_never_refused() -> None:
    limit = WriteLimit(16)
    limit.add(60)

    limit.check(0, timeout_s=0.001)


def test_number_of_waiting_changes_is_limited() -> None:
    limit = WriteLimit(16)

    limit.check(write_limit.MAX_WAITING - 1, timeout_s=10)
    with pytest.raises(Busy) as raised:
        limit.check(write_limit.MAX_WAITING, timeout_s=10)
    assert raised.value.retry_after_s == 1
