"""What all workspaces share: jobs, the open model and text, the selection, the library."""
