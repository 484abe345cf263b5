"""Small widgets: choices, fields for numbers, segments, tables and rows that wrap."""
