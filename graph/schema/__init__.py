"""The public contract: types, inputs, payloads, and the root fields with their resolvers."""
