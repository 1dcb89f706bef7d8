"""What migrations are made of: operations with hand-written SQL for both databases, each of which can run again."""
