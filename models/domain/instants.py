"""Instants as the database holds them: RFC 3339 text in UTC, always with microseconds, so that text sorts as time."""

from datetime import UTC, datetime


def now() -> str:
    return instant(datetime.now(UTC))


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
