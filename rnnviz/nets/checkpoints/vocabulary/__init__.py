"""Word lists and characters: found in files, given, guessed."""
