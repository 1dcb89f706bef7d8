"""Directories: sites, users and groups as CSV files, loaded from an upstream system and written back."""
