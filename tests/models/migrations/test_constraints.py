"""The database itself refuses what would break a rule, whoever asks it; and it has what the models say."""

from models.database.database import Database
from models.site import Site
from models.user import ELIGIBLE_STATIONS, StationType
from tests.support.factories import make_group, make_site, make_user
from tests.support.tables import refuses, run


def insert_change(site: Site, revision: int) -> str:
    values = f"({site.key}, {revision}, 'DIRECTORY_CHANGED', 'someone', '2026-01-01T00:00:00.000000Z')"
    return f"INSERT INTO changes (site_id, revision, kind, actor, occurred_at) VALUES {values}"


async def test_a_member_is_of_the_groups_site(database: Database) -> None:
    site, far = await make_site(), await make_site()
    group = await make_group(site)
    member, foreign = await make_user(site, group=group), await make_user(far)

    join = f"UPDATE users SET pickup_group_id = {group.key} WHERE id = {foreign.key}"
    await refuses(database, "users_group_of_same_site", join)
    for change in (f"site_id = {far.key}", "pickup_group_id = 999"):
        await refuses(database, "users_group_of_same_site", f"UPDATE users SET {change} WHERE id = {member.key}")
    move = f"UPDATE pickup_groups SET site_id = {far.key} WHERE id = {group.key}"
    await refuses(database, "users_group_of_same_site", move)


async def test_a_group_with_members_and_a_site_with_rows_cannot_go(database: Database) -> None:
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


async def test_a_member_has_an_eligible_station(database: Database) -> None:
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


async def test_a_member_is_not_exempt_from_barge_in(database: Database) -> None:
    site = await make_site()
    group = await make_group(site)
    exempt, member = await make_user(site, exempt=True), await make_user(site, group=group)

    join = f"UPDATE users SET pickup_group_id = {group.key} WHERE id = {exempt.key}"
    await refuses(database, "users_member_eligible", join)
    exempting = f"UPDATE users SET barge_in_exempt = TRUE WHERE id = {member.key}"
    await refuses(database, "users_member_eligible", exempting)


async def test_a_station_and_a_kind_of_change_are_known_ones(database: Database) -> None:
    site = await make_site()
    user = await make_user(site)
    await run(database, insert_change(site, 1))

    for station in ("PHONE", "", "fax"):
        sql = f"UPDATE users SET station_type = '{station}' WHERE id = {user.key}"
        await refuses(database, "users_station_type_check", sql)
    await refuses(database, "changes_kind_check", "UPDATE changes SET kind = 'PICKUP_GROUP_MOVED'")


async def test_a_name_is_unique_within_the_site_by_its_key(database: Database) -> None:
    site, far = await make_site(), await make_site()
    await make_group(site, "Sales")
    other, foreign = await make_group(site, "Other"), await make_group(far, "Other")

    take = "UPDATE pickup_groups SET name_key = 'sales' WHERE id = {}"
    await refuses(database, "pickup_groups_name_taken", take.format(other.key))
    await run(database, take.format(foreign.key))


async def test_a_name_has_one_to_eighty_characters(database: Database) -> None:
    group = await make_group(await make_site())

    for name in ("", "x" * 81, "📞" * 81):
        sql = f"UPDATE pickup_groups SET name = '{name}' WHERE id = {group.key}"
        await refuses(database, "pickup_groups_name_check", sql)
    for name in ("x", "📞" * 80):
        await run(database, f"UPDATE pickup_groups SET name = '{name}' WHERE id = {group.key}")


async def test_a_name_has_no_control_character_and_no_space_around_it(database: Database) -> None:
    group = await make_group(await make_site())
    controls = [chr(number) for number in (*range(1, 32), 127)]

    for name in (" ", " x", "x ", "  x  ", *controls, *(f"a{control}b" for control in controls)):
        sql = f"UPDATE pickup_groups SET name = '{name}' WHERE id = {group.key}"
        await refuses(database, "pickup_groups_name_check", sql)
    for name in ("a b", "a-b", "[a]", "^", "*", "\\", "é", "\u0080"):
        await run(database, f"UPDATE pickup_groups SET name = '{name}' WHERE id = {group.key}")


async def test_a_name_has_a_key(database: Database) -> None:
    group = await make_group(await make_site())

    empty = f"UPDATE pickup_groups SET name_key = '' WHERE id = {group.key}"
    await refuses(database, "pickup_groups_name_key_check", empty)


async def test_upstream_keys_are_unique_and_can_be_told_from_none_and_all(database: Database) -> None:
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


async def test_a_revision_has_one_change_and_counts_from_one(database: Database) -> None:
    site, far = await make_site(), await make_site()
    await run(database, insert_change(site, 1))

    await refuses(database, "changes_one_per_revision", insert_change(site, 1))
    await refuses(database, "changes_revision_check", insert_change(site, 0))
    await run(database, insert_change(site, 2))
    await run(database, insert_change(far, 1))


async def test_versions_and_revisions_do_not_fall_below_their_first(database: Database) -> None:
    group = await make_group(await make_site())

    await refuses(
        database, "pickup_groups_version_check", f"UPDATE pickup_groups SET version = 0 WHERE id = {group.key}"
    )
    await refuses(database, "sites_revision_check", "UPDATE sites SET revision = -1")


async def test_everything_is_of_a_site_that_exists(database: Database) -> None:
    site = await make_site()
    group, user = await make_group(site), await make_user(site)
    await run(database, insert_change(site, 1))

    for table, key in (("users", user.key), ("pickup_groups", group.key), ("changes", 1)):
        sql = f"UPDATE {table} SET site_id = 999 WHERE id = {key}"
        await refuses(database, f"{table}_site_id_fkey", sql)


async def test_a_key_is_never_given_again(database: Database) -> None:
    site = await make_site()
    first, user = await make_group(site), await make_user(site)
    await first.delete()
    await user.delete()

    assert (await make_group(site)).key == first.key + 1
    assert (await make_user(site)).key == user.key + 1


async def test_where_a_user_stands_is_worked_out_by_the_database(database: Database) -> None:
    site = await make_site()
    group = await make_group(site)
    users = [await make_user(site, station=station) for station in StationType]
    users += [await make_user(site, group=group)]

    found = await run(database, "SELECT id, pickup_status FROM users")

    assert {one["id"]: one["pickup_status"] for one in found} == {user.key: user.pickup_status.value for user in users}
