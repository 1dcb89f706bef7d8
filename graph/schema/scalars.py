"""The scalar that GraphQL lacks: instants."""

from typing import NewType

import strawberry

DateTime = NewType("DateTime", str)

DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="An instant in UTC as RFC 3339 writes it, with microseconds, e.g. 2026-11-22T21:12:00.000000Z.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=str,
)
