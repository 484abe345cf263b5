"""A text whose words a network labels: of two columns, with the true labels, or as people write.

In a file of two columns each sentence is a document. In any other text each paragraph or line is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnviz.core.models.network import Symbols
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.files.tagged_texts import tagged_in
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import UNKNOWN_TOKEN, Tokens
from rnnviz.core.sequences.vocabulary import UNKNOWN
from rnnviz.nets.sequence.reading import UNKNOWN_CLASS, Reading, read_tokens
from rnnviz.nets.sequence.symbols.reader import SymbolReader


def read_tagged_text(reads: Symbols, text: Text, labels: Sequence[str]) -> Reading | None:
    """The words of a file of two columns and their labels; None where it is another text.

    Words of a network that reads characters or subwords are cut into these, each with the label of
    its word.
    """
    whole = str(text)
    sentences = tagged_in(whole) if "\n" in whole else None
    said = {word.label for sentence in sentences or () for word in sentence}
    if sentences is None or len(said - set(labels)) > len(said) / 2:
        return None
    reader = SymbolReader(reads)
    places = {label: place for place, label in enumerate(labels)}
    ids, spans, truth, lengths = [], [], [], []
    for sentence in sentences:
        count = 0
        for word in sentence:
            cut = reader.cut(whole[word.start : word.stop])
            whole_word = reads.unit == "words" and len(cut.ids) != 1
            found = reader.cut_whole(whole[word.start : word.stop]) if whole_word else cut
            ids.append(np.where(found.ids == UNKNOWN, UNKNOWN_TOKEN, found.ids))
            spans.append(found.spans + word.start)
            truth += [places.get(word.label, UNKNOWN_CLASS)] * len(found.ids)
            count += len(found.ids)
        lengths.append(count)
    tokens = Tokens(
        np.concatenate(ids).astype(np.uint32),
        np.concatenate(spans),
        text,
        reads.vocabulary,
        Documents.of_lengths(lengths),
        reads.unknown,
    )
    return read_tokens(tokens, np.array(truth, np.int32))
