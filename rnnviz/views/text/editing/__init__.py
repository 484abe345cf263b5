"""The caret: typing, composing, selecting, and going through a text by keyboard."""
