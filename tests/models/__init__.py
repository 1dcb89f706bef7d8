"""The rows, rules and text forms, tested directly."""
