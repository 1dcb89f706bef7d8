"""Database URLs: what they may say."""

import pytest

from models.address import AddressError, parse_address


def test_a_sqlite_file_may_be_relative_or_absolute() -> None:
    assert parse_address("sqlite://pickup.sqlite3").path == "pickup.sqlite3"
    assert parse_address("sqlite:///var/lib/p.db?x=1").path == "/var/lib/p.db"


def test_a_postgres_url_is_taken_apart() -> None:
    address = parse_address(
        "postgresql://u%40x:p%3A@db.example:6432/name?maxsize=4&sslmode=require&timeout=2&host=/run"
    )

    wanted = {"host": "/run", "port": 6432, "user": "u@x", "password": "p:", "database": "name", "ssl": "require"}
    assert {name: address.credentials[name] for name in wanted} == wanted
    assert (address.credentials["maxsize"], address.credentials["timeout"]) == (4, 2.0)
    assert "p:" not in repr(address)


@pytest.mark.parametrize(
    ("written", "meant"), [("false", "disable"), ("true", "require"), ("verify-full", "verify-full")]
)
def test_ssl_says_what_it_means(written: str, meant: str) -> None:
    assert parse_address(f"postgres://h/n?ssl={written}").connect_options["ssl"] == meant


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://h/n", "must be sqlite"),
        ("pickup.db", "must be sqlite"),
        ("sqlite://", "needs a file"),
        ("sqlite://folder/", "needs a file"),
        ("sqlite://:memory:", "would be lost"),
        ("postgres://h:port/n", "port number"),
        ("postgres://h", "name the database"),
        ("postgres://h/n?minsize=a", "must be a number"),
        ("postgres://h/n?colour=red", "unknown option colour"),
    ],
)
def test_a_wrong_url_is_refused_with_what_it_should_be(url: str, message: str) -> None:
    with pytest.raises(AddressError, match=message):
        parse_address(url)
