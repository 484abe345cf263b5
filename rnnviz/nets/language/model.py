"""The language model: a network that reads symbols and says at every step which comes next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from torch import Tensor, nn

from rnnviz.core.models.network import Described, Symbols
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.vocabulary import Vocabulary
from rnnviz.nets.sequence.network import NetworkState, SequenceNetwork, build_as
from rnnviz.nets.sequence.reading import Reading, read_text
from rnnviz.nets.sequence.symbols.reader import SymbolReader

State = NetworkState


class LanguageModel(SequenceNetwork):
    """Predicts the next symbol from all that came before; answers (T, B, V) are logits.

    Whatever the version of its file, it is a network of `network_of(description)`.
    """

    @property
    def symbols(self) -> tuple[str, ...]:
        """The vocabulary: what it reads, and what it predicts."""
        return self.network.symbols

    @cached_property
    def reader(self) -> SymbolReader:
        """What cuts a text into its symbols."""
        assert isinstance(self.network.reads, Symbols)
        return SymbolReader(self.network.reads)

    def advance(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """One symbol of B streams, (B,): logits (B, V), and the state after it.

        Layers step, which for a single symbol takes a fifth of the time of their fused modules.
        """
        if self.network.windows is not None:
            answers, later = self(ids.unsqueeze(0), state)
            return answers[0], later
        front = self.embed(ids)
        given: list[Tensor] = []
        after = []
        for place, layer in enumerate(self.recurrent):
            inputs = self.layer_input(place, front, given)
            hidden, stepped = layer.advance(inputs, state[place])
            given.append(self.layer_output(place, inputs, [hidden]))
            after.append(stepped)
        return self.answers(given), tuple(after)

    def read(self, text: Text) -> Reading:
        """A text in its symbols."""
        return read_text(self.network.reads, text)

    def characters(self) -> Vocabulary:
        """The symbols as a set of characters.

        Raises:
            ModelFileError: they are none.
        """
        return Vocabulary(self.symbols)


def build_language_model(
    description: Described, tensors: Mapping[str, Tensor], file: str
) -> LanguageModel:
    """The model of this description with these weights, in float32, in evaluation mode.

    Raises:
        ModelFileError: a shape or a type does not fit, or a weight is NaN or infinite.
    """
    return build_as(LanguageModel, description, tensors, file)


def count_parameters(model: nn.Module) -> int:
    """How many numbers training adjusts."""
    return sum(parameter.numel() for parameter in model.parameters())
