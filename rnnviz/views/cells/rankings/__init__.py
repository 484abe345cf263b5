"""Tables of units, by how well they follow a concept or tell a label."""
