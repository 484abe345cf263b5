"""What a translation model says about itself; read without torch, for the window's lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from rnnviz.core.system.ready_types import ready

from rnnviz.core.architectures import ArchitectureFacts, facts_of
from rnnviz.core.errors import ModelFileError

TRANSLATION = "translation"
SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")
"""The first tokens of every vocabulary: filling, begin, end, and whatever is not in it."""
PAD_ID, BEGIN_ID, END_ID, UNKNOWN_ID = range(4)

ATTENTIONS = ("additive", "dot", "general", "none", "position")
_LARGEST = 65536


class TokenizerDescription(msgspec.Struct, frozen=True, kw_only=True):
    """How the sentences of one language become tokens."""

    kind: str
    """`words`, `subwords` or `characters`."""
    tokens: tuple[str, ...]
    """V tokens; a token's id is its place, the first four are `SPECIAL`."""
    lower: bool = False
    """Sentences are put in lower case first."""
    model: str = ""
    """Subwords only: the model of sentencepiece, in base 64."""
    signs: str = ""
    """Subwords only. `joined`: signs that stand apart are put to their words before a sentence is
    cut (`core.alignments.words.sentences`). `high-apart`: likewise, and written with a blank before
    ? ! ; : as in French. Empty: as they stand, in older files."""
    split: str = ""
    """Words only: how the program that made their list cuts sentences, a name of `SPLITS` of
    `nets.alignments.listed_tokenizer`; empty for ours."""
    begins: bool = False
    """With `split`: whether the mark for the beginning is read before the words."""


class SideTold(msgspec.Struct, frozen=True):
    """What is told of the tokens of one language, without the list of them."""

    kind: str = ""
    size: int = 0
    split: str = ""
    """As in `TokenizerDescription`."""


class TranslatorTold(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a translation model whose word lists stay where it is loaded.

    Of weights from a file of another program only some of it is known: what is empty is not.
    """

    name: str = ""
    architecture: str = ""
    units: int = 0
    bidirectional: bool = False
    attention: str = ""
    order: str = ""
    input_feeding: bool = False
    source: SideTold = SideTold()
    target: SideTold = SideTold()
    source_language: str = ""
    target_language: str = ""
    examples: tuple[str, ...] = ()

    @classmethod
    def of(cls, plain: Mapping[str, object]) -> TranslatorTold:
        """What of a description as plain JSON is told here."""
        return msgspec.convert(plain, ready(cls))


class RecurrentDescription(msgspec.Struct, frozen=True, kw_only=True):
    """A recurrent module of PyTorch."""

    kind: str
    """Its name in `torch.nn`."""
    inputs: int
    units: int
    layers: int = 1
    both: bool = False
    """Whether it reads both ways."""
    bias: bool = True
    relu: bool = False
    """Of an RNN: whether it has relu in place of tanh."""


class PairDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What an encoder and a decoder of another program compute otherwise than ours."""

    program: Literal["tutorial", "pair"]
    """PyTorch's tutorial, or one like the usual programs (`nets.alignments.networks.pair_model`)."""
    encoder: RecurrentDescription
    decoder: RecurrentDescription
    order: Literal["before", "after"] = "before"
    """As are the next ones, see `PairForm`."""
    summed: bool = False
    squashed: bool = False
    carried: bool = False
    read: tuple[Literal["hidden", "context", "embedded"], ...] = ("hidden",)


class TranslationDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What an encoder-decoder is: its sizes, its attention, its two vocabularies."""

    architecture: str
    """A name of `core.architectures.ARCHITECTURES`, of encoder and decoder."""
    layers: int
    units: int
    """U of every layer; a bidirectional encoder has U in each direction."""
    embedding: int
    """E, the width of the learned embeddings of both languages."""
    source: TokenizerDescription
    target: TokenizerDescription
    bidirectional: bool = True
    attention: str = "additive"
    """`additive`, `dot`, `general`, or `none`: the context is the last state of the encoder."""
    attention_units: int = 0
    """A, the width of the layer inside additive attention; 0 means U."""
    order: str = "before"
    """`before`: the context is found from s_{t-1} and enters the step (Bahdanau et al. 2015);
    `after`: it is found from s_t and joins the output (Luong et al. 2015)."""
    input_feeding: bool = False
    """With `after`: the last attentional state enters the next step."""
    coverage: bool = False
    """With `additive`: the weights so far enter the score (Tu et al. 2016)."""
    guided: float = 0.0
    """The weight, beside the loss of the words, of the loss that drew the attention to the links of
    an aligner in training (Liu et al. 2016; Mi, Wang and Ittycheriah 2016); 0 for none."""
    pair: PairDescription | None = None
    """Where encoder and decoder are those of another program, what they compute."""
    task: str = TRANSLATION
    name: str = ""
    source_language: str = ""
    target_language: str = ""
    examples: tuple[str, ...] = ()
    """Sentences to try, the first is shown when the model opens."""
    training: dict[str, object] = {}
    """A summary for people: corpus, steps, losses in nats, BLEU, duration."""
    version: int = 1

    @property
    def facts(self) -> ArchitectureFacts:
        """What there is to know of its layers.

        Raises:
            ModelFileError: the architecture is unknown here.
        """
        return facts_of(self.architecture)

    @property
    def context_width(self) -> int:
        """C: the width of an encoder state."""
        return self.units * (2 if self.bidirectional else 1)

    @property
    def summary(self) -> str:
        """What it is, in a phrase for people."""
        return f"Translates, with{'out' * (self.attention == 'none')} attention"

    def check(self, name: str) -> None:
        """Refuse sizes and settings that make no sense; `name` is the file's.

        Raises:
            ModelFileError: naming what is wrong.
        """
        sizes_fit = (
            1 <= self.layers <= 64
            and 1 <= self.units <= _LARGEST
            and 1 <= self.embedding <= _LARGEST
            and 0 <= self.attention_units <= _LARGEST
        )
        if not sizes_fit:
            raise ModelFileError(
                f"{name} claims {self.layers} layers of {self.units} units and an embedding of "
                f"{self.embedding}; the description is damaged"
            )
        if problem := self.problem():
            raise ModelFileError(f"{name}: {problem}")
        for side in (self.source, self.target):
            if side.tokens[: len(SPECIAL)] != SPECIAL or len(side.tokens) <= len(SPECIAL):
                raise ModelFileError(
                    f"a vocabulary of {name} does not begin with {', '.join(SPECIAL)} and tokens "
                    "after them; the description is damaged"
                )

    def problem(self) -> str:
        """What cannot go together among attention, order, feeding and coverage; or nothing."""
        if self.attention not in ATTENTIONS:
            return f"the attention {self.attention!r} is unknown; known are {', '.join(ATTENTIONS)}"
        if self.order not in ("before", "after"):
            return f"the order {self.order!r} is unknown; it is before or after"
        if self.attention == "dot" and self.bidirectional:
            return (
                "dot attention compares the states of decoder and encoder as they are, so both "
                "need one width: use a one-way encoder, or general attention"
            )
        if self.input_feeding and (self.order != "after" or self.attention == "none"):
            return "input feeding goes with attention after the step"
        if self.coverage and self.attention != "additive":
            return "coverage enters the score of additive attention; this model has none"
        return ""
