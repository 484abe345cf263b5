"""What the person is looking at: objects with signals, no widgets, no torch."""
