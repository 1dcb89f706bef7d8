"""The settings of the server, read from the environment once, at the start."""

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from models.database.url import DatabaseURLError, parse_database_url

LogFormat = Literal["console", "json"]

_ON = {"on", "true", "yes", "1"}
_OFF = {"off", "false", "no", "0"}
_LEVELS = ("debug", "info", "warning", "error")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", re.IGNORECASE)


class SettingsError(Exception):
    """A setting has a wrong value: one line with the variable's name and what it takes, never the value."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One attribute for each `PICKUP_…` variable.

    Secrets, and addresses that may hold one, are left out of `repr`.
    """

    database_url: str = field(default="sqlite://pickup.sqlite3", repr=False)
    replica_url: str | None = field(default=None, repr=False)
    """A PostgreSQL replica that queries may be read from; changes always go to `database_url`."""
    jwt_secret: str | None = field(default=None, repr=False)
    jwks_file: Path | None = None
    jwks_url: str | None = field(default=None, repr=False)
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    cors_origins: tuple[str, ...] = ()
    max_depth: int = 15
    """Fields below one another in a query. The portal's pages need 7."""
    max_cost: int = 200_000
    """Values in one answer, with 1,000 more for each list and each mutation; `graph.execution.complexity` counts them.
    A page of 100 groups with 100 members each, every field of them selected, stays below."""
    max_tokens: int = 5_000
    """Words and marks of a document. The longest introspection query has under 400."""
    max_body_bytes: int = 1_048_576
    query_timeout_s: float = 30.0
    introspection: bool = True
    graphiql: bool = True
    metrics: bool = True
    default_region: str | None = None
    log_format: LogFormat = "json"
    log_level: str = "info"

    @property
    def is_open(self) -> bool:
        """Without a key nobody can sign in: everybody may do everything, from this computer alone."""
        return not (self.jwt_secret or self.jwks_file or self.jwks_url)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """An unset or empty variable means its default. Raises SettingsError."""
        values: dict[str, Any] = {}
        for name, read, takes in _VARIABLES:
            variable = f"PICKUP_{name.upper()}"
            text = environment.get(variable, "").strip()
            if not text:
                continue
            try:
                values[name] = read(text)
            except DatabaseURLError as error:
                raise SettingsError(f"{variable}: {error}.") from None
            except ValueError:
                raise SettingsError(f"{variable} takes {takes}.") from None
        values.setdefault("log_format", "console" if sys.stderr.isatty() else "json")
        return cls(**values)


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError
        return number

    return read


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= 600:
        raise ValueError
    return seconds


def _switch(text: str) -> bool:
    if text.lower() not in _ON | _OFF:
        raise ValueError
    return text.lower() in _ON


def _database(text: str) -> str:
    parse_database_url(text)
    return text


def _replica(text: str) -> str:
    if parse_database_url(text).dialect != "postgres":
        raise ValueError
    return text


def _secret(text: str) -> str:
    if len(text.encode()) < 32:
        raise ValueError
    return text


def _key_file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError
    return path


def _key_url(text: str) -> str:
    """Keys that came over a network without TLS could be anybody's; this computer's own are trusted."""
    parts = urlsplit(text)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not parts.hostname or not safe:
        raise ValueError
    return text


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(origin.strip().rstrip("/").lower() for origin in text.split(",") if origin.strip())
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError
    return origins


def _region(text: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    if text.upper() not in SUPPORTED_REGIONS:
        raise ValueError
    return text.upper()


def _log_format(text: str) -> LogFormat:
    if text.lower() not in ("console", "json"):
        raise ValueError
    return cast("LogFormat", text.lower())


def _log_level(text: str) -> str:
    if text.lower() not in _LEVELS:
        raise ValueError
    return text.lower()


_ON_OR_OFF = "on or off"

_VARIABLES: tuple[tuple[str, Callable[[str], object], str], ...] = (
    ("database_url", _database, "sqlite://FILE or postgres://USER:PASSWORD@HOST:PORT/NAME"),
    ("replica_url", _replica, "postgres://USER:PASSWORD@HOST:PORT/NAME"),
    ("jwt_secret", _secret, "a secret of at least 32 bytes"),
    ("jwks_file", _key_file, "the name of a file with a JSON Web Key Set"),
    ("jwks_url", _key_url, "an https address of a JSON Web Key Set (http only on this computer)"),
    ("jwt_issuer", str, "the issuer of the tokens"),
    ("jwt_audience", str, "the audience of the tokens"),
    ("cors_origins", _origins, "origins such as https://portal.example.com, with commas between them"),
    ("max_depth", _number(1, 100), "a whole number from 1 to 100"),
    ("max_cost", _number(1, 1_000_000_000), "a whole number from 1 to 1000000000"),
    ("max_tokens", _number(1, 100_000), "a whole number from 1 to 100000"),
    ("max_body_bytes", _number(1, 100_000_000), "a whole number from 1 to 100000000"),
    ("query_timeout_s", _seconds, "seconds from 0.1 to 600"),
    ("introspection", _switch, _ON_OR_OFF),
    ("graphiql", _switch, _ON_OR_OFF),
    ("metrics", _switch, _ON_OR_OFF),
    ("default_region", _region, "a two-letter country such as CA"),
    ("log_format", _log_format, "console or json"),
    ("log_level", _log_level, "debug, info, warning or error"),
)
