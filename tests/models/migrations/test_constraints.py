"""The database itself refuses what would break a rule, whoever asks it; and it has what the models say."""

from models.database.database import Database
from models.site import Site
from models.user import ELIGIBLE_STATIONS, StationType
from tests.support.factories import make_group, make_site, make_user
from tests.support.tables import refuses, run


def insert_change(site: Site, revision: int) -> str:
    values = f"({site.key}, {revision}, 'DIRECTORY_CHANGED', 'someone', '2026-01-01T00:00:00.000000Z')"
    return f"INSERT INTO changes (site_id, revision, kind, actor, occurred_at) VALUES {values}"


async def test_member_must_be_on_site_of_group(database: Database) -> None:
    site, far = await make_site(), await make_site()
    group = await make_group(site)
    member, foreign = await make_user(site, group=group), await make_user(far)

    join = f"UPDATE users SET pickup_group_id = {group.key} WHERE id = {foreign.key}"
    await refuses(database, "users_group_of_same_site", join)
    for change in (f"site_id = {far.key}", "pickup_group_id = 999"):
        await refuses(database, "users_group_of_same_site", f"UPDATE users SET {change} WHERE id = {member.key}")
    move = f"UPDATE pickup_groups SET site_id = {far.key} WHERE id = {group.key}"
    await refuses(database, "users_group_of_same_site", move)


async def test_group_with_members_and_site_with_rows_cannot_be_deleted(database: Database) -> None:
    site, with_group, with_change = await make_site(), await make_site(), await make_site()
    group = await make_group(site)
    await make_user(site, group=group)
    await make_group(with_group)
    await run(database, insert_change(with_change, 1))

    await refuses(database, "users_group_of_same_site", f"DELETE FROM pickup_groups WHERE id = {group.key}")
    for one, constraint in (
        (with_group, "pickup_groups_site_id_fkey"),
        (with_change, "changes_site_id_fkey"),
    ):
        await refuses(database, constraint, f"DELETE FROM sites WHERE id = {one.key}")


async def test_member_must_have_eligible_station(database: Database) -> None:
    site = await make_site()
    group = await make_group(site)
    member = await make_user(site, group=group)

    for station in StationType:
        user = await make_user(site, station=station)
        for sql in (
            f"UPDATE users SET pickup_group_id = {group.key} WHERE id = {user.key}",
            f"UPDATE users SET station_type = '{station.value}' WHERE id = {member.key}",
        ):
            if station in ELIGIBLE_STATIONS:
                await run(database, sql)
            else:
                await refuses(database, "users_member_eligible", sql)


async def test_member_must_not_be_exempt_from_barge_in(database: Database) -> None:
    site = await make_site()
    group = await make_group(site)
    exempt, member = await make_user(site, exempt=True), await make_user(site, group=group)

    join = f"UPDATE users SET pickup_group_id = {group.key} WHERE id = {exempt.key}"
    await refuses(database, "users_member_eligible", join)
    exempting = f"UPDATE users SET barge_in_exempt = TRUE WHERE id = {member.key}"
    await refuses(database, "users_member_eligible", exempting)


async def test_station_type_and_change_kind_must_be_known(database: Database) -> None:
    site = await make_site()
    user = await make_user(site)
    await run(database, insert_change(site, 1))

    for station in ("PHONE", "", "fax"):
        sql = f"UPDATE users SET station_type = '{station}' WHERE id = {user.key}"
        await refuses(database, "users_station_type_check", sql)
    await refuses(database, "changes_kind_check", "UPDATE changes SET kind = 'PICKUP_GROUP_MOVED'")


async def test_group_name_key_is_unique_within_site(database: Database) -> None:
    site, far = await make_site(), await make_site()
    await make_group(site, "Sales")
    other, foreign = await make_group(site, "Other"), await make_group(far, "Other")

    take = "UPDATE pickup_groups SET name_key = 'sales' WHERE id = {}"
    await refuses(database, "pickup_groups_name_taken", take.format(other.key))
    await run(database, take.format(foreign.key))


async def test_group_name_must_have_1_to_80_characters(database: Database) -> None:
    group = await make_group(await make_site())

    for name in ("", "x" * 81, "📞" * 81):
        sql = f"UPDATE pickup_groups SET name = '{name}' WHERE id = {group.key}"
        await refuses(database, "pickup_groups_name_check", sql)
    for name in ("x", "📞" * 80):
        await run(database, f"UPDATE pickup_groups SET name = '{name}' WHERE id = {group.key}")


async def test_group_name_rejects_control_characters_and_outer_space(database: Database) -> None:
    group = await make_group(await make_site())
    controls = [chr(number) for number in (*range(1, 32), 127)]

    for name in (" ", " x", "x ", "  x  ", *controls, *(f"a{control}b" for control in controls)):
        sql = f"UPDATE pickup_groups SET name = '{name}' WHERE id = {group.key}"
        await refuses(database, "pickup_groups_name_check", sql)
    for name in ("a b", "a-b", "[a]", "^", "*", "\\", "é", "\u0080"):
        await run(database, f"UPDATE pickup_groups SET name = '{name}' WHERE id = {group.key}")


async def test_group_name_must_have_key(database: Database) -> None:
    group = await make_group(await make_site())

    empty = f"UPDATE pickup_groups SET name_key = '' WHERE id = {group.key}"
    await refuses(database, "pickup_groups_name_key_check", empty)


async def test_external_id_is_unique_and_not_reserved(database: Database) -> None:
    site, twin = await make_site(), await make_site()
    user, other = await make_user(site), await make_user(twin)

    same = f"UPDATE sites SET external_id = '{site.external_id}' WHERE id = {twin.key}"
    await refuses(database, "sites_external_id_key", same)
    same = f"UPDATE users SET external_id = '{user.external_id}' WHERE id = {other.key}"
    await refuses(database, "users_external_id_key", same)
    for key in ("", "*"):
        sql = f"UPDATE sites SET external_id = '{key}' WHERE id = {site.key}"
        await refuses(database, "sites_external_id_check", sql)
    await refuses(database, "users_external_id_check", f"UPDATE users SET external_id = '' WHERE id = {user.key}")


async def test_change_revision_is_unique_and_positive(database: Database) -> None:
    site, far = await make_site(), await make_site()
    await run(database, insert_change(site, 1))

    await refuses(database, "changes_one_per_revision", insert_change(site, 1))
    await refuses(database, "changes_revision_check", insert_change(site, 0))
    await run(database, insert_change(site, 2))
    await run(database, insert_change(far, 1))


async def test_version_and_revision_have_minimum(database: Database) -> None:
    group = await make_group(await make_site())

    await refuses(
        database, "pickup_groups_version_check", f"UPDATE pickup_groups SET version = 0 WHERE id = {group.key}"
    )
    await refuses(database, "sites_revision_check", "UPDATE sites SET revision = -1")


async def test_row_must_be_of_existing_site(database: Database) -> None:
    site = await make_site()
    group, user = await make_group(site), await make_user(site)
    await run(database, insert_change(site, 1))

    for table, key in (("users", user.key), ("pickup_groups", group.key), ("changes", 1)):
        sql = f"UPDATE {table} SET site_id = 999 WHERE id = {key}"
        await refuses(database, f"{table}_site_id_fkey", sql)


async def test_key_is_never_reused(database: Database) -> None:
    site = await make_site()
    first, user = await make_group(site), await make_user(site)
    await first.delete()
    await user.delete()

    assert (await make_group(site)).key == first.key + 1
    assert (await make_user(site)).key == user.key + 1


async def test_pickup_status_is_generated(database: Database) -> None:
    site = await make_site()
    group = await make_group(site)
    users = [await make_user(site, station=station) for station in StationType]
    users += [await make_user(site, group=group)]

    found = await run(database, "SELECT id, pickup_status FROM users")

    assert {one["id"]: one["pickup_status"] for one in found} == {user.key: user.pickup_status.value for user in users}
