"""What each field and each mutation of the API does; no GraphQL, no HTTP."""

# Importing these modules declares the row types, which lead to one another.
from resolvers import changes, pickup_groups, sites, users

__all__ = ["changes", "pickup_groups", "sites", "users"]
