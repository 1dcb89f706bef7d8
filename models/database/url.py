"""Database URLs, and the options of the drivers that they stand for."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from models.queries.statement import Dialect

_CONNECT_TIMEOUT_S = 3.0

SQLITE_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "journal_size_limit": str(64 * 1024 * 1024),
}
"""WAL with synchronous=FULL: a commit that was acknowledged survives a power cut."""

_SERVER_SETTINGS = {
    "client_connection_check_interval": "5s",
    "idle_in_transaction_session_timeout": "60s",
    "jit": "off",
    "lock_timeout": "10s",
    "plan_cache_mode": "force_custom_plan",
    "tcp_keepalives_count": "3",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
}
"""The timeouts free a site's lock soon after its holder has lost its process or network, and bound the wait for it.

`force_custom_plan`, because a generic plan, made without the search term, reads a whole site where the trigram index
would find ten rows. Without `jit`, because compiling a statement takes longer than running it.
"""

_POOL_OPTIONS = {
    "minsize": int,
    "maxsize": int,
    "statement_cache_size": int,
    "max_inactive_connection_lifetime": float,
    "timeout": float,
    "application_name": str,
    "schema": str,
}

_SSL = {
    "false": "disable",
    "0": "disable",
    "off": "disable",
    "true": "require",
    "1": "require",
    "on": "require",
}
"""Boolean values of `ssl`. asyncpg itself takes the text `false` for true."""

_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


_FORM = "postgres://USER:PASSWORD@HOST:PORT/NAME"


class Host(NamedTuple):
    """A host of PostgreSQL. `name` is None for the driver's default, or a folder with its socket."""

    name: str | None
    port: int

    def __str__(self) -> str:
        return f"{self.name}:{self.port}"


class DatabaseURLError(ValueError):
    """The URL cannot be used. The message says what it must be, and never contains the password."""


@dataclass(frozen=True, slots=True)
class DatabaseURL:
    """A parsed URL. `path` is the SQLite file, "" for PostgreSQL; `credentials` are Tortoise's options.

    `hosts` are those of PostgreSQL; if there are several, the first is the one in `credentials`.
    """

    dialect: Dialect
    path: str
    credentials: dict[str, Any] = field(repr=False)
    hosts: tuple[Host, ...] = ()

    @property
    def where(self) -> str:
        """What the operator knows the database by."""
        return self.path or ",".join(str(host) for host in self.hosts)

    @property
    def tortoise_connection(self) -> dict[str, Any]:
        """Tortoise's configuration of the connection."""
        engine = "tortoise.backends.sqlite" if self.dialect == "sqlite" else "tortoise.backends.asyncpg"
        return {"engine": engine, "credentials": dict(self.credentials)}

    @property
    def pooled(self) -> bool:
        """Whether there is a transaction pooler in between, so that no prepared statement can be kept."""
        return self.credentials.get("statement_cache_size") == 0

    @property
    def pool_options(self) -> dict[str, Any]:
        """The arguments of `asyncpg.create_pool`."""
        options = dict(self.credentials)
        settings = {**options.pop("server_settings", {}), "application_name": options.pop("application_name")}
        if schema := options.pop("schema", None):
            settings["search_path"] = schema
        sizes = {"min_size": options.pop("minsize"), "max_size": options.pop("maxsize")}
        return {**options, **sizes, "server_settings": settings}

    @property
    def connect_options(self) -> dict[str, Any]:
        """The arguments of `asyncpg.connect` for a connection outside the pool."""
        names = ("host", "port", "user", "password", "database", "timeout", "ssl", "statement_cache_size")
        options = {name: self.credentials[name] for name in names if name in self.credentials}
        if schema := self.credentials.get("schema"):
            options["server_settings"] = {"search_path": schema}
        return options

    def with_pool_size(self, size: int) -> "DatabaseURL":
        """The same URL with at most that many connections, on PostgreSQL."""
        return replace(self, credentials={**self.credentials, "minsize": 0, "maxsize": size})

    def with_statement_timeout(self, seconds: float) -> "DatabaseURL":
        """The same URL with `statement_timeout` set on PostgreSQL; SQLite and poolers have no such setting."""
        settings = self.credentials.get("server_settings")
        if settings is None:
            return self
        limited = {**settings, "statement_timeout": f"{seconds * 1000:.0f}"}
        return replace(self, credentials={**self.credentials, "server_settings": limited})


def parse_database_url(url: str) -> DatabaseURL:
    """Parse sqlite://FILE or postgres://USER:PASSWORD@HOST:PORT/NAME. Raises DatabaseURLError."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"sqlite", "postgres", "postgresql"}:
        raise DatabaseURLError(f"it must be sqlite://FILE or {_FORM}")
    return _sqlite(rest) if scheme == "sqlite" else _postgres(url)


def _sqlite(rest: str) -> DatabaseURL:
    path, _, _query = rest.partition("?")
    path = unquote(path)
    if not path or path.endswith("/"):
        raise DatabaseURLError("sqlite:// needs a file, as in sqlite://pickup.sqlite3")
    if ":memory:" in path:
        raise DatabaseURLError("a database in memory would be lost: name a file, as in sqlite://pickup.sqlite3")
    if path.startswith("//"):
        # In SQLite's URIs a host follows two slashes.
        path = f"/{path.lstrip('/')}"
    return DatabaseURL("sqlite", path, {"file_path": path, **SQLITE_PRAGMAS})


def _postgres(url: str) -> DatabaseURL:
    try:
        parts = urlsplit(url)
        hosts = _hosts(parts.netloc.rpartition("@")[2])
    except ValueError:
        raise DatabaseURLError(f"it must be {_FORM}, with a port number") from None
    name = unquote(parts.path[1:])
    if not name:
        raise DatabaseURLError(f"it must name the database, as in {_FORM}")
    credentials: dict[str, Any] = {
        "host": hosts[0].name,
        "port": hosts[0].port,
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "database": name,
        # With a minimum above 0 the pool would log an error for each connection while the server is unavailable.
        "minsize": 0,
        "maxsize": 10,
        "timeout": _CONNECT_TIMEOUT_S,
        "application_name": "pickup",
    }
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        credentials.update(_option(key, value))
    if credentials["host"] != hosts[0].name:
        if len(hosts) > 1:
            raise DatabaseURLError("its option host goes with no other hosts")
        hosts = (Host(credentials["host"], hosts[0].port),)
    parsed = DatabaseURL("postgres", "", credentials, hosts)
    # A pooler refuses these settings; it has its own configuration for them.
    if not parsed.pooled:
        credentials["server_settings"] = dict(_SERVER_SETTINGS)
    return parsed


def _hosts(text: str) -> tuple[Host, ...]:
    """The hosts, with commas between them. Raises ValueError."""
    parts = [urlsplit(f"//{one}") for one in text.split(",")]
    if len(parts) > 1 and not all(part.hostname for part in parts):
        raise ValueError(text)
    return tuple(Host(part.hostname, part.port or 5432) for part in parts)


def _option(key: str, value: str) -> dict[str, Any]:
    if key == "host":
        return {"host": value}
    if key in {"ssl", "sslmode"}:
        mode = _SSL.get(value.lower(), value.lower())
        if mode not in _SSL_MODES:
            raise DatabaseURLError(f"its option {key} must be one of {', '.join(_SSL_MODES)}")
        return {"ssl": mode}
    if key not in _POOL_OPTIONS:
        raise DatabaseURLError(f"it has the unknown option {key}: known are host, ssl, {', '.join(_POOL_OPTIONS)}")
    try:
        return {key: _POOL_OPTIONS[key](value)}
    except ValueError:
        raise DatabaseURLError(f"its option {key} must be a number") from None
