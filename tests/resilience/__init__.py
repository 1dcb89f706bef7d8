"""What Pickup promises while many act at once, processes are killed and the database goes away."""
