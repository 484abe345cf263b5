"""Tables, lines and trees of an alignment as they are painted; nothing of the session."""
