"""Words in the window: names from files stay plain, figures are never cut, all of it is spoken."""
