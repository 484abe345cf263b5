"""Files of Torch7."""
