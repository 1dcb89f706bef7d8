"""The clients that front ends use, in node, against a listening server."""
