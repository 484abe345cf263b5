"""The Training workspace: runs as they go on."""
