"""Database URLs: what they give to the drivers, and the errors of invalid ones."""

import pytest

from models.database.url import DatabaseURLError, Host, parse_database_url


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite://pickup.sqlite3", "pickup.sqlite3"),
        ("sqlite://data/pickup.sqlite3", "data/pickup.sqlite3"),
        ("sqlite:///var/lib/pickup.db", "/var/lib/pickup.db"),
        ("sqlite:////var/lib/pickup.db", "/var/lib/pickup.db"),
        ("sqlite://%2F/%2Fvar/lib/pickup.db", "/var/lib/pickup.db"),
        ("sqlite:///var/lib/p.db?journal_mode=DELETE", "/var/lib/p.db"),
        ("sqlite:///with%20space/%C3%A9t%C3%A9%3F.db", "/with space/été?.db"),
    ],
)
def test_sqlite_url_gives_relative_or_absolute_path(url: str, path: str) -> None:
    parsed = parse_database_url(url)

    assert (parsed.dialect, parsed.path) == ("sqlite", path)
    assert parsed.tortoise_connection["engine"] == "tortoise.backends.sqlite"
    assert parsed.tortoise_connection["credentials"]["file_path"] == path


def test_sqlite_url_cannot_change_durability() -> None:
    credentials = parse_database_url("sqlite://p.db?synchronous=OFF&foreign_keys=OFF").tortoise_connection[
        "credentials"
    ]

    assert (credentials["synchronous"], credentials["foreign_keys"]) == ("FULL", "ON")
    assert credentials["journal_mode"] == "WAL"


def test_postgres_url_gives_credentials() -> None:
    parsed = parse_database_url("postgres://u%40x:p%3A%2F@db.example:6432/na%20me")

    expected = {"host": "db.example", "port": 6432, "user": "u@x", "password": "p:/", "database": "na me"}
    assert (parsed.dialect, parsed.path) == ("postgres", "")
    assert parsed.tortoise_connection["engine"] == "tortoise.backends.asyncpg"
    assert {name: parsed.credentials[name] for name in expected} == expected
    assert {name: parsed.connect_options[name] for name in expected} == expected
    assert not parsed.pooled


def test_postgres_url_has_defaults() -> None:
    for url in ("postgres://db.example/pickup", "postgresql://db.example/pickup"):
        credentials = parse_database_url(url).credentials

        assert (credentials["port"], credentials["user"], credentials["password"]) == (5432, None, None)
        assert (credentials["maxsize"], credentials["application_name"]) == (10, "pickup")


def test_postgres_url_takes_socket_as_option() -> None:
    assert parse_database_url("postgres:///pickup?host=/run/postgresql").credentials["host"] == "/run/postgresql"


def test_postgres_url_takes_several_hosts() -> None:
    parsed = parse_database_url("postgres://ann:a%2Cb@db1:6432,db2,[::1]:6433/pickup?maxsize=4")

    assert parsed.hosts == (Host("db1", 6432), Host("db2", 5432), Host("::1", 6433))
    assert parsed.where == "db1:6432,db2:5432,::1:6433"
    assert (parsed.credentials["password"], parsed.credentials["maxsize"]) == ("a,b", 4)


def test_postgres_url_takes_options_of_pool() -> None:
    url = (
        "postgres://h/n?minsize=2&maxsize=4&timeout=1.5&max_inactive_connection_lifetime=60&schema=x&application_name=y"
    )

    credentials = parse_database_url(url).credentials

    expected = {"minsize": 2, "maxsize": 4, "timeout": 1.5, "max_inactive_connection_lifetime": 60.0}
    assert {name: credentials[name] for name in expected} == expected
    assert (credentials["schema"], credentials["application_name"]) == ("x", "y")


@pytest.mark.parametrize("option", ["ssl", "sslmode"])
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("false", "disable"),
        ("False", "disable"),
        ("0", "disable"),
        ("off", "disable"),
        ("true", "require"),
        ("1", "require"),
        ("on", "require"),
        ("prefer", "prefer"),
        ("verify-full", "verify-full"),
    ],
)
def test_postgres_url_translates_ssl(option: str, written: str, meant: str) -> None:
    assert parse_database_url(f"postgres://h/n?{option}={written}").connect_options["ssl"] == meant


def test_pooled_url_has_no_server_settings() -> None:
    parsed = parse_database_url("postgres://h/n?statement_cache_size=0")

    assert (parsed.pooled, parsed.credentials["statement_cache_size"]) == (True, 0)
    assert "server_settings" not in parsed.credentials
    assert parsed.with_statement_timeout(10) is parsed


def test_pooled_url_disables_prepared_statements() -> None:
    assert parse_database_url("postgres://h/n?statement_cache_size=0").connect_options["statement_cache_size"] == 0


def test_statement_timeout_is_server_setting() -> None:
    plain = parse_database_url("postgres://h/n")
    limited = plain.with_statement_timeout(2.5)

    assert "statement_timeout" not in plain.credentials["server_settings"]
    assert limited.credentials["server_settings"]["statement_timeout"] == "2500"
    assert limited.credentials["server_settings"]["lock_timeout"] == "10s"


def test_statement_timeout_does_not_apply_to_sqlite() -> None:
    parsed = parse_database_url("sqlite://p.db")

    assert parsed.with_statement_timeout(10) is parsed


@pytest.mark.parametrize("url", ["postgres://ann:hush@h/n", "postgres://ann:hush@h/n?ssl=true"])
def test_repr_hides_password(url: str) -> None:
    assert "hush" not in repr(parse_database_url(url))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "must be sqlite"),
        ("pickup.db", "must be sqlite"),
        ("sqlite:pickup.db", "must be sqlite"),
        ("mysql://ann:hush@h/n", "must be sqlite"),
        ("SQLITE://p.db", "must be sqlite"),
        ("sqlite://", "needs a file"),
        ("sqlite://?mode=ro", "needs a file"),
        ("sqlite://folder/", "needs a file"),
        ("sqlite://:memory:", "would be lost"),
        ("sqlite://%3Amemory%3A", "would be lost"),
        ("postgres://ann:hush@h:port/n", "port number"),
        ("postgres://ann:hush@h:99999/n", "port number"),
        ("postgres://ann:hush@[h/n", "port number"),
        ("postgres://ann:hush@h", "name the database"),
        ("postgres://ann:hush@h/", "name the database"),
        ("postgres://ann:hush@h/n?minsize=hush", "minsize must be a number"),
        ("postgres://ann:hush@h/n?timeout=soon", "timeout must be a number"),
        ("postgres://ann:hush@h/n?maxsize=", "maxsize must be a number"),
        ("postgres://ann:hush@h/n?ssl=", "ssl must be one of disable, allow"),
        ("postgres://ann:hush@h/n?sslmode=maybe", "sslmode must be one of disable, allow"),
        ("postgres://ann:hush@a,b:port/n", "port number"),
        ("postgres://ann:hush@a,,b/n", "port number"),
        ("postgres://ann:hush@a,b/n?host=/run/postgresql", "option host goes with no other hosts"),
        ("postgres://ann:hush@h/n?colour=red", "unknown option colour: known are host, ssl, minsize"),
    ],
)
def test_invalid_url_is_rejected(url: str, message: str) -> None:
    with pytest.raises(DatabaseURLError, match=message) as raised:
        parse_database_url(url)

    assert "hush" not in str(raised.value)
