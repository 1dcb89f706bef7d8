"""The object types: all in one module, since they lead to one another.

None of their fields is resolved one by one: the resolver of a root field answers everything below it.
"""

import strawberry

from graph.schema.connections import Connection, list_changes, list_members, list_pickup_groups, list_users
from graph.schema.enums import ChangeKind, Permission, PickupStatus, StationType
from graph.schema.scalars import DateTime


@strawberry.interface(description="An object with an id by which it can be found again.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="The global id, unique over all types and opaque: the argument of `node`."
    )


@strawberry.type(description="A place of the customer's, with its own users and pickup groups.")
class Site(Node):
    external_id: str = strawberry.field(description="The key of the site in the upstream directory, unique.")
    name: str = strawberry.field(description="Its name.")
    main_number: str | None = strawberry.field(
        description="Its lead number, E.164; the name that an import gives a group without one."
    )
    revision: int = strawberry.field(
        description="The number of the site's last change; it rises by one with every change."
    )
    users: "Connection[User]" = strawberry.field(resolver=list_users, description="The users of the site.")
    pickup_groups: "Connection[PickupGroup]" = strawberry.field(
        resolver=list_pickup_groups, description="The pickup groups of the site."
    )
    changes: "Connection[Change]" = strawberry.field(
        resolver=list_changes, description="The site's history, oldest first, without a gap."
    )


@strawberry.type(description="A user of a site, with their telephone.")
class User(Node):
    external_id: str = strawberry.field(description="The key of the user in the upstream directory, unique.")
    site: Site = strawberry.field(description="The site that the user belongs to.")
    first_name: str = strawberry.field(description="The first name.")
    last_name: str = strawberry.field(description="The last name.")
    display_name: str = strawberry.field(description="The first and the last name.")
    extension: str | None = strawberry.field(description="The number to dial within the site.")
    phone_number: str | None = strawberry.field(description="The direct number, E.164.")
    email: str | None = strawberry.field(description="The email address.")
    station_type: StationType = strawberry.field(description="What the site has bought for the user's telephone.")
    barge_in_exempt: bool = strawberry.field(
        description="Nobody may barge in on the user's calls. Joining a pickup group ends it; never true of a member."
    )
    pickup_status: PickupStatus = strawberry.field(description="Where the user stands towards pickup groups.")
    pickup_group: "PickupGroup | None" = strawberry.field(description="The pickup group that the user is in, if any.")


@strawberry.type(description="Users of one site who may answer the calls that ring on one another's telephones.")
class PickupGroup(Node):
    site: Site = strawberry.field(description="The site that the group belongs to.")
    name: str = strawberry.field(description="Its name, unique on the site in any letter case.")
    version: int = strawberry.field(description="1 at creation, one more with every change to the group.")
    member_count: int = strawberry.field(description="How many members it has.")
    members: Connection[User] = strawberry.field(resolver=list_members, description="The users in the group.")
    available_users: Connection[User] = strawberry.field(
        resolver=list_members,
        description="The users who could join: those of the site with an eligible station who are in no group.",
    )
    created_at: DateTime = strawberry.field(description="When it was made.")
    updated_at: DateTime = strawberry.field(description="When it was last changed.")


@strawberry.type(description="An entry in the history of a site: one for each revision, without a gap.")
class Change(Node):
    site: Site = strawberry.field(description="The site that was changed.")
    revision: int = strawberry.field(description="The site's revision that this change made: 1, 2, 3 …")
    kind: ChangeKind = strawberry.field(description="What was done.")
    actor: str = strawberry.field(
        description="Who did it: the subject of a token, `anonymous` on an open server, "
        "`import:` and a login name for an import."
    )
    occurred_at: DateTime = strawberry.field(description="When it was done.")
    pickup_group_id: strawberry.ID | None = strawberry.field(
        description="The id of the group that was changed, also once it is deleted; "
        "null for a change to the site itself."
    )
    pickup_group: PickupGroup | None = strawberry.field(description="That group as it is now; null once it is deleted.")
    name_before: str | None = strawberry.field(description="The group's name before, of a rename or a deletion.")
    name_after: str | None = strawberry.field(description="The group's name after, of a creation or a rename.")
    members_added: list[strawberry.ID] = strawberry.field(description="The ids of the users who joined the group.")
    members_removed: list[strawberry.ID] = strawberry.field(description="The ids of the users who left the group.")
    barge_in_exemptions_cleared: list[strawberry.ID] = strawberry.field(
        description="The ids of those who joined and were exempt from barge-in until then."
    )


@strawberry.type(description="Who is asking, and what they may do.")
class Viewer:
    subject: str = strawberry.field(description="The subject of the token; `anonymous` on an open server.")
    permissions: list[Permission] = strawberry.field(description="What the token permits on the sites that it grants.")
