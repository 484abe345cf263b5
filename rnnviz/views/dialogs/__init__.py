"""Questions that the window asks in a place of their own."""
