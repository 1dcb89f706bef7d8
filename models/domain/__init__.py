"""What may never break: rules, group names, membership, change log."""
