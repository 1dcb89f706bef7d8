"""The header by which a client reads its own writes where queries go to a replica: `Pickup-Revision: Site:5=42`."""

import re

from graph.errors import RequestError
from models.errors import N_, BadInput
from models.row import global_id
from models.site import Site

REVISION = "Pickup-Revision"
"""Of an answer to a mutation: the sites that it tells of, and their revisions. Sent with a query: read no older."""

MOST_SITES = 100

_ONE = re.compile(r"Site:([1-9]\d{0,17})=(0|[1-9]\d{0,17})", re.ASCII)


def revisions_of(header: str) -> dict[int, int]:
    """The revisions by the keys of their sites, the highest of each. Raises RequestError."""
    seen: dict[int, int] = {}
    for part in header.split(",") if header else ():
        found = _ONE.fullmatch(part.strip())
        if found is None or len(seen) >= MOST_SITES:
            template = N_("The header {name} takes at most {most} revisions of sites, as in {example}.")
            error = BadInput(template, name=REVISION, most=MOST_SITES, example="Site:5=42, Site:7=3")
            raise RequestError(error, status=400, keep_status=True)
        key, revision = int(found[1]), int(found[2])
        seen[key] = max(revision, seen.get(key, 0))
    return seen


def revisions_said(seen: dict[int, int]) -> str:
    return ", ".join(f"{global_id(Site, key)}={revision}" for key, revision in seen.items())
