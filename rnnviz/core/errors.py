"""Every error that rnnviz raises on purpose; anything else is a defect.

    RnnvizError
    ├── ModelFileError        a model cannot be opened, and why
    │   ├── VocabularyNeeded  the weights are fine, the characters are missing
    │   ├── SentencesNeeded   a translator whose words are those of a file of sentences
    │   └── ReadingNeeded     the tensors may be several networks; a person has to say which
    ├── TextError             a text cannot be read or walked
    ├── RecordingError        a recording on disk is broken or not of this model
    ├── ConceptError          a concept cannot label this text
    ├── UnitError             a unit is named wrongly, or the model has no such unit
    ├── FindingError          a saved finding cannot be read, kept or shown
    ├── RunDirectoryError     a training run cannot be started, read or continued
    ├── AlignmentError        links or weights cannot be read, or do not fit their tokens
    ├── GradientError         gradients through time cannot be computed or read
    ├── UnrollError           a small network cannot be unrolled, computed or drawn
    └── Cancelled             the person asked for the work to stop

The message of each says what was wrong, what was found, and what to do.
"""


class RnnvizError(Exception):
    """Something a person can understand and act on; shown as it is, without a traceback."""

    @property
    def facts(self) -> dict[str, object]:
        """What a program that catches it may want to know beside the message."""
        return {}


class ModelFileError(RnnvizError):
    """A model file is truncated, foreign, hostile or inconsistent."""


class VocabularyNeeded(ModelFileError):
    """The file holds a network but not the characters its inputs and outputs stand for."""

    def __init__(self, message: str, size: int) -> None:
        super().__init__(message)
        self.size = size
        """How many characters the network expects (V)."""

    @property
    def facts(self) -> dict[str, object]:
        """What the window needs to ask for a vocabulary."""
        return {"size": self.size}


class SentencesNeeded(ModelFileError):
    """The file holds a translator whose words were numbered from a file of sentences."""


class ReadingNeeded(ModelFileError):
    """The tensors of a file may be several networks, and only a person can say which they are."""

    def __init__(self, message: str, readings: tuple[str, ...]) -> None:
        super().__init__(message)
        self.readings = readings
        """What each would be, in words, the likeliest first."""

    @property
    def facts(self) -> dict[str, object]:
        """What the window needs to ask."""
        return {"readings": self.readings}


class TextError(RnnvizError):
    """A text is unreadable, empty, or holds nothing the model knows."""


class RecordingError(RnnvizError):
    """A recording is missing, cut short, or was made by another version."""


class ConceptError(RnnvizError):
    """A concept is unknown, malformed, or has nothing to say about a text."""


class UnitError(RnnvizError):
    """A unit is named wrongly, or the model has no such unit."""


class FindingError(RnnvizError):
    """A saved finding is damaged, cannot be kept, or does not fit what is open."""


class RunDirectoryError(RnnvizError):
    """A run directory is missing, locked, damaged or of another version."""


class AlignmentError(RnnvizError):
    """Links or weights cannot be read, or do not fit the tokens they belong to."""


class GradientError(RnnvizError):
    """Gradients through time cannot be computed for this model and text, or a file is damaged."""


class UnrollError(RnnvizError):
    """A small network cannot be unrolled as it was asked: a symbol, a size, a rate."""


class Cancelled(RnnvizError):
    """The work was stopped on request; what was already written stays."""


def is_our_error(kind: str) -> bool:
    """Whether an error of this class name, from another process, is one that a person can act on.

    >>> is_our_error("TextError"), is_our_error("MemoryError")
    (True, False)
    """
    known = globals().get(kind)
    return isinstance(known, type) and issubclass(known, RnnvizError)
