"""Networks of any description: layers of their own kinds and widths, both directions, any head."""
