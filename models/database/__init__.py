"""Connections, transactions, failures."""
