"""Networks in foreign files: found by shapes and names or along a chain, and described."""
