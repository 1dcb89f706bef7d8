"""Who is asking: from a bearer token to a caller, verified once and remembered until it expires."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from graph.auth.jwks import FetchedKeySet, KeySet, PublicKey
from graph.auth.tokens import LONGEST_TOKEN
from graph.settings import Settings
from models.caller import ANONYMOUS, Caller, Permission
from models.errors import N_, Unauthenticated
from models.queries.search_text import storable

LEEWAY_S = 10
"""How far the clocks of this computer and of an identity provider may differ."""

_NEVER = 253_402_300_800
"""The year 10000: a token that says it expires later is made up."""

_MOST_REMEMBERED = 4_096


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller until `expires_at`, in seconds since 1970; None: for ever."""

    caller: Caller
    expires_at: float | None


OPEN_IDENTITY = Identity(ANONYMOUS, None)


class Authenticator:
    """Verifies the tokens of one server. Open where no key is set."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.clock = clock
        self._remembered: OrderedDict[str, Identity] = OrderedDict()
        self.key_sets: list[KeySet] = []
        if settings.jwks_file:
            self.key_sets.append(KeySet.from_file(settings.jwks_file))
        if settings.jwks_url:
            self.key_sets.append(FetchedKeySet(settings.jwks_url, self._remembered.clear))

    async def authenticate(self, authorization: str | None) -> Identity:
        """Raises Unauthenticated, and Unavailable where an identity provider's keys cannot be had."""
        if self.settings.is_open:
            return OPEN_IDENTITY
        if not authorization:
            raise Unauthenticated(N_("Sign in: the request carries no token."))
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated(N_("Sign in with a bearer token."))
        token = token.strip()
        identity = self._remembered.get(token)
        if identity is None:
            identity = await self._verify(token)
            self._remembered[token] = identity
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        assert identity.expires_at is not None
        if self.clock() >= identity.expires_at + LEEWAY_S:
            self._remembered.pop(token, None)
            raise Unauthenticated(N_("The token has expired."))
        return identity

    async def close(self) -> None:
        for key_set in self.key_sets:
            await key_set.close()

    async def _verify(self, token: str) -> Identity:
        if len(token) > LONGEST_TOKEN:
            raise _invalid()
        try:
            header = jwt.get_unverified_header(token)
        except (PyJWTError, ValueError, RecursionError):
            raise _invalid() from None
        if "crit" in header:
            raise _invalid()
        for algorithm, key in await self._keys(header):
            claims = self._claims(token, algorithm, key)
            if claims is not None:
                return _identity_from(claims)
        raise _invalid()

    async def _keys(self, header: dict[str, Any]) -> list[tuple[str, Any]]:
        """The keys that may have signed a token, each with the one algorithm that its kind allows.

        A header's own keys and addresses of keys are not looked at.
        """
        if header.get("alg") == "HS256":
            return [("HS256", self.settings.jwt_secret)] if self.settings.jwt_secret else []
        kid = header.get("kid")
        found: list[PublicKey] = []
        for key_set in self.key_sets:
            found = await key_set.find(str(header.get("alg")), kid if isinstance(kid, str) else None)
            if found:
                break
        return [(key.algorithm, key.key) for key in found]

    def _claims(self, token: str, algorithm: str, key: Any) -> dict[str, Any] | None:
        try:
            return jwt.decode(
                token,
                key,
                [algorithm],
                leeway=LEEWAY_S,
                issuer=self.settings.jwt_issuer,
                audience=self.settings.jwt_audience,
                options={
                    "require": ["exp", "sub"],
                    "verify_iat": False,
                    "verify_jti": False,
                    "verify_iss": self.settings.jwt_issuer is not None,
                    "verify_aud": self.settings.jwt_audience is not None,
                },
            )
        except (PyJWTError, ValueError, TypeError, OverflowError):
            return None


def _identity_from(claims: dict[str, Any]) -> Identity:
    subject, expires, permissions, sites = (claims.get(name) for name in ("sub", "exp", "permissions", "sites"))
    if not isinstance(subject, str) or not subject.strip() or not storable(subject):
        raise _invalid()
    if isinstance(expires, bool) or not isinstance(expires, int | float) or not expires < _NEVER:
        raise _invalid()
    return Identity(Caller(subject, _permissions(permissions), _sites(sites)), expires)


def _permissions(claim: object) -> frozenset[Permission]:
    """Without the claim, or with unknown ones alone, a caller may not even read."""
    names = _texts(claim)
    permissions = {permission for permission in Permission if permission.value in names}
    if Permission.WRITE in permissions:
        permissions.add(Permission.READ)
    return frozenset(permissions)


def _sites(claim: object) -> frozenset[str] | None:
    """Without the claim no site is granted. A star beside other ids is no star: no site has that id."""
    sites = _texts(claim)
    return None if sites == ["*"] else frozenset(sites)


def _texts(claim: object) -> list[str]:
    if claim is None:
        return []
    if not isinstance(claim, list) or not all(isinstance(text, str) and storable(text) for text in claim):
        raise _invalid()
    return claim


def _invalid() -> Unauthenticated:
    """One text for whatever is wrong with a token: the reason would help those who make them up."""
    return Unauthenticated(N_("The token is not valid."))
