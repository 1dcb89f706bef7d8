"""The database itself refuses what would break a rule, whoever asks it."""

import pytest
from tortoise.connection import get_connection
from tortoise.exceptions import IntegrityError

from models.database import Database
from models.user import StationType
from tests.factories import make_group, make_site, make_user


async def refused(database: Database, sql: str) -> bool:
    with pytest.raises(IntegrityError):
        await get_connection(database.dialect).execute_query(sql)
    return True


async def test_a_member_is_of_the_groups_site_eligible_and_not_exempt(database: Database) -> None:
    site, other = await make_site(), await make_site()
    group = await make_group(site)
    foreign, fax = await make_user(other), await make_user(site, station=StationType.FAX)
    exempt, member = await make_user(site, exempt=True), await make_user(site, group=group)

    for user in (foreign, fax, exempt):
        assert await refused(database, f"UPDATE users SET pickup_group_id = {group.key} WHERE id = {user.key}")
    for change in ("barge_in_exempt = TRUE", "station_type = 'FAX'", "pickup_group_id = 999", f"site_id = {other.key}"):
        assert await refused(database, f"UPDATE users SET {change} WHERE id = {member.key}")
    assert await refused(database, f"DELETE FROM pickup_groups WHERE id = {group.key}")


async def test_names_and_keys_are_unique(database: Database) -> None:
    site = await make_site()
    group, other = await make_group(site), await make_group(site, "Other")
    user, twin = await make_user(site), await make_user(site)

    assert await refused(database, f"UPDATE pickup_groups SET name_key = '{group.name_key}' WHERE id = {other.key}")
    assert await refused(database, f"UPDATE users SET external_id = '{user.external_id}' WHERE id = {twin.key}")
    assert await refused(database, f"UPDATE pickup_groups SET name = '' WHERE id = {group.key}")
    assert await refused(database, f"UPDATE users SET station_type = 'PHONE' WHERE id = {user.key}")
    assert await refused(database, f"UPDATE sites SET external_id = '*' WHERE id = {site.key}")


async def test_a_revision_has_one_change(database: Database) -> None:
    site = await make_site()
    columns = "site_id, revision, kind, actor, occurred_at"
    sql = f"INSERT INTO changes ({columns}) VALUES ({site.key}, 1, 'DIRECTORY_CHANGED', '', '')"
    await get_connection(database.dialect).execute_query(sql)

    assert await refused(database, sql)


async def test_a_key_is_never_given_again(database: Database) -> None:
    site = await make_site()
    first = await make_group(site)
    await first.delete()

    assert (await make_group(site)).key > first.key
