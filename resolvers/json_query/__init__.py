"""A selection compiled to SQL that returns JSON."""
