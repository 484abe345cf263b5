"""What units do on a text, as facts: patterns, snippets, saturation, order, findings."""
