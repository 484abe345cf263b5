"""The symbols of a text that a language model knows, as gradients are taken over them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import torch

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.nets.answering.gradients.fields import Growing, Shares, field_facts
from rnnviz.nets.language.model import LanguageModel
from rnnviz.work.jobs.gradients import ComputeField


class Reading:
    """The symbols of a text that a model knows, each a step, and where they stand."""

    def __init__(self, model: LanguageModel, text: Text) -> None:
        self._model, self._name = model, text.name
        reading = model.read(text)
        known, self.ids = reading.take(0, len(reading))
        steps = np.flatnonzero(known)
        self.places = self._steps = steps
        if isinstance(reading.sequence, Tokens):
            self.places = np.asarray(reading.sequence.spans)[steps, 0]
        self.ends: npt.NDArray[np.int64] | None = None
        """Where each symbol ends, where one may be longer than a character."""
        if isinstance(reading.sequence, Tokens):
            self.ends = np.asarray(reading.sequence.spans)[steps, 1]
        if len(self.ids) < 2:
            symbols = "".join(model.symbols)[:80]
            what = "characters" if isinstance(reading.sequence, Text) else "symbols"
            raise TextError(
                f"a loss needs two {what} that the model knows, one to read and one to predict; "
                f"the text has {len(self.ids)}, of {len(reading):,} in all. The model knows "
                f"{symbols!r}"
            )

    def field(self, request: ComputeField, begin: int, stop: int, share: Shares) -> Growing:
        """A field over the steps from `begin` on, up to and with `stop`: nothing is in it yet."""
        facts = msgspec.structs.replace(
            field_facts(self._model, request, self._name), skipped=self._skipped(begin, stop)
        )
        growing = Growing(Path(request.path), facts, self.places[begin : stop + 1], share)
        if self.ends is not None:
            growing.arrays["ends"] = torch.from_numpy(self.ends[begin : stop + 1])
        return growing

    def _skipped(self, begin: int, stop: int) -> int:
        """How many symbols between two steps the model does not know."""
        return int(self._steps[stop] - self._steps[begin]) - (stop - begin)

    def step_before(self, character: int) -> int:
        """The step that predicts the first known character from here on, at most the last one."""
        found = int(np.searchsorted(self.places, character)) - 1
        return min(max(found, 0), len(self.ids) - 2)
