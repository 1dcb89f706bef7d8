"""The exit codes of the command `pickup`."""

DONE = 0
REFUSED = 1
"""Done, but something was refused or found."""
WRONG = 2
"""Wrong usage or settings, or an unreachable database: one line on standard error says what."""
INTERRUPTED = 130
