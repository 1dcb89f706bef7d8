"""Tests of directories as files."""
