"""Rows, rules, pages and search: what Pickup keeps and what may never break. Knows no GraphQL and no HTTP."""
