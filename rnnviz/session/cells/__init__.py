"""What is asked about units on the open text."""
