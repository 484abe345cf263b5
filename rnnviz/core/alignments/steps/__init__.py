"""What a decoder does word for word: its numbers, the picture of a step, the formulas in it."""
