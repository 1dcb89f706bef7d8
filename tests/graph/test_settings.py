"""The settings, read from an environment."""

from pathlib import Path

import pytest

from graph.settings import Settings, SettingsError

REAL = {
    "PICKUP_DATABASE_URL": "postgres://pickup:opensesame@db.example.com:5432/pickup",
    "PICKUP_REPLICA_URL": "postgres://pickup:opensesame@replica.example.com:5432/pickup",
    "PICKUP_JWT_SECRET": "0123456789abcdef0123456789abcdef",
    "PICKUP_JWKS_URL": "https://login.example.com/keys",
    "PICKUP_JWT_ISSUER": "https://login.example.com",
    "PICKUP_JWT_AUDIENCE": "pickup",
    "PICKUP_CORS_ORIGINS": "https://portal.example.com, HTTP://localhost:3000/",
    "PICKUP_MAX_DEPTH": "12",
    "PICKUP_MAX_COST": "1000",
    "PICKUP_MAX_TOKENS": "500",
    "PICKUP_MAX_BODY_BYTES": "2048",
    "PICKUP_QUERY_TIMEOUT_S": "2.5",
    "PICKUP_INTROSPECTION": "off",
    "PICKUP_GRAPHIQL": "No",
    "PICKUP_METRICS": "0",
    "PICKUP_DEFAULT_REGION": "ca",
    "PICKUP_LOG_FORMAT": "Console",
    "PICKUP_LOG_LEVEL": "DEBUG",
}


def test_nothing_set_gives_the_defaults() -> None:
    settings = Settings.from_environment({})

    assert settings == Settings(log_format=settings.log_format)
    assert settings.is_open
    assert settings.database_url == "sqlite://pickup.sqlite3"


def test_every_variable_is_read() -> None:
    settings = Settings.from_environment(REAL)

    assert settings == Settings(
        database_url="postgres://pickup:opensesame@db.example.com:5432/pickup",
        replica_url="postgres://pickup:opensesame@replica.example.com:5432/pickup",
        jwt_secret="0123456789abcdef0123456789abcdef",
        jwks_url="https://login.example.com/keys",
        jwt_issuer="https://login.example.com",
        jwt_audience="pickup",
        cors_origins=("https://portal.example.com", "http://localhost:3000"),
        max_depth=12,
        max_cost=1000,
        max_tokens=500,
        max_body_bytes=2048,
        query_timeout_s=2.5,
        introspection=False,
        graphiql=False,
        metrics=False,
        default_region="CA",
        log_format="console",
        log_level="debug",
    )


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert Settings.from_environment(dict.fromkeys(REAL, " ")).is_open


def test_a_key_of_any_kind_closes_the_server(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text("{}")

    assert not Settings.from_environment({"PICKUP_JWKS_FILE": str(keys)}).is_open
    assert not Settings.from_environment({"PICKUP_JWKS_URL": "http://127.0.0.1:9000/keys"}).is_open
    assert not Settings.from_environment({"PICKUP_JWT_SECRET": "x" * 32}).is_open


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings.from_environment(REAL))

    assert "opensesame" not in shown
    assert "0123456789abcdef" not in shown


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PICKUP_DATABASE_URL", "mysql://db/pickup"),
        ("PICKUP_DATABASE_URL", "sqlite://"),
        ("PICKUP_REPLICA_URL", "sqlite://replica.sqlite3"),
        ("PICKUP_JWT_SECRET", "short"),
        ("PICKUP_JWKS_FILE", "/nowhere/keys.json"),
        ("PICKUP_JWKS_URL", "http://login.example.com/keys"),
        ("PICKUP_JWKS_URL", "https:///keys"),
        ("PICKUP_CORS_ORIGINS", "*"),
        ("PICKUP_CORS_ORIGINS", "https://portal.example.com/path"),
        ("PICKUP_MAX_DEPTH", "deep"),
        ("PICKUP_MAX_DEPTH", "0"),
        ("PICKUP_MAX_COST", "-1"),
        ("PICKUP_MAX_TOKENS", "1e3"),
        ("PICKUP_MAX_BODY_BYTES", "1MB"),
        ("PICKUP_QUERY_TIMEOUT_S", "0"),
        ("PICKUP_QUERY_TIMEOUT_S", "nan"),
        ("PICKUP_INTROSPECTION", "maybe"),
        ("PICKUP_DEFAULT_REGION", "XX"),
        ("PICKUP_LOG_FORMAT", "xml"),
        ("PICKUP_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line_that_names_the_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({variable: value})

    said = str(refused.value)
    assert said.startswith(variable)
    assert "\n" not in said
