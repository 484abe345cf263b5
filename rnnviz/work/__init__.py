"""Child processes and the messages that cross to them; neither Qt nor torch."""
