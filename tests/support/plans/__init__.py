"""How the databases execute the lists: rows so many that a bad plan shows, queries, and the limits of their plans."""
