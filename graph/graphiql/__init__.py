"""GraphiQL: the page, its assets and the documents that it opens with."""
