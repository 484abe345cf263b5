"""The Cells workspace: a text coloured by one unit."""
