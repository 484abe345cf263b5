"""What the engine can do: one module a workspace, one function a task.

A task is a function from JSON-able arguments to a JSON-able result. The window reaches these
through a child process, the command line in its own; arrays go to files. `table.py` lists them all.
"""
