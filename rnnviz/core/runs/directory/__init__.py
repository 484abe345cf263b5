"""A run directory on the disk: its lock, its events, its numbers, and who writes and reads them."""
