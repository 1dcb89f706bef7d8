"""From a bearer token to its caller. A token is verified once and remembered until it expires."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

import jwt
from jwt.exceptions import PyJWTError

from graph.auth.jwks import FetchedKeySet, KeySet, PublicKey
from graph.auth.tokens import MAX_TOKEN_LENGTH
from graph.settings import Settings
from models.caller import ANONYMOUS, Caller, Permission
from models.errors import N_, Unauthenticated
from models.lru_cache import LRUCache
from models.queries.search_text import storable

LEEWAY_S = 10
"""Allowed difference between this computer's clock and an identity provider's."""

_YEAR_10000 = 253_402_300_800
"""In seconds since 1970. An `exp` this late cannot be a date."""

_CACHED_BYTES = 8 * 2**20
"""Of all remembered tokens together: one that grants a thousand sites takes as much as a hundred that grant few."""

_BYTES_OF_ENTRY, _BYTES_OF_SITE = 1_000, 150
"""About what an identity takes, and each site that it grants."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller, and when its token expires in seconds since 1970; None: never."""

    caller: Caller
    expires_at: float | None
    token_length: int = 0

    @property
    def size(self) -> int:
        """About how many bytes it takes in memory, with its token."""
        return _BYTES_OF_ENTRY + self.token_length + _BYTES_OF_SITE * len(self.caller.sites or ())


_OPEN = Identity(ANONYMOUS, None)


class Authenticator:
    """Verifies bearer tokens with the keys of the settings. Without a key every request is anonymous."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.is_open = settings.is_open
        self.clock = clock
        self._identities: LRUCache[str, Identity] = LRUCache(_CACHED_BYTES, lambda one: one.size)
        self.key_sets: list[KeySet] = []
        if settings.jwks_file:
            self.key_sets.append(KeySet.from_file(settings.jwks_file))
        if settings.jwks_url:
            self.key_sets.append(FetchedKeySet(settings.jwks_url, on_change=self._identities.clear))

    async def authenticate(self, authorization: str | None) -> Identity:
        """The identity in an Authorization header.

        Raises Unauthenticated, and Unavailable if an identity provider's keys cannot be fetched.
        """
        if self.is_open:
            return _OPEN
        if not authorization:
            raise Unauthenticated(N_("Sign in: the request carries no token."))
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated(N_("Sign in with a bearer token."))
        token = token.strip()
        identity = self._identities.get(token)
        if identity is None:
            identity = await self._verify(token)
            self._identities.put(token, identity)
        assert identity.expires_at is not None
        if self.clock() >= identity.expires_at + LEEWAY_S:
            self._identities.discard(token)
            raise Unauthenticated(N_("The token has expired."))
        return identity

    async def close(self) -> None:
        for key_set in self.key_sets:
            await key_set.close()

    async def _verify(self, token: str) -> Identity:
        if len(token) > MAX_TOKEN_LENGTH:
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
                return self._identity(claims, len(token))
        raise _invalid()

    async def _keys(self, header: dict[str, Any]) -> list[tuple[str, Any]]:
        """The keys that may have signed a token, each with the only algorithm that its kind allows.

        Keys in the header, and addresses of keys there, are ignored.
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
        """The claims of a token; None unless this key signed it, for this server and for now."""
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

    def _identity(self, claims: dict[str, Any], token_length: int) -> Identity:
        subject, expires_at = claims.get("sub"), claims.get("exp")
        if not isinstance(subject, str) or not subject.strip() or not storable(subject):
            raise _invalid()
        if isinstance(expires_at, bool) or not isinstance(expires_at, int | float) or not expires_at < _YEAR_10000:
            raise _invalid()
        permissions = _permissions(claims.get(self.settings.jwt_permissions_claim))
        caller = Caller(subject, permissions, _sites(claims.get(self.settings.jwt_sites_claim)))
        return Identity(caller, expires_at, token_length)


def _permissions(claim: object) -> frozenset[Permission]:
    """Each permission includes READ; unknown ones are ignored, and without a known one nothing may be read."""
    names = _strings(claim)
    permissions = frozenset(permission for permission in Permission if permission.value in names)
    return permissions | {Permission.READ} if permissions else permissions


def _sites(claim: object) -> frozenset[str] | None:
    """The external ids granted, in NFC as the database has them; None for `["*"]`, every site.

    Without the claim no site is granted. A star beside other ids grants nothing: no site has that id.
    """
    sites = _strings(claim)
    return None if sites == ["*"] else frozenset(normalize("NFC", site) for site in sites)


def _strings(claim: object) -> list[str]:
    if claim is None:
        return []
    if not isinstance(claim, list) or not all(isinstance(text, str) and storable(text) for text in claim):
        raise _invalid()
    return claim


def _invalid() -> Unauthenticated:
    """The same message for every defect of a token: the reason would help to forge a better one."""
    return Unauthenticated(N_("The token is not valid."))
