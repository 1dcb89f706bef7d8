"""Tokens signed with the server's own secret, and the durations that they are valid for."""

import re
import time
from collections.abc import Iterable
from typing import Any

import jwt

from graph.settings import Settings
from models.caller import Permission

MAX_TOKEN_LENGTH = 16_384
"""In characters. A longer token is rejected without being decoded."""

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def sign_token(
    settings: Settings,
    subject: str,
    permissions: Iterable[Permission],
    sites: Iterable[str] | None,
    expires_in_s: int,
) -> str:
    """A token that a server with these settings accepts. `sites` are external ids; None grants every site."""
    assert settings.jwt_secret is not None
    claims: dict[str, Any] = {
        "sub": subject,
        "exp": int(time.time()) + expires_in_s,
        settings.jwt_permissions_claim: sorted(permission.value for permission in permissions),
        settings.jwt_sites_claim: ["*"] if sites is None else sorted(sites),
    }
    if settings.jwt_issuer:
        claims["iss"] = settings.jwt_issuer
    if settings.jwt_audience:
        claims["aud"] = settings.jwt_audience
    return jwt.encode(claims, settings.jwt_secret, "HS256")


def parse_duration(duration: str) -> int:
    """The seconds in a duration such as "90s", "30m", "1h" or "2d". Raises ValueError."""
    match = re.fullmatch(r"(\d{1,7})([smhd])", duration.strip(), re.ASCII)
    if match is None or int(match[1]) == 0:
        raise ValueError("a duration is a number and s, m, h or d, such as 1h")
    return int(match[1]) * _UNITS[match[2]]
