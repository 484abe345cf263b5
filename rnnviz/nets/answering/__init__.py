"""What the engine can do: a function for each request of `work.jobs`, found by its type."""
