"""Tokens: who is let in as whom, and who is not."""

import base64
import hmac
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from graph.auth import LEEWAY_S, Gate, seconds_of, sign_token
from graph.keys import PAUSE_S, REFRESH_AFTER_S, FetchedKeyRing, public_keys
from graph.settings import Settings, SettingsError
from models.caller import EVERYBODY, Caller, Permission
from models.errors import Unauthenticated, Unavailable

SECRET = "0123456789abcdef" * 4
RSA = generate_rsa(65_537, 2_048)
EC = generate_private_key(SECP256R1())
ED = Ed25519PrivateKey.generate()
BOTH = frozenset(Permission)


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a good token; None takes one away."""
    all_of_them = {
        "sub": "ann",
        "exp": int(time.time()) + 600,
        "permissions": ["READ"],
        "sites": ["S1"],
    } | changes
    return {name: value for name, value in all_of_them.items() if value is not None}


def signed(headers: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), SECRET, "HS256", headers=headers)


def by_hand(header: dict[str, Any], payload: bytes, secret: bytes = SECRET.encode()) -> str:
    """A signed token that no library would make."""
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (json.dumps(header).encode(), payload)]
    signature = hmac.digest(secret, b".".join(parts), "sha256")
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def jwk(private: Any, **members: Any) -> dict[str, Any]:
    algorithm = {RSAPrivateKey: RSAAlgorithm, Ed25519PrivateKey: OKPAlgorithm}
    kind = next((kind for key, kind in algorithm.items() if isinstance(private, key)), ECAlgorithm)
    return {**json.loads(kind.to_jwk(private.public_key())), **members}  # type: ignore[attr-defined]


def key_set(*keys: dict[str, Any]) -> bytes:
    return json.dumps({"keys": keys}).encode()


def key_file(folder: Path, *keys: dict[str, Any]) -> Path:
    file = folder / "keys.json"
    file.write_bytes(key_set(*keys))
    return file


async def caller_of(gate: Gate, token: str) -> Caller:
    return (await gate.identify(f"Bearer {token}")).caller


async def assert_refused(gate: Gate, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await gate.identify(f"Bearer {token}")


async def test_an_open_server_lets_everybody_in() -> None:
    identity = await Gate(Settings()).identify("Bearer nonsense")

    assert identity.caller is EVERYBODY
    assert identity.expires_at is None


async def test_a_good_token_tells_the_caller() -> None:
    gate = Gate(Settings(jwt_secret=SECRET))
    good = claims()

    identity = await gate.identify(f"bEaReR  {jwt.encode(good, SECRET)} ")

    assert identity.caller == Caller("ann", frozenset({Permission.READ}), frozenset({"S1"}))
    assert identity.expires_at == good["exp"]


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        (["READ"], {Permission.READ}),
        (["WRITE"], BOTH),
        (["READ", "WRITE", "DELETE"], BOTH),
        (["read"], set()),
        ([], set()),
        (None, set()),
    ],
)
async def test_permissions_are_those_known(permissions: list[str] | None, expected: set[Permission]) -> None:
    gate = Gate(Settings(jwt_secret=SECRET))

    assert (await caller_of(gate, signed(permissions=permissions))).permissions == expected


@pytest.mark.parametrize(
    ("sites", "expected"),
    [(["S1", "S2"], {"S1", "S2"}), (["*"], None), (["*", "S1"], {"*", "S1"}), ([], set()), (None, set())],
)
async def test_sites_are_those_named_or_all(sites: list[str] | None, expected: set[str] | None) -> None:
    gate = Gate(Settings(jwt_secret=SECRET))

    assert (await caller_of(gate, signed(sites=sites))).sites == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"sub": None},
        {"sub": ""},
        {"sub": " "},
        {"sub": 7},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": "4102444800"},
        {"exp": True},
        {"exp": 1e300 * 1e10},
        {"nbf": "tomorrow"},
        {"permissions": "WRITE"},
        {"permissions": {"WRITE": True}},
        {"permissions": [1]},
        {"sites": "*"},
        {"sites": [1]},
    ],
)
async def test_malformed_claims_are_refused(changes: dict[str, Any]) -> None:
    await assert_refused(Gate(Settings(jwt_secret=SECRET)), signed(**changes))


async def test_tokens_are_refused_outside_their_time() -> None:
    gate = Gate(Settings(jwt_secret=SECRET))
    now = int(time.time())

    await assert_refused(gate, signed(exp=now - LEEWAY_S - 1))
    await assert_refused(gate, signed(nbf=now + 60))


async def test_clocks_may_differ_a_little() -> None:
    gate = Gate(Settings(jwt_secret=SECRET))
    now = int(time.time())

    assert (await caller_of(gate, signed(exp=now - 2, nbf=now + 2, iat=now + 2))).subject == "ann"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "a.b.c",
        "x" * 20_000,
        by_hand({"alg": "none"}, b"{}"),
        by_hand({"alg": "HS256"}, b"[]"),
        by_hand({"alg": "HS256"}, b"nonsense"),
        by_hand({"alg": "HS256"}, b"[" * 5_000),
        by_hand({"alg": ["HS256"]}, json.dumps(claims()).encode()),
        by_hand({}, json.dumps(claims()).encode()),
        jwt.encode(claims(), SECRET, "HS512"),
        jwt.encode(claims(), SECRET + "x"),
        jwt.encode(claims(), RSA, "RS256"),
        f"{jwt.encode(claims(), SECRET)[:-4]}AAAA",
        jwt.encode(claims(), SECRET).rpartition(".")[0] + ".",
    ],
)
async def test_tokens_that_are_not_ours_are_refused(token: str) -> None:
    await assert_refused(Gate(Settings(jwt_secret=SECRET)), token)


@pytest.mark.parametrize("critical", [["exp"], ["b64"], [], "b64", None])
async def test_a_critical_header_is_refused(critical: object) -> None:
    token = by_hand({"alg": "HS256", "crit": critical}, json.dumps(claims()).encode())

    await assert_refused(Gate(Settings(jwt_secret=SECRET)), token)


async def test_another_scheme_is_refused() -> None:
    gate = Gate(Settings(jwt_secret=SECRET))

    for authorization in (None, "", "Basic YTpi", signed()):
        with pytest.raises(Unauthenticated):
            await gate.identify(authorization)


async def test_issuer_and_audience_are_checked_where_they_are_set() -> None:
    strict = Gate(Settings(jwt_secret=SECRET, jwt_issuer="us", jwt_audience="pickup"))
    easy = Gate(Settings(jwt_secret=SECRET))

    assert (await caller_of(strict, signed(iss="us", aud=["pickup", "other"]))).subject == "ann"
    assert (await caller_of(easy, signed(iss="them", aud="other"))).subject == "ann"
    wrong: list[dict[str, Any]] = [{}, {"iss": "us"}, {"aud": "pickup"}, {"iss": "them", "aud": "pickup"}]
    for changes in wrong:
        await assert_refused(strict, signed(**changes))


@pytest.mark.parametrize(("private", "algorithm"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA")])
async def test_each_kind_of_public_key_verifies_its_own_algorithm(tmp_path: Path, private: Any, algorithm: str) -> None:
    keys = key_file(tmp_path, jwk(RSA, kid="rsa"), jwk(EC, kid="ec"), jwk(ED, kid="ed"))
    gate = Gate(Settings(jwks_file=keys))

    for kid in ("rsa", "ec", "ed"):
        token = jwt.encode(claims(), private, algorithm, headers={"kid": kid})
        if {"rsa": "RS256", "ec": "ES256", "ed": "EdDSA"}[kid] == algorithm:
            assert (await caller_of(gate, token)).subject == "ann"
        else:
            await assert_refused(gate, token)
    assert (await caller_of(gate, jwt.encode(claims(), private, algorithm))).subject == "ann"


async def test_a_public_key_is_no_secret(tmp_path: Path) -> None:
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    gate = Gate(Settings(jwks_file=key_file(tmp_path, jwk(RSA, kid="rsa"))))

    await assert_refused(gate, by_hand({"alg": "HS256", "kid": "rsa"}, json.dumps(claims()).encode(), public))
    await assert_refused(gate, signed({"kid": "rsa"}))


async def test_the_keys_that_a_header_brings_along_are_not_used(tmp_path: Path) -> None:
    ours = Gate(Settings(jwks_file=key_file(tmp_path, jwk(RSA, kid="rsa"))))
    theirs = generate_rsa(65_537, 2_048)
    headers = {"kid": "rsa", "jwk": jwk(theirs, kid="rsa"), "jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/"}

    await assert_refused(ours, jwt.encode(claims(), theirs, "RS256", headers=headers))


async def test_secret_and_public_keys_serve_side_by_side(tmp_path: Path) -> None:
    gate = Gate(Settings(jwt_secret=SECRET, jwks_file=key_file(tmp_path, jwk(ED))))

    assert (await caller_of(gate, signed())).subject == "ann"
    assert (await caller_of(gate, jwt.encode(claims(), ED, "EdDSA", headers={"kid": "any"}))).subject == "ann"


def test_keys_that_cannot_be_used_are_left_out() -> None:
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

    assert [(key.kid, key.algorithm) for key in public_keys(key_set(*useless, good))] == [(None, "RS256")]  # type: ignore[arg-type]
    for text in (b"", b"[]", b"{}", b'{"keys": 1}', key_set(*useless)):  # type: ignore[arg-type]
        with pytest.raises(ValueError):  # noqa: PT011 - of whatever kind
            public_keys(text)


def test_a_file_without_keys_is_a_wrong_setting(tmp_path: Path) -> None:
    for file in (tmp_path / "none.json", key_file(tmp_path)):
        with pytest.raises(SettingsError, match="PICKUP_JWKS_FILE"):
            Gate(Settings(jwks_file=file))


async def test_a_verified_token_is_remembered_until_it_expires() -> None:
    now = time.time()
    gate = Gate(Settings(jwt_secret=SECRET), clock=lambda: now)
    token = signed(exp=int(now) + 60)

    first = await gate.identify(f"Bearer {token}")
    again = await gate.identify(f"Bearer {token}")
    now += 60 + LEEWAY_S

    assert again is first
    await assert_refused(gate, token)
    assert gate._remembered == {}


async def test_only_so_many_tokens_are_remembered() -> None:
    gate = Gate(Settings(jwt_secret=SECRET))

    for number in range(4_200):
        await caller_of(gate, signed(sub=str(number)))

    assert len(gate._remembered) == 4_096


class Provider:
    """An identity provider: what it answers with, and how often it was asked."""

    def __init__(self) -> None:
        self.body = key_set()
        self.status = 200
        self.asked = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
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

    def go_away(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.go_away()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def fetched(gate: Gate) -> FetchedKeyRing:
    ring = gate.rings[0]
    assert isinstance(ring, FetchedKeyRing)
    return ring


def gate_of(provider: Provider) -> tuple[Gate, Clock]:
    gate = Gate(Settings(jwks_url=provider.url))
    clock = Clock()
    fetched(gate).clock = clock
    return gate, clock


async def test_keys_are_fetched_once(provider: Provider) -> None:
    provider.body = key_set(jwk(RSA, kid="1"))
    gate, _clock = gate_of(provider)

    for number in range(3):
        token = jwt.encode(claims(sub=str(number)), RSA, "RS256", headers={"kid": "1"})
        assert (await caller_of(gate, token)).subject == str(number)

    assert provider.asked == 1
    await gate.close()


async def test_an_unknown_kid_fetches_them_again_but_not_at_every_request(provider: Provider) -> None:
    new = generate_rsa(65_537, 2_048)
    provider.body = key_set(jwk(RSA, kid="1"))
    gate, clock = gate_of(provider)
    await caller_of(gate, jwt.encode(claims(), RSA, "RS256", headers={"kid": "1"}))
    provider.body = key_set(jwk(new, kid="2"))
    token = jwt.encode(claims(sub="bob"), new, "RS256", headers={"kid": "2"})

    await assert_refused(gate, token)
    await assert_refused(gate, token)
    clock.now += PAUSE_S + 1

    assert (await caller_of(gate, token)).subject == "bob"
    assert provider.asked == 2


async def test_a_key_that_is_gone_ends_the_tokens_that_are_remembered(provider: Provider) -> None:
    new = generate_rsa(65_537, 2_048)
    provider.body = key_set(jwk(RSA, kid="1"))
    gate, clock = gate_of(provider)
    old = jwt.encode(claims(), RSA, "RS256", headers={"kid": "1"})
    await caller_of(gate, old)
    provider.body = key_set(jwk(new, kid="2"))
    clock.now += PAUSE_S + 1

    await caller_of(gate, jwt.encode(claims(), new, "RS256", headers={"kid": "2"}))

    await assert_refused(gate, old)


async def test_known_keys_go_on_working_while_the_provider_is_away(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.body = key_set(jwk(RSA, kid="1"))
    gate, clock = gate_of(provider)
    await caller_of(gate, jwt.encode(claims(), RSA, "RS256", headers={"kid": "1"}))
    provider.status = 500
    clock.now += REFRESH_AFTER_S + 1

    token = jwt.encode(claims(sub="bob"), RSA, "RS256", headers={"kid": "1"})
    assert (await caller_of(gate, token)).subject == "bob"
    fetching = fetched(gate)._fetching
    assert fetching is not None
    await fetching

    assert provider.asked == 2
    assert "cannot be fetched" in caplog.text
    assert (await caller_of(gate, jwt.encode(claims(sub="c"), RSA, "RS256", headers={"kid": "1"}))).subject == "c"


async def test_old_keys_are_fetched_again_in_the_background(provider: Provider) -> None:
    provider.body = key_set(jwk(RSA, kid="1"))
    gate, clock = gate_of(provider)
    await caller_of(gate, jwt.encode(claims(), RSA, "RS256", headers={"kid": "1"}))
    clock.now += REFRESH_AFTER_S + 1

    await caller_of(gate, jwt.encode(claims(sub="bob"), RSA, "RS256", headers={"kid": "1"}))
    await gate.close()

    assert fetched(gate).tried_at == clock.now


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (302, b""), (200, b"nonsense"), (200, b" " * 300_000), (200, key_set())],
    ids=["error", "redirect", "nonsense", "too long", "no key"],
)
async def test_keys_that_were_never_had_make_the_server_unavailable(
    provider: Provider, status: int, body: bytes
) -> None:
    provider.status, provider.body = status, body
    gate, _clock = gate_of(provider)

    with pytest.raises(Unavailable):
        await gate.identify(f"Bearer {jwt.encode(claims(), RSA, 'RS256')}")

    assert provider.asked == 1


async def test_a_key_in_the_file_does_not_need_the_provider(tmp_path: Path) -> None:
    settings = Settings(jwks_file=key_file(tmp_path, jwk(ED, kid="ed")), jwks_url="http://127.0.0.1:1/keys")
    gate = Gate(settings)

    assert (await caller_of(gate, jwt.encode(claims(), ED, "EdDSA", headers={"kid": "ed"}))).subject == "ann"
    await gate.close()


async def test_a_token_that_we_sign_is_accepted() -> None:
    settings = Settings(jwt_secret=SECRET, jwt_issuer="us", jwt_audience="pickup")
    gate = Gate(settings)

    some = await gate.identify(f"Bearer {sign_token(settings, 'ann', [Permission.WRITE], ['S2', 'S1'], 60)}")
    every = await caller_of(gate, sign_token(settings, "bob", [], None, 60))

    assert some.caller == Caller("ann", BOTH, frozenset({"S1", "S2"}))
    assert some.expires_at == pytest.approx(time.time() + 60, abs=5)
    assert every == Caller("bob", frozenset(), None)
    assert (
        await caller_of(Gate(Settings(jwt_secret=SECRET)), sign_token(Settings(jwt_secret=SECRET), "c", [], [], 9))
    ).sites == frozenset()


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1_800), ("1h", 3_600), ("2d", 172_800), (" 1h ", 3_600)]
)
def test_durations(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "1", "h", "0h", "-1h", "1.5h", "1w", "1 h", "١h", "99999999d", "1h30m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 1h"):
        seconds_of(text)
