"""Which tokens are accepted, for which caller, and which are rejected."""

import base64
import hmac
import json
import time
import tracemalloc
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from graph.auth.authenticator import LEEWAY_S, Authenticator
from graph.auth.tokens import parse_duration, sign_token
from graph.settings import Settings
from models.caller import ANONYMOUS, Caller, Permission
from models.errors import Unauthenticated
from tests.support.serving import SECRET
from tests.support.tokens import EC, ED, RSA, assert_refused, caller_of, claims, jwk, key_file, signed

BOTH = frozenset({Permission.READ, Permission.WRITE})


def encode_by_hand(header: dict[str, Any], payload: bytes, secret: bytes = SECRET.encode()) -> str:
    """A signed token that a library would refuse to make."""
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (json.dumps(header).encode(), payload)]
    signature = hmac.digest(secret, b".".join(parts), "sha256")
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


async def test_open_server_takes_every_caller_for_anonymous() -> None:
    identity = await Authenticator(Settings()).authenticate("Bearer nonsense")

    assert identity.caller is ANONYMOUS
    assert identity.expires_at is None


async def test_token_gives_its_caller() -> None:
    authenticator = Authenticator(Settings(jwt_secret=SECRET))
    good = claims()

    identity = await authenticator.authenticate(f"bEaReR  {jwt.encode(good, SECRET)} ")

    assert identity.caller == Caller("ann", frozenset({Permission.READ}), frozenset({"S1"}))
    assert identity.expires_at == good["exp"]


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        (["READ"], {Permission.READ}),
        (["WRITE"], BOTH),
        (["READ", "WRITE", "DELETE"], BOTH),
        (["PROVISION"], {Permission.READ, Permission.PROVISION}),
        (["PROVISION", "WRITE"], set(Permission)),
        (["read"], set()),
        ([], set()),
        (None, set()),
    ],
)
async def test_permissions_are_the_known_ones_of_the_claim(
    permissions: list[str] | None, expected: set[Permission]
) -> None:
    authenticator = Authenticator(Settings(jwt_secret=SECRET))

    assert (await caller_of(authenticator, signed(permissions=permissions))).permissions == expected


@pytest.mark.parametrize(
    ("sites", "expected"),
    [(["S1", "S2"], {"S1", "S2"}), (["*"], None), (["*", "S1"], {"*", "S1"}), ([], set()), (None, set())],
)
async def test_sites_are_the_named_ones_or_all(sites: list[str] | None, expected: set[str] | None) -> None:
    authenticator = Authenticator(Settings(jwt_secret=SECRET))

    assert (await caller_of(authenticator, signed(sites=sites))).sites == expected


async def test_site_ids_are_compared_in_nfc() -> None:
    authenticator = Authenticator(Settings(jwt_secret=SECRET))

    caller = await caller_of(authenticator, signed(sites=["Montre\u0301al", "Qu\u00e9bec"]))

    assert caller.sites == frozenset({"Montr\u00e9al", "Qu\u00e9bec"})


async def test_claims_are_read_and_signed_under_the_names_in_the_settings() -> None:
    settings = Settings(
        jwt_secret=SECRET,
        jwt_permissions_claim="https://example.com/permissions",
        jwt_sites_claim="https://example.com/sites",
    )
    authenticator = Authenticator(settings)
    named: dict[str, Any] = {"https://example.com/permissions": ["WRITE"], "https://example.com/sites": ["S2"]}

    foreign = await caller_of(authenticator, signed(**named))
    own = await caller_of(authenticator, sign_token(settings, "ann", [Permission.WRITE], ["S2"], 60))
    default = await caller_of(authenticator, signed(permissions=["WRITE"], sites=["*"]))

    assert foreign == own == Caller("ann", BOTH, frozenset({"S2"}))
    assert default == Caller("ann", frozenset(), frozenset())


@pytest.mark.parametrize("claim", ["jwt_permissions_claim", "jwt_sites_claim"])
async def test_malformed_claim_of_a_chosen_name_is_rejected(claim: str) -> None:
    settings: dict[str, Any] = {"jwt_secret": SECRET, claim: "https://example.com/claim"}
    malformed: dict[str, Any] = {"https://example.com/claim": "READ"}

    await assert_refused(Authenticator(Settings(**settings)), signed(**malformed))


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
        {"exp": 1e300},
        {"exp": 10**400},
        {"exp": 253_402_300_800},
        {"nbf": "tomorrow"},
        {"permissions": "WRITE"},
        {"permissions": {"WRITE": True}},
        {"permissions": [1]},
        {"sites": "*"},
        {"sites": [1]},
    ],
)
async def test_malformed_claims_are_rejected(changes: dict[str, Any]) -> None:
    await assert_refused(Authenticator(Settings(jwt_secret=SECRET)), signed(**changes))


async def test_token_may_expire_on_the_last_day_of_the_year_9999() -> None:
    authenticator = Authenticator(Settings(jwt_secret=SECRET))

    assert (await authenticator.authenticate(f"Bearer {signed(exp=253_402_300_799)}")).expires_at == 253_402_300_799


async def test_token_is_rejected_before_nbf_and_after_exp() -> None:
    authenticator = Authenticator(Settings(jwt_secret=SECRET))
    now = int(time.time())

    await assert_refused(authenticator, signed(exp=now - LEEWAY_S - 1))
    await assert_refused(authenticator, signed(nbf=now + 60))


async def test_exp_and_nbf_have_a_leeway() -> None:
    authenticator = Authenticator(Settings(jwt_secret=SECRET))
    now = int(time.time())

    assert (await caller_of(authenticator, signed(exp=now - 2, nbf=now + 2, iat=now + 2))).subject == "ann"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        "a.b.c",
        jwt.encode(claims(sub="x" * 20_000), SECRET),
        encode_by_hand({"alg": "none"}, b"{}"),
        encode_by_hand({"alg": "HS256"}, b"[]"),
        encode_by_hand({"alg": "HS256"}, b"nonsense"),
        encode_by_hand({"alg": "HS256"}, b"[" * 5_000),
        encode_by_hand({"alg": ["HS256"]}, json.dumps(claims()).encode()),
        encode_by_hand({}, json.dumps(claims()).encode()),
        jwt.encode(claims(), SECRET, "HS512"),
        jwt.encode(claims(), SECRET + "x"),
        jwt.encode(claims(), RSA, "RS256"),
        f"{jwt.encode(claims(), SECRET)[:-4]}AAAA",
        jwt.encode(claims(), SECRET).rpartition(".")[0] + ".",
    ],
)
async def test_token_that_is_malformed_or_signed_otherwise_is_rejected(token: str) -> None:
    await assert_refused(Authenticator(Settings(jwt_secret=SECRET)), token)


@pytest.mark.parametrize("critical", [["exp"], ["b64"], [], "b64", None])
async def test_critical_header_is_rejected(critical: object) -> None:
    token = encode_by_hand({"alg": "HS256", "crit": critical}, json.dumps(claims()).encode())

    await assert_refused(Authenticator(Settings(jwt_secret=SECRET)), token)


async def test_authorization_without_bearer_token_is_rejected() -> None:
    authenticator = Authenticator(Settings(jwt_secret=SECRET))

    for authorization in (None, "", "Basic YTpi", signed()):
        with pytest.raises(Unauthenticated):
            await authenticator.authenticate(authorization)


async def test_issuer_and_audience_are_checked_if_set() -> None:
    strict = Authenticator(Settings(jwt_secret=SECRET, jwt_issuer="us", jwt_audience="pickup"))
    easy = Authenticator(Settings(jwt_secret=SECRET))

    assert (await caller_of(strict, signed(iss="us", aud=["pickup", "other"]))).subject == "ann"
    assert (await caller_of(easy, signed(iss="them", aud="other"))).subject == "ann"
    wrong: list[dict[str, Any]] = [{}, {"iss": "us"}, {"aud": "pickup"}, {"iss": "them", "aud": "pickup"}]
    for changes in wrong:
        await assert_refused(strict, signed(**changes))


@pytest.mark.parametrize(("private", "algorithm"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA")])
async def test_public_key_verifies_its_own_algorithm_alone(tmp_path: Path, private: Any, algorithm: str) -> None:
    keys = key_file(tmp_path, jwk(RSA, kid="rsa"), jwk(EC, kid="ec"), jwk(ED, kid="ed"))
    authenticator = Authenticator(Settings(jwks_file=keys))

    for kid in ("rsa", "ec", "ed"):
        token = jwt.encode(claims(), private, algorithm, headers={"kid": kid})
        if {"rsa": "RS256", "ec": "ES256", "ed": "EdDSA"}[kid] == algorithm:
            assert (await caller_of(authenticator, token)).subject == "ann"
        else:
            await assert_refused(authenticator, token)
    assert (await caller_of(authenticator, jwt.encode(claims(), private, algorithm))).subject == "ann"


async def test_public_key_verifies_no_hs256_token(tmp_path: Path) -> None:
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    authenticator = Authenticator(Settings(jwks_file=key_file(tmp_path, jwk(RSA, kid="rsa"))))

    await assert_refused(
        authenticator, encode_by_hand({"alg": "HS256", "kid": "rsa"}, json.dumps(claims()).encode(), public)
    )
    await assert_refused(authenticator, signed({"kid": "rsa"}))


async def test_keys_in_a_header_are_ignored(tmp_path: Path) -> None:
    ours = Authenticator(Settings(jwks_file=key_file(tmp_path, jwk(RSA, kid="rsa"))))
    theirs = generate_rsa(65_537, 2_048)
    headers = {"kid": "rsa", "jwk": jwk(theirs, kid="rsa"), "jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/"}

    await assert_refused(ours, jwt.encode(claims(), theirs, "RS256", headers=headers))


async def test_secret_and_public_keys_verify_side_by_side(tmp_path: Path) -> None:
    authenticator = Authenticator(Settings(jwt_secret=SECRET, jwks_file=key_file(tmp_path, jwk(ED))))

    assert (await caller_of(authenticator, signed())).subject == "ann"
    assert (await caller_of(authenticator, jwt.encode(claims(), ED, "EdDSA", headers={"kid": "any"}))).subject == "ann"


async def test_verified_token_is_cached_until_it_expires() -> None:
    now = time.time()
    authenticator = Authenticator(Settings(jwt_secret=SECRET), clock=lambda: now)
    token = signed(exp=int(now) + 60)

    first = await authenticator.authenticate(f"Bearer {token}")
    again = await authenticator.authenticate(f"Bearer {token}")
    now += 60 + LEEWAY_S

    assert again is first
    await assert_refused(authenticator, token)
    assert len(authenticator._identities) == 0


async def test_cache_of_tokens_is_bounded_by_bytes() -> None:
    authenticator = Authenticator(Settings(jwt_secret=SECRET))
    sites = [f"s-{number}" for number in range(1_000)]

    tracemalloc.start()
    try:
        for number in range(200):
            await caller_of(authenticator, signed(sub=f"caller {number}", sites=sites))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 10 < len(authenticator._identities) < 100
    assert held < 16 * 2**20


async def test_many_short_tokens_are_remembered() -> None:
    authenticator = Authenticator(Settings(jwt_secret=SECRET))

    for number in range(3_000):
        await caller_of(authenticator, signed(sub=f"caller {number}"))

    assert len(authenticator._identities) == 3_000


async def test_signed_token_is_accepted() -> None:
    settings = Settings(jwt_secret=SECRET, jwt_issuer="us", jwt_audience="pickup")
    authenticator = Authenticator(settings)

    some = await authenticator.authenticate(
        f"Bearer {sign_token(settings, 'ann', [Permission.WRITE], ['S2', 'S1'], 60)}"
    )
    every = await caller_of(authenticator, sign_token(settings, "bob", [], None, 60))

    assert some.caller == Caller("ann", BOTH, frozenset({"S1", "S2"}))
    assert some.expires_at == pytest.approx(time.time() + 60, abs=5)
    assert every == Caller("bob", frozenset(), None)
    assert (
        await caller_of(
            Authenticator(Settings(jwt_secret=SECRET)), sign_token(Settings(jwt_secret=SECRET), "c", [], [], 9)
        )
    ).sites == frozenset()


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1_800), ("1h", 3_600), ("2d", 172_800), (" 1h ", 3_600)]
)
def test_duration_is_parsed(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "1", "h", "0h", "-1h", "1.5h", "1w", "1 h", "١h", "99999999d", "1h30m"])
def test_malformed_duration_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="such as 1h"):
        parse_duration(text)
