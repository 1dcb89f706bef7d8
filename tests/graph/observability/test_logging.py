"""Log lines: their formats and levels, and what they never hold."""

import json
import logging
import sys

import pytest
from graphql import GraphQLError, Source

from graph.errors import log_internal_error
from graph.observability.logging import ConsoleFormatter, JsonFormatter, configure_logging
from graph.observability.request_log import RequestLog
from graph.settings import LogFormat, Settings
from tests.support.telemetry import lines, logging_restored


def entry(**fields: object) -> logging.LogRecord:
    try:
        raise ZeroDivisionError("why")
    except ZeroDivisionError:
        error = sys.exc_info()
    record = logging.LogRecord("pickup.x", logging.INFO, "x.py", 1, "hello %s", ("you",), error)
    record.fields = fields
    return record


def test_json_line_holds_fields_and_traceback() -> None:
    line = JsonFormatter().format(entry(status=200, operation="Page"))

    read = json.loads(line)
    assert "\n" not in line
    assert read["message"] == "hello you"
    assert (read["level"], read["logger"]) == ("info", "pickup.x")
    assert (read["status"], read["operation"]) == (200, "Page")
    assert "ZeroDivisionError: why" in read["traceback"]
    assert read["time"].endswith("Z")


def test_lone_surrogate_can_be_logged() -> None:
    record = logging.LogRecord("pickup.x", logging.WARNING, "x.py", 1, "hello %s", ("\ud800",), None)

    assert json.loads(JsonFormatter().format(record))["message"] == "hello \ud800"


def test_console_line_holds_fields_and_traceback() -> None:
    line = ConsoleFormatter().format(entry(status=200)).splitlines()

    assert line[0][9:] == "info    hello you status=200"
    assert line[-1] == "ZeroDivisionError: why"


def test_graphql_error_is_logged_without_its_document(caplog: pytest.LogCaptureFixture) -> None:
    document = Source('{user(phone: "+15145550123"){id}}')

    try:
        raise GraphQLError("Unknown argument.", source=document, positions=[6])
    except GraphQLError as error:
        log_internal_error(error, "7")

    (record,) = caplog.records
    line = JsonFormatter().format(record)
    assert lines(caplog) == [{"request_id": "7", "places": [{"line": 1, "column": 7}]}]
    assert "GraphQLError: Unknown argument." in line
    assert "test_logging.py" in line
    assert "5550123" not in line


@pytest.mark.parametrize("formatter", [JsonFormatter(), ConsoleFormatter()])
def test_line_without_fields_or_error(formatter: logging.Formatter) -> None:
    record = logging.LogRecord("pickup.x", logging.WARNING, "x.py", 1, "plain", (), None)

    assert "plain" in formatter.format(record)
    assert "traceback" not in formatter.format(record)


def test_subject_and_operation_cannot_forge_a_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pickup.requests")
    record = RequestLog("1", kind="query", operation="A" * 200, subject="ann\n\x1b[31mroot\u2028")

    record.write()

    (line,) = lines(caplog)
    assert line["subject"] == "ann??[31mroot?"
    assert line["operation"] == "A" * 80


def test_request_is_not_logged_above_level_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "pickup.requests")

    RequestLog("1").write()

    assert caplog.records == []


@pytest.mark.parametrize(("log_format", "formatter"), [("json", JsonFormatter), ("console", ConsoleFormatter)])
def test_log_format_selects_the_formatter(log_format: LogFormat, formatter: type[logging.Formatter]) -> None:
    with logging_restored():
        configure_logging(Settings(log_format=log_format))
        found = [type(handler.formatter) for handler in logging.root.handlers]

    assert found == [formatter]


@pytest.mark.parametrize(
    ("log_level", "own", "libraries"),
    [
        ("debug", logging.DEBUG, logging.WARNING),
        ("info", logging.INFO, logging.WARNING),
        ("warning", logging.WARNING, logging.WARNING),
        ("error", logging.ERROR, logging.ERROR),
    ],
)
def test_libraries_log_warnings_and_errors_alone(log_level: str, own: int, libraries: int) -> None:
    with logging_restored():
        configure_logging(Settings(log_level=log_level))
        found = [
            logging.getLogger(name).getEffectiveLevel()
            for name in ("pickup.requests", "uvicorn.error", "websockets", "aiosqlite", "asyncpg", "tortoise")
        ]

    assert found == [own] + [libraries] * 5
