"""The tests mirror the three packages; whole-server tests stand beside them."""
