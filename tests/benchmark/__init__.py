"""What Pickup costs, measured against the price of a hand-written endpoint on the same machine in the same minutes."""
