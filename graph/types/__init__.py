"""The object types of the API: views over rows."""
