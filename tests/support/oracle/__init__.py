"""The oracle: graphql-core executes the public schema over plain Python rows, to hold the server's answers against.

It shares with the server the SDL, the search folding and the encoding of cursors, and nothing else.
"""
