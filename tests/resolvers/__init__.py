"""Tests of what each field and each action does."""
