"""Widgets: each shows one thing, asks the session for it, and tells the session what was wished."""
