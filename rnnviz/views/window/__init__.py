"""The window itself: workspaces, library, menus, and the wires between them."""
