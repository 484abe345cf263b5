"""What plots are made of: axes, their ticks and numbers, inks, keys, marks; and their export."""
