"""What the hover card says of one character: read from the recording, no arithmetic of its own."""

from __future__ import annotations

import math

from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.session.shared.selection import Selection
from rnnviz.views.text.hover_card import HoverFacts


def hover_facts(
    recording: Recording, selection: Selection, character: int, text: Text, offset: int = 0
) -> HoverFacts:
    """The facts about one walked character and the selected unit.

    Args:
        character: counted in the text on the screen,
        text: which knows its lines already.
        offset: where in that text the recording begins.
    """
    place = character - offset
    line = text.line_of(character)
    surprisal = float(recording.surprisal[place])
    letters = recording.vocabulary.characters
    return HoverFacts(
        character=text.slice(character, character + 1),
        offset=character,
        line=line + 1,
        column=character - int(text.line_starts[line]) + 1,
        known=bool(recording.known(place, place + 1)[0]),
        channel=selection.channel,
        values={
            channel: float(recording.values(channel, selection.unit)[place])
            for channel in recording.channels
        },
        surprisal_bits=None if math.isnan(surprisal) else surprisal,
        predictions=tuple(
            (letters[int(letter)], float(probability))
            for letter, probability in zip(
                recording.top_ids[place], recording.top_p[place], strict=True
            )
            if probability > 0
        ),
        ranges={channel: recording.about_channel(channel).range for channel in recording.channels},
    )
