"""JSON Web Key Sets: the public keys that verify tokens, from a file or fetched from a URL and refreshed."""

import asyncio
import logging
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, NoReturn

import orjson
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from graph.settings import SettingsError
from models.errors import N_, Unavailable

# The kind of key decides the algorithm, never a token's header alone.
_ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
_PUBLIC_MEMBERS = {"kty", "crv", "x", "y", "n", "e"}
_MIN_RSA_BITS = 2048

MAX_KEYS = 50
_MAX_BYTES = 256 * 1024
_FETCH_TIMEOUT_S = 5.0
REFRESH_AFTER_S = 900.0
"""The next request that needs a key older than this starts a fetch in the background."""
RETRY_AFTER_S = 30.0
"""Shortest time between two fetches, whatever key ids the tokens name."""

log = logging.getLogger("pickup.keys")


@dataclass(frozen=True, slots=True)
class PublicKey:
    kid: str | None
    algorithm: str
    key: Any


def public_keys(text: bytes) -> tuple[PublicKey, ...]:
    """The keys of a JSON Web Key Set that can verify RS256, ES256 or EdDSA signatures. Raises ValueError."""
    document = orjson.loads(text)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JSON Web Key Set")
    keys = [_public_key(entry) for entry in entries[:MAX_KEYS] if isinstance(entry, dict)]
    usable = tuple(key for key in keys if key is not None)
    if not usable:
        raise ValueError("no RS256, ES256 or EdDSA key in the set")
    return usable


def _public_key(entry: dict[str, Any]) -> PublicKey | None:
    try:
        algorithm = _ALGORITHMS[entry["kty"], entry.get("crv")]
        if entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm:
            return None
        key = PyJWK({name: value for name, value in entry.items() if name in _PUBLIC_MEMBERS}, algorithm).key
    except (PyJWTError, KeyError, TypeError, ValueError, AttributeError):
        return None
    if algorithm == "RS256" and key.key_size < _MIN_RSA_BITS:
        return None
    kid = entry.get("kid")
    return PublicKey(kid if isinstance(kid, str) else None, algorithm, key)


class KeySet:
    """Public keys, found by the algorithm and the key id of a token."""

    def __init__(self, keys: tuple[PublicKey, ...] = ()) -> None:
        self.keys = keys

    @classmethod
    def from_file(cls, path: Path) -> "KeySet":
        try:
            return cls(public_keys(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise SettingsError(f"PICKUP_JWKS_FILE cannot be used: {error}.") from None

    async def find(self, algorithm: str, kid: str | None) -> list[PublicKey]:
        """The keys of this algorithm, and of this key id if both the token and the key have one."""
        return [
            key
            for key in self.keys
            if key.algorithm == algorithm and (kid is None or key.kid is None or key.kid == kid)
        ]

    async def close(self) -> None:
        pass


class FetchedKeySet(KeySet):
    """Keys fetched from a URL. While the identity provider is unavailable, the last set stays in use.

    `on_change` is called when a fetch brings other keys than before.
    """

    def __init__(self, url: str, on_change: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.url = url
        self.on_change = on_change
        self.clock = clock
        self.fetched_at: float | None = None
        self.tried_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, algorithm: str, kid: str | None) -> list[PublicKey]:
        """Raises Unavailable if no fetch has ever succeeded."""
        known = await super().find(algorithm, kid)
        if not known:
            await asyncio.shield(self._refresh())
            known = await super().find(algorithm, kid)
        elif self.fetched_at is None or self.clock() - self.fetched_at > REFRESH_AFTER_S:
            self._refresh()
        if self.fetched_at is None:
            raise Unavailable(N_("The keys of the identity provider cannot be fetched."))
        return known

    async def close(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _refresh(self) -> asyncio.Task[None]:
        """The fetch in progress, or a new one if the last began long enough ago. Requests share it."""
        now = self.clock()
        due = self.tried_at is None or now - self.tried_at > RETRY_AFTER_S
        if self._fetching is None or (self._fetching.done() and due):
            self.tried_at = now
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(2 * _FETCH_TIMEOUT_S):
                keys = public_keys(await asyncio.to_thread(_read, self.url))
        except (OSError, ValueError, HTTPException) as error:
            log.warning("the keys of the identity provider cannot be fetched: %s", type(error).__name__)
            return
        self.fetched_at = self.clock()
        if keys != self.keys:
            self.keys = keys
            self.on_change()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Accept keys from the configured URL alone."""

    def redirect_request(self, *_arguments: object) -> NoReturn:
        raise OSError("the URL of the keys redirects")


def _read(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 - settings allow https alone, or loopback
    with urllib.request.build_opener(_NoRedirects).open(request, timeout=_FETCH_TIMEOUT_S) as response:
        body: bytes = response.read(_MAX_BYTES + 1)
    if len(body) > _MAX_BYTES:
        raise ValueError("too long for a key set")
    return body
