"""Reading model files, ours and other people's. To add a format: a file here, and its name below."""
