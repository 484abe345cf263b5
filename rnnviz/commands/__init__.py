"""The commands, one module each: arguments and printing; the work is done by the engine's tasks."""
