"""The public keys of an identity provider: which are used, and when they are fetched."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa

from graph.auth.authenticator import Authenticator
from graph.auth.jwks import REFRESH_AFTER_S, RETRY_AFTER_S, FetchedKeySet, public_keys
from graph.settings import Settings, SettingsError
from models.errors import Unavailable
from tests.support.tokens import ED, RSA, assert_refused, caller_of, claims, jwk, key_file, key_set


def test_unusable_keys_are_left_out() -> None:
    good = jwk(RSA, kid=7)
    useless = [
        {},
        "text",
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": ["RSA"]},
        {**good, "n": 7},
        {**good, "n": None},
        {**good, "use": "enc"},
        {**good, "alg": "RS512"},
        jwk(generate_private_key(SECP384R1())),
        jwk(generate_rsa(65_537, 1_024)),  # noqa: S505 - that is what is tested
    ]

    assert [(key.kid, key.algorithm) for key in public_keys(key_set(*useless, good))] == [(None, "RS256")]
    for text in (b"", b"[]", b"{}", b'{"keys": 1}', key_set(*useless)):
        with pytest.raises(ValueError):  # noqa: PT011 - of whatever kind
            public_keys(text)


def test_file_without_keys_raises_settings_error(tmp_path: Path) -> None:
    for file in (tmp_path / "none.json", key_file(tmp_path)):
        with pytest.raises(SettingsError, match="PICKUP_JWKS_FILE"):
            Authenticator(Settings(jwks_file=file))


class Provider:
    """An identity provider: its response, and how many requests it has had."""

    def __init__(self) -> None:
        self.body = key_set()
        self.status = 200
        self.requests = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.requests += 1
                self.send_response(provider.status)
                if provider.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(provider.body)))
                self.end_headers()
                self.wfile.write(provider.body)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.stop()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def fetched(authenticator: Authenticator) -> FetchedKeySet:
    keys = authenticator.key_sets[0]
    assert isinstance(keys, FetchedKeySet)
    return keys


def authenticator_for(provider: Provider) -> tuple[Authenticator, Clock]:
    authenticator = Authenticator(Settings(jwks_url=provider.url))
    clock = Clock()
    fetched(authenticator).clock = clock
    return authenticator, clock


async def test_keys_are_fetched_once(provider: Provider) -> None:
    provider.body = key_set(jwk(RSA, kid="1"))
    authenticator, _clock = authenticator_for(provider)

    for number in range(3):
        token = jwt.encode(claims(sub=str(number)), RSA, "RS256", headers={"kid": "1"})
        assert (await caller_of(authenticator, token)).subject == str(number)

    assert provider.requests == 1
    await authenticator.close()


async def test_unknown_kid_fetches_keys_again_at_most_every_30_seconds(provider: Provider) -> None:
    new = generate_rsa(65_537, 2_048)
    provider.body = key_set(jwk(RSA, kid="1"))
    authenticator, clock = authenticator_for(provider)
    await caller_of(authenticator, jwt.encode(claims(), RSA, "RS256", headers={"kid": "1"}))
    provider.body = key_set(jwk(new, kid="2"))
    token = jwt.encode(claims(sub="bob"), new, "RS256", headers={"kid": "2"})

    await assert_refused(authenticator, token)
    await assert_refused(authenticator, token)
    clock.now += RETRY_AFTER_S + 1

    assert (await caller_of(authenticator, token)).subject == "bob"
    assert provider.requests == 2


async def test_removed_key_invalidates_cached_tokens(provider: Provider) -> None:
    new = generate_rsa(65_537, 2_048)
    provider.body = key_set(jwk(RSA, kid="1"))
    authenticator, clock = authenticator_for(provider)
    old = jwt.encode(claims(), RSA, "RS256", headers={"kid": "1"})
    await caller_of(authenticator, old)
    provider.body = key_set(jwk(new, kid="2"))
    clock.now += RETRY_AFTER_S + 1

    await caller_of(authenticator, jwt.encode(claims(), new, "RS256", headers={"kid": "2"}))

    await assert_refused(authenticator, old)


async def test_known_keys_verify_while_the_provider_is_unavailable(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.body = key_set(jwk(RSA, kid="1"))
    authenticator, clock = authenticator_for(provider)
    await caller_of(authenticator, jwt.encode(claims(), RSA, "RS256", headers={"kid": "1"}))
    provider.status = 500
    clock.now += REFRESH_AFTER_S + 1

    token = jwt.encode(claims(sub="bob"), RSA, "RS256", headers={"kid": "1"})
    assert (await caller_of(authenticator, token)).subject == "bob"
    fetching = fetched(authenticator)._fetching
    assert fetching is not None
    await fetching

    assert provider.requests == 2
    assert "cannot be fetched" in caplog.text
    assert (
        await caller_of(authenticator, jwt.encode(claims(sub="c"), RSA, "RS256", headers={"kid": "1"}))
    ).subject == "c"


async def test_old_keys_are_refreshed_in_the_background(provider: Provider) -> None:
    provider.body = key_set(jwk(RSA, kid="1"))
    authenticator, clock = authenticator_for(provider)
    await caller_of(authenticator, jwt.encode(claims(), RSA, "RS256", headers={"kid": "1"}))
    clock.now += REFRESH_AFTER_S + 1

    await caller_of(authenticator, jwt.encode(claims(sub="bob"), RSA, "RS256", headers={"kid": "1"}))
    await authenticator.close()

    assert fetched(authenticator).tried_at == clock.now


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (302, b""), (200, b"nonsense"), (200, b" " * 300_000), (200, key_set())],
    ids=["error", "redirect", "nonsense", "too long", "no key"],
)
async def test_provider_without_usable_answer_raises_unavailable(provider: Provider, status: int, body: bytes) -> None:
    provider.status, provider.body = status, body
    authenticator, _clock = authenticator_for(provider)

    with pytest.raises(Unavailable):
        await authenticator.authenticate(f"Bearer {jwt.encode(claims(), RSA, 'RS256')}")

    assert provider.requests == 1


async def test_key_in_the_file_needs_no_provider(tmp_path: Path) -> None:
    settings = Settings(jwks_file=key_file(tmp_path, jwk(ED, kid="ed")), jwks_url="http://127.0.0.1:1/keys")
    authenticator = Authenticator(settings)

    assert (await caller_of(authenticator, jwt.encode(claims(), ED, "EdDSA", headers={"kid": "ed"}))).subject == "ann"
    await authenticator.close()
