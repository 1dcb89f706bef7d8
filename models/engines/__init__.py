"""Tortoise's database clients, with the few behaviours that Pickup needs changed."""
