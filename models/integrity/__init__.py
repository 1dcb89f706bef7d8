"""`pickup check`."""
