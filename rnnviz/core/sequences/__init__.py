"""What a network reads: texts of any length, and the characters that it knows."""
