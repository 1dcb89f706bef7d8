"""The GraphQL face and the server: everything a client or an operator touches."""
