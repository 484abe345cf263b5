"""Everything that a person can do: the table of actions, their keys, the palette."""
