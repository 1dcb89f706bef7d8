"""A route outside GraphQL that raises."""

import pytest


@pytest.fixture
def broken_metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets /metrics raise."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/no/such/folder")
