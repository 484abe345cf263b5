"""What every workspace is made of: panels, theme, small widgets."""
