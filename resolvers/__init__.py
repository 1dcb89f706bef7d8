"""What each field and each action of the API does: plain values in, rows out."""

# Importing a module registers its loaders.
from resolvers import changes, nodes, pickup_groups, sites, transactions, users

__all__ = ["changes", "nodes", "pickup_groups", "sites", "transactions", "users"]
