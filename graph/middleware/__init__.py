"""Around every request: access log, errors, host check, CORS."""
