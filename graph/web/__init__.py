"""The pages that a browser gets: the portal and GraphiQL."""
