"""The command `pickup`."""
