"""Automatic persisted queries: a client sends the hash of a document, and the document only if it is unknown.

As Apollo's and urql's links send them: `extensions: {persistedQuery: {version: 1, sha256Hash: "…"}}`.
"""

import hashlib
import sys
from collections.abc import Mapping
from typing import Any

from graph.errors import FormattedError, RequestError
from models.errors import N_, BadInput
from models.lru_cache import LRUCache

MAX_BYTES = 8 * 1_048_576
MAX_DOCUMENTS = 1_000

NOT_FOUND: FormattedError = {
    "message": "PersistedQueryNotFound",
    "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
}
"""Clients compare the message, and send the request again with the document."""


class PersistedQueries:
    """The documents of one process, by their hashes."""

    def __init__(self) -> None:
        # Each document counts as a thousandth of all bytes at least, so that there are no more than a thousand.
        self._documents: LRUCache[str, str] = LRUCache(
            MAX_BYTES, lambda document: max(sys.getsizeof(document), MAX_BYTES // MAX_DOCUMENTS)
        )

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._documents

    def find(self, sha256: str) -> str:
        """Raises RequestError if the document is unknown."""
        document = self._documents.get(sha256)
        if document is None:
            raise RequestError(NOT_FOUND, status=200)
        return document

    def put(self, sha256: str, document: str) -> None:
        self._documents.put(sha256, document)


def parse_persisted_query(extensions: Mapping[str, Any], query: str | None) -> str | None:
    """The hash in the extensions of a request; None if there is none. Raises RequestError."""
    if "persistedQuery" not in extensions:
        return None
    persisted = extensions["persistedQuery"]
    version = persisted.get("version") if isinstance(persisted, dict) else None
    sha256 = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if version != 1 or isinstance(version, bool) or not isinstance(sha256, str):
        raise RequestError(BadInput(N_("persistedQuery must have version 1 and a sha256Hash.")), keep_status=True)
    if query is not None and hashlib.sha256(query.encode(errors="surrogatepass")).hexdigest() != sha256:
        raise RequestError(BadInput(N_("The sha256Hash is not that of the query.")), keep_status=True)
    return sha256
