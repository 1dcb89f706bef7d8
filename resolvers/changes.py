"""Changes: the history of a site, page by page."""

from models.queries.lists import CHANGES
from models.site import Site
from resolvers.relations import has_list

has_list(Site, "changes", CHANGES)
