"""Tokens of all kinds, and the keys that they are signed with."""

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from graph.auth.authenticator import Authenticator
from models.caller import Caller
from models.errors import Unauthenticated
from tests.support.serving import SECRET

RSA = generate_rsa(65_537, 2_048)
EC = generate_private_key(SECP256R1())
ED = Ed25519PrivateKey.generate()
LATER = 4_102_444_800
"""In 2100."""


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a good token; None takes one away."""
    all_of_them = {
        "sub": "ann",
        "exp": LATER,
        "permissions": ["READ"],
        "sites": ["S1"],
    } | changes
    return {name: value for name, value in all_of_them.items() if value is not None}


def signed(headers: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), SECRET, "HS256", headers=headers)


def jwk(private: Any, **members: Any) -> dict[str, Any]:
    public = private.public_key()
    if isinstance(private, RSAPrivateKey):
        return RSAAlgorithm.to_jwk(public, as_dict=True) | members
    if isinstance(private, Ed25519PrivateKey):
        return OKPAlgorithm.to_jwk(public, as_dict=True) | members
    return ECAlgorithm.to_jwk(public, as_dict=True) | members


def key_set(*keys: object) -> bytes:
    return json.dumps({"keys": keys}).encode()


def key_file(folder: Path, *keys: object) -> Path:
    file = folder / "keys.json"
    file.write_bytes(key_set(*keys))
    return file


async def caller_of(authenticator: Authenticator, token: str) -> Caller:
    return (await authenticator.authenticate(f"Bearer {token}")).caller


async def assert_refused(authenticator: Authenticator, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await authenticator.authenticate(f"Bearer {token}")
