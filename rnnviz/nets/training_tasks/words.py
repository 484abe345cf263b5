"""Training a language model of words or subwords, as one of characters is trained."""

from __future__ import annotations

import msgspec

from rnnviz.core.errors import RnnvizError
from rnnviz.core.models.network import (
    FRONT,
    Described,
    Embedding,
    Head,
    LayerDescription,
    NetworkDescription,
    OneHot,
    Readout,
    SequenceDescription,
)
from rnnviz.nets.sequence.symbols.reader import SymbolReader
from rnnviz.nets.training_tasks.characters import CharacterTask, Encode
from rnnviz.nets.training_tasks.task import options_as


class WordOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only this task can be told."""

    tokens: str = "words"
    """`words` or `subwords`."""
    vocabulary: int = 10_000
    """Tokens at most; rarer words are unknown."""
    lower: bool = False


class WordTask(CharacterTask):
    """A text, and a model that learns to predict its next word."""

    name = "words"
    unit = "words"
    sampled = 80

    def described(self, text: str) -> tuple[Described, Encode]:
        """The commonest words of the text, and a network that reads and predicts them.

        Raises:
            RnnvizError: an option is wrong, or the text holds too little.
        """
        config = self.config
        options = options_as(WordOptions, config, self.name)
        if options.tokens not in ("words", "subwords"):
            raise RnnvizError(
                f"the tokens are {options.tokens!r}; they may be words or subwords, and characters "
                "with --task characters"
            )
        parts = [text] if options.tokens == "words" else text.splitlines()
        reader = SymbolReader.trained(
            options.tokens, parts, options.vocabulary, options.lower, paragraphs=True
        )
        count, skip = config.layers, config.skip
        network = NetworkDescription(
            reads=reader.symbols,
            front=Embedding(width=config.embedding) if config.embedding else OneHot(),
            layers=tuple(
                LayerDescription(
                    architecture=config.architecture,
                    units=config.units,
                    inputs=(layer - 1, FRONT) if skip and layer else (),
                )
                for layer in range(count)
            ),
            readout=Readout(layers=tuple(range(count)) if skip else ()),
            head=Head(outputs=reader.symbols.vocabulary),
        )
        description = SequenceDescription(
            task=self.name, network=network, name=config.name, default_text=config.default_text
        )
        return description, reader.encode
