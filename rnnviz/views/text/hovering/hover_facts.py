"""What the hover card says of one character: read from the recording, no arithmetic of its own."""

from __future__ import annotations

import math

from rnnviz.core.recordings.ranges import holds
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.session.shared.selection import Selection
from rnnviz.views.text.hovering.hover_card import HoverFacts


def hover_facts(
    recording: Recording, selection: Selection, character: int, text: Text, offset: int = 0
) -> HoverFacts:
    """The facts about one walked character and the selected unit.

    Args:
        character: counted in the text on the screen,
        text: which knows its lines already.
        offset: where in that text the recording begins.
    """
    place = recording.sequence.step_at(character - offset)
    line = text.line_of(character)
    bits = math.nan if recording.surprisal is None else float(recording.surprisal[place])
    unit = selection.unit
    channels = recording.groups.of(unit).channels
    return HoverFacts(
        character=recording.sequence.label(place)
        if len(recording.text) != recording.length
        else text.slice(character, character + 1),
        offset=character,
        line=line + 1,
        column=character - int(text.line_starts[line]) + 1,
        known=bool(recording.known(place, place + 1)[0]),
        channel=selection.channel,
        values={
            channel: float(recording.values(channel, unit)[place])
            for channel in channels
            if holds(recording.ranges_of(unit), place)
        },
        surprisal_bits=None if math.isnan(bits) else bits,
        predictions=recording.likeliest(place),
        unit=recording.unit_title(unit),
        ranges={channel: recording.about_channel(channel, unit).range for channel in channels},
    )
