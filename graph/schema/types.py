"""The object types: all in one module, since they lead to one another.

None of their fields is resolved one by one: the resolver of a root field answers everything below it.
"""

import strawberry

from graph.schema.connections import Connection, list_changes, list_members, list_pickup_groups, list_users
from graph.schema.enums import ChangeKind, Permission, PickupStatus, StationType
from graph.schema.scalars import DateTime


@strawberry.interface(description="An object with a global id.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="The global id, unique over all types. Treat it as opaque; `node(id:)` takes it."
    )


@strawberry.type(description="A location of the customer, with its own users and pickup groups.")
class Site(Node):
    external_id: str = strawberry.field(description="The site's key in the upstream directory. Unique.")
    name: str = strawberry.field(description="The name of the site.")
    main_number: str | None = strawberry.field(
        description="The lead number in E.164, as in `+15145550100`. A group imported without a name is named after it."
    )
    revision: int = strawberry.field(
        description="The number of changes so far. Every change on the site raises it by one."
    )
    users: "Connection[User]" = strawberry.field(resolver=list_users, description="The users of the site.")
    pickup_groups: "Connection[PickupGroup]" = strawberry.field(
        resolver=list_pickup_groups, description="The pickup groups of the site."
    )
    changes: "Connection[Change]" = strawberry.field(
        resolver=list_changes, description="The history of the site, oldest first, one change for each revision."
    )


@strawberry.type(description="A person of a site and their telephone.")
class User(Node):
    external_id: str = strawberry.field(description="The user's key in the upstream directory. Unique.")
    site: Site = strawberry.field(description="The site that the user belongs to.")
    first_name: str = strawberry.field(description="The first name.")
    last_name: str = strawberry.field(description="The last name.")
    display_name: str = strawberry.field(description="First and last name, or the one that is not empty.")
    extension: str | None = strawberry.field(description="The number to dial inside the site.")
    phone_number: str | None = strawberry.field(description="The direct number in E.164, as in `+15145550142`.")
    email: str | None = strawberry.field(description="The email address.")
    station_type: StationType = strawberry.field(description="What the site has bought for the user's telephone.")
    barge_in_exempt: bool = strawberry.field(
        description="Calls of this user may not be barged in on. Joining a pickup group ends the exemption, so a "
        "member never has it."
    )
    pickup_status: PickupStatus = strawberry.field(
        description="Whether the user is in a pickup group, or may join one."
    )
    pickup_group: "PickupGroup | None" = strawberry.field(description="The pickup group of the user, or null.")


@strawberry.type(description="Users of one site who may answer calls that ring on each other's telephones.")
class PickupGroup(Node):
    site: Site = strawberry.field(description="The site that the group belongs to.")
    name: str = strawberry.field(description="The name, unique within the site; case does not count.")
    version: int = strawberry.field(description="1 at creation. Every change to the group raises it by one.")
    member_count: int = strawberry.field(description="The number of members.")
    members: Connection[User] = strawberry.field(resolver=list_members, description="The users in the group.")
    available_users: Connection[User] = strawberry.field(
        resolver=list_members,
        description="Users who may join: users of the site with an eligible station type who are in no group. The same "
        "list for every group of a site.",
    )
    changes: "Connection[Change]" = strawberry.field(
        resolver=list_changes,
        description="The history of the group, oldest first, one change for each version.",
    )
    created_at: DateTime = strawberry.field(description="When the group was created.")
    updated_at: DateTime = strawberry.field(description="When the group was last changed.")


@strawberry.type(description="One entry in the history of a site.")
class Change(Node):
    site: Site = strawberry.field(description="The site of the change.")
    revision: int = strawberry.field(description="The revision of the site that this change made: 1, 2, 3 …")
    kind: ChangeKind = strawberry.field(description="What kind of change it was.")
    actor: str = strawberry.field(
        description="Who made it: the subject of the token, `anonymous` on an open server, or `import:` and a login "
        "name."
    )
    occurred_at: DateTime = strawberry.field(description="When it was made.")
    pickup_group_id: strawberry.ID | None = strawberry.field(
        description="The id of the changed group, even after the group is deleted; null for a change of the directory."
    )
    pickup_group: PickupGroup | None = strawberry.field(
        description="The group as it is now; null if it has been deleted."
    )
    name_before: str | None = strawberry.field(
        description="The old name of a renamed group, or the name of a deleted one."
    )
    name_after: str | None = strawberry.field(
        description="The name of a created group, or the new name of a renamed one."
    )
    members_added: list[strawberry.ID] = strawberry.field(description="The ids of the users who joined the group.")
    members_removed: list[strawberry.ID] = strawberry.field(description="The ids of the users who left the group.")
    barge_in_exemptions_cleared: list[strawberry.ID] = strawberry.field(
        description="The ids of users who joined and lost their exemption from barge-in."
    )


@strawberry.type(description="The caller and what they may do.")
class Viewer:
    subject: str = strawberry.field(description="The subject of the token; `anonymous` on an open server.")
    permissions: list[Permission] = strawberry.field(
        description="The permissions of the token, for the sites that it grants."
    )
