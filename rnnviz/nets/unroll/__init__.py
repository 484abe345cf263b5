"""Small networks computed so that every number can be shown."""
