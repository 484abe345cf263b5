"""Folders that run in a browser: TensorFlow.js and ml5."""
