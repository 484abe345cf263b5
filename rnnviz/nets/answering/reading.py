"""Walking networks that give a label or a number at every step, and whatever reads numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import TextError
from rnnviz.core.models.network import Head, NetworkDescription, Numbers, Symbols
from rnnviz.core.sequences.files.number_files import Table, read_table
from rnnviz.core.sequences.text import Text
from rnnviz.nets.answering.shared.walking import walk_reading
from rnnviz.nets.classification.documents import read_text as read_documents
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import UNKNOWN_CLASS, Reading, read_numbers
from rnnviz.nets.sequence.symbols.reader import SymbolReader
from rnnviz.nets.sequence.symbols.tagged import read_tagged_text
from rnnviz.nets.walking.outcomes import class_names
from rnnviz.work.jobs.cells import Walk, Walked
from rnnviz.work.jobs.given import TextGiven
from rnnviz.work.messages import Context


def walk(opened: OpenedModel, request: Walk, context: Context[Walked]) -> Walked:
    """Walk what a model reads, and record it in a folder."""
    return walk_reading(opened, read_given(opened.model, request.text), request, context)


def read_given(model: SequenceNetwork, given: TextGiven) -> Reading:
    """What a model reads of a text or of a file of numbers.

    Raises:
        TextError: it cannot be read, or is nothing for this model.
    """
    if isinstance(model.network.reads, Symbols):
        return documents_of(model.network, given.read())
    if not given.path:
        raise TextError("the model reads numbers; open a CSV, NPY or NPZ file of them")
    return read_table_for(model, read_table(Path(given.path)))


def documents_of(network: NetworkDescription, text: Text) -> Reading:
    """The documents, or the sentences with a label at each word, that a network reads of a text.

    Raises:
        TextError: there is no token at all.
    """
    reads, classes = network.reads, class_names(network.head)
    assert isinstance(reads, Symbols)
    if not network.answers_each:
        return read_documents(text, SymbolReader(reads), classes).reading
    tagged = read_tagged_text(reads, text, classes)
    return tagged or read_documents(text, SymbolReader(reads), ()).reading


def read_table_for(model: SequenceNetwork, table: Table) -> Reading:
    """The columns that a model reads, by name or by order, and those that are to come out.

    Raises:
        TextError: the file has too few columns.
    """
    reads, head = model.network.reads, model.network.head
    assert isinstance(reads, Numbers)
    named = all(column in table.columns for column in reads.columns)
    own = tuple(column for column in table.columns if column not in table.outputs)
    columns = reads.columns if named else own
    if not named and len(own) != len(reads.columns):
        raise TextError(
            f"{table.name} has the columns {', '.join(own[:20])}, and the model reads "
            f"{', '.join(reads.columns[:20])}; a file with these is wanted"
        )
    numbers = table.numbers(columns)
    return read_numbers(reads, numbers, *_answers(table, numbers.values, columns, head))


def _answers(
    table: Table, read: npt.NDArray[np.float32], columns: tuple[str, ...], head: Head
) -> tuple[npt.NDArray[np.float32] | None, npt.NDArray[np.int32] | None]:
    """The numbers, or the classes, that are to come out at each step, where the file says them."""
    if head.gives != "linear":
        words = next((w for w in table.words.values() if set(w) & set(head.outputs)), None)
        if words is None:
            return None, None
        places = {name: place for place, name in enumerate(class_names(head))}
        return None, np.array([places.get(word, UNKNOWN_CLASS) for word in words], np.int32)
    if head.outputs == tuple(f"next {column}" for column in columns):
        following = np.full_like(read, np.nan)
        for start, stop in table.documents:
            following[start : stop - 1] = read[start + 1 : stop]
        return following, None
    wanted = head.outputs if set(head.outputs) <= set(table.columns) else table.outputs
    if len(wanted) != len(head.outputs):
        return None, None
    return table.numbers(wanted).values, None


MODEL_JOBS = by_request(walk)
