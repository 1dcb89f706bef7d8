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
    "PICKUP_JWT_PERMISSIONS_CLAIM": "https://example.com/permissions",
    "PICKUP_JWT_SITES_CLAIM": "https://example.com/sites",
    "PICKUP_PORTAL": "off",
    "PICKUP_OIDC_ISSUER": "https://login.example.com/pickup/",
    "PICKUP_OIDC_CLIENT_ID": "pickup",
    "PICKUP_OIDC_SCOPE": "openid offline_access",
    "PICKUP_OIDC_PARAMETERS": "audience=https://pickup.example.com&prompt=select%20account",
    "PICKUP_OIDC_ORIGINS": "https://tokens.example.com",
    "PICKUP_CORS_ORIGINS": "https://portal.example.com, HTTP://localhost:3000/",
    "PICKUP_MAX_DEPTH": "12",
    "PICKUP_MAX_COST": "1000",
    "PICKUP_MAX_TOKENS": "500",
    "PICKUP_MAX_BODY_BYTES": "2048",
    "PICKUP_MAX_ANSWER_BYTES": "4096",
    "PICKUP_QUERY_TIMEOUT_S": "2.5",
    "PICKUP_INTROSPECTION": "off",
    "PICKUP_GRAPHIQL": "No",
    "PICKUP_METRICS": "0",
    "PICKUP_DEFAULT_REGION": "ca",
    "PICKUP_LOG_FORMAT": "Console",
    "PICKUP_LOG_LEVEL": "DEBUG",
}

KEYS_URL = "takes an https URL of a JSON Web Key Set (http only on this computer)."
ISSUER = "takes the https URL of an OpenID Connect issuer (http only on this computer)."
SCOPE = "takes scopes such as openid offline_access, with one space between them."
PARAMETERS = "takes parameters such as audience=https://pickup.example.com, each once, with & between them."
ORIGINS = "takes origins such as https://portal.example.com, with commas between them."


def test_unset_variables_mean_the_defaults() -> None:
    settings = Settings.from_environment({})

    assert settings == Settings(log_format=settings.log_format)
    assert settings.is_open
    assert settings.database_url == "sqlite://pickup.sqlite3"


def test_variables_set_every_setting() -> None:
    settings = Settings.from_environment(REAL)

    assert settings == Settings(
        database_url="postgres://pickup:opensesame@db.example.com:5432/pickup",
        replica_url="postgres://pickup:opensesame@replica.example.com:5432/pickup",
        jwt_secret="0123456789abcdef0123456789abcdef",
        jwks_url="https://login.example.com/keys",
        jwt_issuer="https://login.example.com",
        jwt_audience="pickup",
        jwt_permissions_claim="https://example.com/permissions",
        jwt_sites_claim="https://example.com/sites",
        portal=False,
        oidc_issuer="https://login.example.com/pickup/",
        oidc_client_id="pickup",
        oidc_scope="openid offline_access",
        oidc_parameters=(("audience", "https://pickup.example.com"), ("prompt", "select account")),
        oidc_origins=("https://tokens.example.com",),
        cors_origins=("https://portal.example.com", "http://localhost:3000"),
        max_depth=12,
        max_cost=1000,
        max_tokens=500,
        max_body_bytes=2048,
        max_answer_bytes=4096,
        query_timeout_s=2.5,
        introspection=False,
        graphiql=False,
        metrics=False,
        default_region="CA",
        log_format="console",
        log_level="debug",
    )


def test_empty_variable_means_the_default() -> None:
    assert Settings.from_environment(dict.fromkeys(REAL, " ")).is_open


def test_server_with_a_key_of_any_kind_is_not_open(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text("{}")

    assert not Settings.from_environment({"PICKUP_JWKS_FILE": str(keys)}).is_open
    assert not Settings.from_environment({"PICKUP_JWKS_URL": "http://127.0.0.1:9000/keys"}).is_open
    assert not Settings.from_environment({"PICKUP_JWT_SECRET": "x" * 32}).is_open


def test_repr_leaves_secrets_out() -> None:
    shown = repr(Settings.from_environment(REAL))

    assert "opensesame" not in shown
    assert "0123456789abcdef" not in shown


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("PICKUP_DATABASE_URL", "sqlite://", None),
        ("PICKUP_DATABASE_URL", "mysql://ann:opensesame@db/pickup", None),
        ("PICKUP_DATABASE_URL", "postgres://ann:opensesame@db:port/pickup", None),
        ("PICKUP_REPLICA_URL", "sqlite://opensesame", "takes postgres://USER:PASSWORD@HOST:PORT/NAME."),
        ("PICKUP_JWT_SECRET", "opensesame", "takes a secret of at least 32 bytes."),
        ("PICKUP_JWKS_FILE", "/opensesame/keys.json", "takes the name of a file with a JSON Web Key Set."),
        ("PICKUP_JWKS_URL", "http://opensesame.example.com/keys", KEYS_URL),
        ("PICKUP_JWKS_URL", "https:///opensesame", KEYS_URL),
        ("PICKUP_JWKS_URL", "https://[opensesame/", KEYS_URL),
        ("PICKUP_PORTAL", "opensesame", "takes on or off."),
        ("PICKUP_OIDC_ISSUER", "opensesame", ISSUER),
        ("PICKUP_OIDC_ISSUER", "http://opensesame.example.com", ISSUER),
        ("PICKUP_OIDC_ISSUER", "https://login.example.com/?opensesame", ISSUER),
        ("PICKUP_OIDC_ISSUER", "https://ann:opensesame@login.example.com", ISSUER),
        ("PICKUP_OIDC_ISSUER", "https://login.example.com;script-src:1/opensesame", ISSUER),
        ("PICKUP_OIDC_SCOPE", 'openid "opensesame"', SCOPE),
        ("PICKUP_OIDC_PARAMETERS", "opensesame", PARAMETERS),
        ("PICKUP_OIDC_PARAMETERS", "resource=opensesame&prompt=login&resource=other", PARAMETERS),
        ("PICKUP_OIDC_ORIGINS", "https://login.example.com;opensesame", ORIGINS),
        ("PICKUP_CORS_ORIGINS", "*", ORIGINS),
        ("PICKUP_CORS_ORIGINS", "https://portal.example.com/opensesame", ORIGINS),
        ("PICKUP_MAX_DEPTH", "opensesame", "takes a whole number from 1 to 100."),
        ("PICKUP_MAX_DEPTH", "0", "takes a whole number from 1 to 100."),
        ("PICKUP_MAX_COST", "-1", "takes a whole number from 1 to 1000000000."),
        ("PICKUP_MAX_TOKENS", "1e3", "takes a whole number from 1 to 100000."),
        ("PICKUP_MAX_BODY_BYTES", "1MB", "takes a whole number from 1 to 100000000."),
        ("PICKUP_MAX_ANSWER_BYTES", "67108865", "takes a whole number from 1 to 67108864."),
        ("PICKUP_QUERY_TIMEOUT_S", "0", "takes seconds from 0.1 to 600."),
        ("PICKUP_QUERY_TIMEOUT_S", "nan", "takes seconds from 0.1 to 600."),
        ("PICKUP_QUERY_TIMEOUT_S", "opensesame", "takes seconds from 0.1 to 600."),
        ("PICKUP_INTROSPECTION", "opensesame", "takes on or off."),
        ("PICKUP_GRAPHIQL", "2", "takes on or off."),
        ("PICKUP_METRICS", "enabled", "takes on or off."),
        ("PICKUP_DEFAULT_REGION", "opensesame", "takes a two-letter country such as CA."),
        ("PICKUP_LOG_FORMAT", "opensesame", "takes console or json."),
        ("PICKUP_LOG_LEVEL", "opensesame", "takes debug, info, warning or error."),
    ],
)
def test_wrong_value_is_rejected_in_one_line_without_the_value(variable: str, value: str, message: str | None) -> None:
    """`message` None: models.database.url words it."""
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment({variable: value})

    assert "opensesame" not in str(raised.value)
    assert "\n" not in str(raised.value)
    if message is None:
        assert str(raised.value).startswith(f"{variable}: ")
    else:
        assert str(raised.value) == f"{variable} {message}"


@pytest.mark.parametrize(
    ("variable", "value", "needed"),
    [
        ("PICKUP_OIDC_ISSUER", "https://login.example.com", "PICKUP_OIDC_CLIENT_ID"),
        ("PICKUP_OIDC_CLIENT_ID", "opensesame", "PICKUP_OIDC_ISSUER"),
        ("PICKUP_OIDC_SCOPE", "opensesame", "PICKUP_OIDC_ISSUER"),
        ("PICKUP_OIDC_PARAMETERS", "audience=opensesame", "PICKUP_OIDC_ISSUER"),
        ("PICKUP_OIDC_ORIGINS", "https://opensesame.example.com", "PICKUP_OIDC_ISSUER"),
    ],
)
def test_setting_of_the_sign_in_is_rejected_without_the_one_that_it_needs(
    variable: str, value: str, needed: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^{variable} needs {needed}\.$"):
        Settings.from_environment({variable: value})
