"""Lists, filters, pagination, cursors, search, and the statement builder."""
