"""What the engine can do: one module a workspace, one function a task.

A task is a function from a request of `work.jobs` to its answer; the annotation of its `request`
says which it takes. The window reaches these through a child process, the command line in its own;
arrays go to files. `table.py` lists them all.
"""
