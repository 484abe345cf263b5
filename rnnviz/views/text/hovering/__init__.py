"""The card beside the pointer: what one character is, and what a unit does there."""
