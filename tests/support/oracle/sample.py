"""A small directory with everything awkward: ties, accents, quotes, control characters, deleted groups, empty lists."""

import json
from typing import Any

from models.change import Change
from models.database.opening import opened_database
from models.database.url import parse_database_url
from models.pickup_group import PickupGroup
from models.site import Site
from models.user import StationType
from tests.support.factories import make_group, make_site, make_user

SITES = (
    ("S1", "Montréal", "+15145550100"),
    ("S\"2'", 'O\'Brien \\ "Été" 100% _ 🏢', None),
    ("É3", "MONTREAL", "+33155501000"),
)
"""External id, name, main number. The last one has neither users nor groups nor changes."""

GROUPS = (
    (1, "Ventes", 1, "2026-01-01T00:00:00.000000Z", "2026-01-05T00:00:00.000000Z"),
    (1, "Réception", 3, "2026-01-01T00:00:00.000000Z", "2026-01-03T00:00:00.000000Z"),
    (1, "reception", 2, "2026-01-02T00:00:00.000001Z", "2026-01-03T00:00:00.000000Z"),
    (1, "% _ \\ \" ' ` 🎧", 7, "2026-01-02T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z"),
    (2, "Ventes", 1, "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z"),
    (2, "👩‍👩‍👧‍👦 famille", 4, "2025-12-31T23:59:59.999999Z", "2026-01-09T00:00:00.000000Z"),
)
"""Site, name, version, creation and last update. The first has no members."""

USERS = (
    # On the first site: more than the 25 of a page.
    (1, 2, "Ann", "Lee", "100", "+15145550142", "ann@example.com", "STANDARD", False),
    (1, 2, "ann", "LÉE", "0100", None, None, "PREMIUM", False),
    (1, 2, "Ann", "Le Blanc", None, None, "a_n%n@example.com", "BASIC", False),
    (1, 3, "Zoë", "Lee", "9", None, None, "HOSTED_PRI", False),
    (1, 4, "Hélène", "Cœur", "12", "+15145550143", "helene@exämple.fr", "STANDARD", False),
    (1, 4, "", "Straße", "999999999999999", None, None, "HOSTED_SQUARE_KEY", False),
    (1, None, "Bo", "", None, "+15145550144", None, "STANDARD", True),
    (1, None, "Ann", "Lee", "100", None, None, "STANDARD", False),
    (1, None, "100%", "_under_", "7", None, None, "PREMIUM", False),
    (1, None, "a\\b", "O'Neil \"Q\"", "8", None, None, "BASIC", True),
    (1, None, "👩‍👩‍👧‍👦", "❤️", None, None, None, "BASIC", False),
    (1, None, "Tab\there", "C\x01\x1f\x7fT\u2028L", "10", None, None, "STANDARD", False),
    (1, None, "Ø", "Ång", "11", None, None, "STANDARD", False),
    (1, None, "Fax", "", "200", None, None, "FAX", False),
    (1, None, "", "Salle", "201", None, None, "CONFERENCE_ROOM", True),
    (1, None, "", "Accueil", "0", None, None, "AUTO_ATTENDANT", False),
    *((1, group, f"Pat {group}", "Roy", f"30{group}", None, None, "BASIC", False) for group in (2, 3, 4, 4, 3, 4)),
    *((1, None, "Pat", "Roy", f"30{number}", None, None, "BASIC", False) for number in range(5)),
    (2, 5, "Ann", "Lee", "100", None, None, "STANDARD", False),
    (2, None, "Éva", "Ünsal", None, "+33155501001", "eva@example.fr", "PREMIUM", False),
    (2, None, "Boîte", "vocale", "1", None, None, "VOICEMAIL_ONLY", False),
    (2, None, "<b>&amp;</b>", "]]>{}[]:,", "1", None, None, "STANDARD", False),
)  # fmt: skip
"""Site, group, first and last name, extension, phone number, email, station, exemption."""

CHANGES: dict[int, tuple[dict[str, Any], ...]] = {
    1: (
        {"kind": "DIRECTORY_CHANGED", "actor": "import:root"},
        {"kind": "PICKUP_GROUP_CREATED", "group": 1, "name_after": "Sales \\ \"'"},
        {"kind": "PICKUP_GROUP_CREATED", "group": 90, "name_after": "Éphémère", "added": [1, 2, 900], "cleared": [900]},
        {"kind": "PICKUP_GROUP_RENAMED", "group": 1, "name_before": "Sales \\ \"'", "name_after": "Ventes"},
        {"kind": "PICKUP_GROUP_MEMBERS_CHANGED", "group": 90, "removed": [2], "actor": "a\"n\\n\x01\t\u2028 'é' 🎧"},
        {"kind": "PICKUP_GROUP_MEMBERS_CHANGED", "group": 2, "added": [2, 3], "removed": [5], "cleared": [3]},
        {"kind": "PICKUP_GROUP_DELETED", "group": 90, "name_before": "Éphémère", "removed": [1, 900]},
        {"kind": "DIRECTORY_CHANGED", "actor": "import:root"},
        {"kind": "PICKUP_GROUP_MEMBERS_CHANGED", "group": 90},
    ),
    2: (
        {"kind": "PICKUP_GROUP_CREATED", "group": 5, "name_after": "Ventes", "added": [28]},
        {"kind": "PICKUP_GROUP_DELETED", "group": 91, "name_before": "% _"},
        {"kind": "DIRECTORY_CHANGED"},
    ),
}  # fmt: skip
"""By site. Groups 90 and 91 and user 900 are deleted."""


async def make_sample(url: str) -> None:
    """Fills the empty database at `url`, which nothing else in this process has open."""
    async with opened_database(parse_database_url(url)):
        await _make()


async def _make() -> None:
    sites = {
        number: await make_site(name, main_number=main, external_id=external_id)
        for number, (external_id, name, main) in enumerate(SITES, 1)
    }
    groups = {
        number: await _make_group(sites[site], name, version, created_at, updated_at)
        for number, (site, name, version, created_at, updated_at) in enumerate(GROUPS, 1)
    }  # fmt: skip
    for number, (site, group, first, last, extension, phone, email, station, exempt) in enumerate(USERS, 1):
        await make_user(
            sites[site],
            first,
            last,
            extension=extension,
            phone_number=phone,
            email=email,
            station=StationType(station),
            exempt=exempt,
            group=groups[group] if group is not None else None,
            external_id=f"U{number}" if number % 5 else f"é \"{number}' \\",
        )
    for site, changes in CHANGES.items():
        for revision, change in enumerate(changes, 1):
            await _make_change(sites[site], revision, **change)


async def _make_group(site: Site, name: str, version: int, created_at: str, updated_at: str) -> PickupGroup:
    group = await make_group(site, name, created_at=created_at)
    group.version, group.updated_at = version, updated_at
    await group.save()
    return group


async def _make_change(
    site: Site,
    revision: int,
    *,
    kind: str,
    actor: str = "ann",
    group: int | None = None,
    name_before: str | None = None,
    name_after: str | None = None,
    added: list[int] | None = None,
    removed: list[int] | None = None,
    cleared: list[int] | None = None,
) -> None:
    await Change.create(
        site_key=site.key,
        revision=revision,
        kind=kind,
        actor=actor,
        occurred_at=f"2026-01-0{revision}T12:00:00.00000{revision}Z",
        pickup_group_key=group,
        name_before=name_before,
        name_after=name_after,
        added_keys=json.dumps(added or []),
        removed_keys=json.dumps(removed or []),
        cleared_keys=json.dumps(cleared or []),
    )
    site.revision = revision
    await site.save()
