"""What a walk leaves on disk, and how it is read."""
