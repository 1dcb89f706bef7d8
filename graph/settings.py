"""The settings: one `PICKUP_…` environment variable for each attribute of Settings, read once at the start."""

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints
from urllib.parse import parse_qsl, urlsplit

from models.database.url import DatabaseURLError, parse_database_url

MAX_CALLER_BYTES = 64 * 1_048_576
"""What the operations of one caller may hold in one process, with the answers that are being sent."""

LogFormat = Literal["console", "json"]

_ON = {"on", "true", "yes", "1"}
_OFF = {"off", "false", "no", "0"}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", re.IGNORECASE)
_SCOPE = re.compile(r"[!#-\[\]-~]+( [!#-\[\]-~]+)*")


class SettingsError(Exception):
    """A variable has a wrong value. The message is one line that names the variable, and never shows the value."""


@dataclass(frozen=True, slots=True)
class _Format:
    """How the text of a variable is read. `parse` raises ValueError; `expected` completes "PICKUP_… takes"."""

    parse: Callable[[str], object]
    expected: str


def _integer(least: int, most: int) -> _Format:
    def parse(text: str) -> int:
        number = int(text)
        if not least <= number <= most:
            raise ValueError
        return number

    return _Format(parse, f"a whole number from {least} to {most}")


def _one_of(*choices: str) -> _Format:
    def parse(text: str) -> str:
        return choices[choices.index(text.lower())]

    return _Format(parse, f"{', '.join(choices[:-1])} or {choices[-1]}")


def _parse_seconds(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= 600:
        raise ValueError
    return seconds


def _parse_switch(text: str) -> bool:
    if text.lower() not in _ON | _OFF:
        raise ValueError
    return text.lower() in _ON


def _parse_database(text: str) -> str:
    parse_database_url(text)
    return text


def _parse_replica(text: str) -> str:
    if parse_database_url(text).dialect != "postgres":
        raise ValueError
    return text


def _parse_secret(text: str) -> str:
    if len(text.encode()) < 32:
        raise ValueError
    return text


def _parse_file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError
    return path


def _parse_keys_url(text: str) -> str:
    """Keys fetched without TLS could be anybody's, except from this computer."""
    parts = urlsplit(text)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not parts.hostname or not safe:
        raise ValueError
    return text


def _parse_issuer(text: str) -> str:
    """As it stands in the tokens: a slash at the end counts."""
    parts = urlsplit(_parse_keys_url(text))
    if parts.query or parts.fragment or parts.username is not None or not _ORIGIN.fullmatch(origin(text)):
        raise ValueError
    return text


def _parse_scope(text: str) -> str:
    if not _SCOPE.fullmatch(text):
        raise ValueError
    return text


def _parse_parameters(text: str) -> tuple[tuple[str, str], ...]:
    parameters = tuple(parse_qsl(text, strict_parsing=True))
    if len(dict(parameters)) < len(parameters):
        raise ValueError
    return parameters


def _parse_origins(text: str) -> tuple[str, ...]:
    origins = tuple(origin.strip().rstrip("/").lower() for origin in text.split(",") if origin.strip())
    if not all(_ORIGIN.fullmatch(origin) for origin in origins):
        raise ValueError
    return origins


def _parse_region(text: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    if text.upper() not in SUPPORTED_REGIONS:
        raise ValueError
    return text.upper()


_DATABASE = _Format(_parse_database, "sqlite://FILE or postgres://USER:PASSWORD@HOST:PORT/NAME")
_REPLICA = _Format(_parse_replica, "postgres://USER:PASSWORD@HOST:PORT/NAME")
_SECRET = _Format(_parse_secret, "a secret of at least 32 bytes")
_KEYS_FILE = _Format(_parse_file, "the name of a file with a JSON Web Key Set")
_KEYS_URL = _Format(_parse_keys_url, "an https URL of a JSON Web Key Set (http only on this computer)")
_ISSUER = _Format(_parse_issuer, "the https URL of an OpenID Connect issuer (http only on this computer)")
_SCOPE_TEXT = _Format(_parse_scope, "scopes such as openid offline_access, with one space between them")
_PARAMETERS = _Format(
    _parse_parameters, "parameters such as audience=https://pickup.example.com, each once, with & between them"
)
_ORIGINS = _Format(_parse_origins, "origins such as https://portal.example.com, with commas between them")
_REGION = _Format(_parse_region, "a two-letter country such as CA")
_SECONDS = _Format(_parse_seconds, "seconds from 0.1 to 600")
_SWITCH = _Format(_parse_switch, "on or off")
_TEXT = _Format(str, "text")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server. A secret, or a URL that may hold one, is left out of `repr`."""

    database_url: Annotated[str, _DATABASE] = field(default="sqlite://pickup.sqlite3", repr=False)
    replica_url: Annotated[str | None, _REPLICA] = field(default=None, repr=False)
    """A PostgreSQL standby that queries may be read from. Changes always go to `database_url`."""
    jwt_secret: Annotated[str | None, _SECRET] = field(default=None, repr=False)
    jwks_file: Annotated[Path | None, _KEYS_FILE] = None
    jwks_url: Annotated[str | None, _KEYS_URL] = field(default=None, repr=False)
    jwt_issuer: Annotated[str | None, _TEXT] = None
    jwt_audience: Annotated[str | None, _TEXT] = None
    jwt_permissions_claim: Annotated[str, _TEXT] = "permissions"
    jwt_sites_claim: Annotated[str, _TEXT] = "sites"
    portal: Annotated[bool, _SWITCH] = True
    oidc_issuer: Annotated[str | None, _ISSUER] = None
    """Where the pages send people to sign in. The tokens that come of it are checked by the keys above."""
    oidc_client_id: Annotated[str | None, _TEXT] = None
    oidc_scope: Annotated[str | None, _SCOPE_TEXT] = None
    oidc_parameters: Annotated[tuple[tuple[str, str], ...], _PARAMETERS] = ()
    """More parameters of the authorization request, with their values."""
    oidc_origins: Annotated[tuple[str, ...], _ORIGINS] = ()
    """Where the provider has endpoints, beside the origin of the issuer."""
    cors_origins: Annotated[tuple[str, ...], _ORIGINS] = ()
    max_depth: Annotated[int, _integer(1, 100)] = 15
    """Levels of fields in a query. The deepest query of the portal has 7."""
    max_cost: Annotated[int, _integer(1, 1_000_000_000)] = 200_000
    """Values in one response, and the price of its lists and mutations, as `graph.execution.complexity` counts them.
    A page of 100 groups with 100 members each, every field selected, costs less."""
    max_tokens: Annotated[int, _integer(1, 100_000)] = 5_000
    """Lexical tokens of a document. The longest introspection query has fewer than 400."""
    max_body_bytes: Annotated[int, _integer(1, 100_000_000)] = 1_048_576
    max_answer_bytes: Annotated[int, _integer(1, MAX_CALLER_BYTES)] = 16_777_216
    query_timeout_s: Annotated[float, _SECONDS] = 30.0
    introspection: Annotated[bool, _SWITCH] = True
    graphiql: Annotated[bool, _SWITCH] = True
    metrics: Annotated[bool, _SWITCH] = True
    default_region: Annotated[str | None, _REGION] = None
    log_format: Annotated[LogFormat, _one_of("console", "json")] = "json"
    log_level: Annotated[str, _one_of("debug", "info", "warning", "error")] = "info"

    @property
    def is_open(self) -> bool:
        """Whether no key is set: then every request is anonymous and may do everything, on loopback alone."""
        return not (self.jwt_secret or self.jwks_file or self.jwks_url)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """An unset or empty variable means its default. Raises SettingsError."""
        values: dict[str, Any] = {"log_format": "console" if sys.stderr.isatty() else "json"}
        for name, hint in get_type_hints(cls, include_extras=True).items():
            variable = f"PICKUP_{name.upper()}"
            text = environment.get(variable, "").strip()
            if not text:
                continue
            (form,) = hint.__metadata__
            try:
                values[name] = form.parse(text)
            except DatabaseURLError as error:
                raise SettingsError(f"{variable}: {error}.") from None
            except ValueError:
                raise SettingsError(f"{variable} takes {form.expected}.") from None
        settings = cls(**values)
        settings._check_sign_in()
        return settings

    def _check_sign_in(self) -> None:
        """Raises SettingsError if one of the variables of the sign-in lacks another."""
        if self.oidc_issuer and not self.oidc_client_id:
            raise SettingsError("PICKUP_OIDC_ISSUER needs PICKUP_OIDC_CLIENT_ID.")
        for name in ("oidc_client_id", "oidc_scope", "oidc_parameters", "oidc_origins"):
            if getattr(self, name) and not self.oidc_issuer:
                raise SettingsError(f"PICKUP_{name.upper()} needs PICKUP_OIDC_ISSUER.")


def origin(url: str) -> str:
    """The scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
