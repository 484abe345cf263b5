"""Stories in the window: the one that is told, and making and sharing them."""
