"""Rows for tests, with sane defaults: one factory for each model."""

from itertools import count
from typing import Any

from models.domain.change_log import now
from models.pickup_group import PickupGroup
from models.queries.row_keys import group_keys, site_keys, user_keys
from models.site import Site
from models.user import StationType, User

_numbers = count(1)


async def make_site(name: str = "Site", *, main_number: str | None = None, external_id: str | None = None) -> Site:
    sort_key, search_key = site_keys(name, main_number)
    return await Site.create(
        external_id=external_id or f"site-{next(_numbers)}",
        name=name,
        main_number=main_number,
        sort_key=sort_key,
        search_key=search_key,
    )


async def make_user(
    site: Site,
    first_name: str = "Ann",
    last_name: str = "Lee",
    *,
    extension: str | None = None,
    phone_number: str | None = None,
    email: str | None = None,
    station: StationType = StationType.STANDARD,
    exempt: bool = False,
    group: PickupGroup | None = None,
    external_id: str | None = None,
) -> User:
    sort_key, extension_key, search_key = user_keys(first_name, last_name, extension, phone_number, email)
    return await User.create(
        external_id=external_id or f"user-{next(_numbers)}",
        site_key=site.key,
        first_name=first_name,
        last_name=last_name,
        extension=extension,
        phone_number=phone_number,
        email=email,
        station_type=station.value,
        barge_in_exempt=exempt,
        pickup_group_key=group.key if group else None,
        sort_key=sort_key,
        extension_key=extension_key,
        search_key=search_key,
    )


async def make_users(site: Site, number: int, *, group: PickupGroup | None = None) -> list[User]:
    """Users whose names stand in the order of the list."""
    return [await make_user(site, "Pat", f"Name{place:04}", group=group) for place in range(number)]


async def make_group(site: Site, name: str = "Sales", *, created_at: str | None = None) -> PickupGroup:
    at = created_at or now()
    keys: dict[str, Any] = {**group_keys({"name": name})}
    return await PickupGroup.create(site_key=site.key, name=name, created_at=at, updated_at=at, **keys)
