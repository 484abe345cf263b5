"""How characters become pixels: glyphs, colours, marks, and the same as a figure."""
