"""What a text needs beside its characters: encodings, lines, columns, directions, patterns."""
