"""The steps that bring a database up to date, run in order by Tortoise."""
