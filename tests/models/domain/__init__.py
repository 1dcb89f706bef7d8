"""Tests of what may never break."""
