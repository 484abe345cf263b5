"""What the hover card says of one character: read from the recording, no arithmetic of its own."""

from __future__ import annotations

import math

from rnnviz.core.recording import Recording
from rnnviz.session.selection import Selection
from rnnviz.views.hover_card import HoverFacts


def hover_facts(recording: Recording, selection: Selection, character: int) -> HoverFacts:
    """The facts about one walked character and the selected unit."""
    text = recording.text
    line = text.line_of(character)
    surprisal = float(recording.surprisal[character])
    letters = recording.vocabulary.characters
    return HoverFacts(
        character=text.slice(character, character + 1),
        offset=character,
        line=line + 1,
        column=character - int(text.line_starts[line]) + 1,
        known=bool(recording.known(character, character + 1)[0]),
        channel=selection.channel,
        values={
            channel: float(recording.values(channel, selection.unit)[character])
            for channel in recording.channels
        },
        surprisal_bits=None if math.isnan(surprisal) else surprisal,
        predictions=tuple(
            (letters[int(place)], float(probability))
            for place, probability in zip(
                recording.top_ids[character], recording.top_p[character], strict=True
            )
            if probability > 0
        ),
    )
