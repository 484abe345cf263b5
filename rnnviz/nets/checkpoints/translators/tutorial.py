"""Encoder and decoder files of PyTorch's translation tutorial, its older form and its newer one.

Two `state_dict` files, and the file of sentences that the words were numbered from. Nothing is
run that they hold (`pytorch_file`).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.alignments.files.parallel_corpus import read_pairs
from rnnviz.core.errors import ModelFileError, RnnvizError, SentencesNeeded, TextError
from rnnviz.core.files.reading import check_fits
from rnnviz.core.models.translation import BEGIN_ID, END_ID, PAD_ID, SPECIAL, TranslationDescription
from rnnviz.core.sequences.texts.lines import read_lines
from rnnviz.nets.alignments.batches import make_batch
from rnnviz.nets.alignments.decoding.decoding import decode_many
from rnnviz.nets.alignments.networks.tutorial_model import TutorialTranslator
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.pytorch.file import looks_like_pytorch, read_pytorch, weights_in
from rnnviz.nets.checkpoints.translators.pair import Pair, opened_pair, pair_in
from rnnviz.nets.checkpoints.translators.tutorial_words import Candidate, candidates
from rnnviz.nets.checkpoints.translators.word_lists import contents_beside, pair_of_lists
from rnnviz.nets.opened import OpenedModel
from rnnviz.nets.sequence.weights import check_weights

_GRU = {
    "embedding.weight", "gru.weight_ih_l0", "gru.weight_hh_l0", "gru.bias_ih_l0", "gru.bias_hh_l0",
}  # fmt: skip
_OLDER = {"attn", "attn_combine", "out"}
_NEWER = {"attention.Wa", "attention.Ua", "attention.Va", "out"}
_JUDGED = 200
_LARGEST_TEXT = 64 * 1024 * 1024

Tensors = dict[str, Tensor]


class Halves(NamedTuple):
    """Both files, read."""

    encoder: Tensors
    decoder: Tensors
    older: bool


def _decoder_names(parts: set[str]) -> set[str]:
    return _GRU | {f"{part}.{kind}" for part in parts for kind in ("weight", "bias")}


def half_of(file: ModelFile) -> tuple[str, Tensors] | None:
    """Which half a file is, `encoder`, `older` or `newer`, with its tensors; None for neither."""
    if not file.read(looks_like_pytorch):
        return None
    for weights in weights_in(file.read(read_pytorch).content):
        tensors, names = weights.tensors, set(weights.tensors)
        for kind, wanted in (
            ("encoder", _GRU),
            ("older", _decoder_names(_OLDER)),
            ("newer", _decoder_names(_NEWER)),
        ):
            if names == wanted:
                return kind, {name: tensor.float() for name, tensor in tensors.items()}
    return None


class Tutorial:
    """Reads the two files, encoder and decoder, of a training of the tutorial."""

    name = "pytorch-tutorial"
    title = "PyTorch tutorial"
    holds = "encoder and decoder of PyTorch's translation tutorial, older and newer form, two files"
    needs = "the word lists (`Lang` pickles, JSON), or the file of sentences that they come from"
    refuses = "halves of different trainings"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether the file is one half of such a pair."""
        found = _quietly(file)
        if found is None or found[0] != "encoder":
            return found is not None
        pair = file.find(pair_in)  # an encoder alone is that of other programs, too
        return pair is None or set(pair.decoder) in (
            _decoder_names(_OLDER),
            _decoder_names(_NEWER),
        )

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The translator of which this file is one half; the other lies beside it.

        Args:
            companions: the file of sentences; by default a text file with tabs in the same folder.

        Raises:
            SentencesNeeded: no file of sentences is given, and none lies there.
            ModelFileError: a half is missing, or they do not fit together.
        """
        halves = _halves(file)
        sizes = (
            halves.encoder["embedding.weight"].shape[0],
            halves.decoder["embedding.weight"].shape[0],
        )
        _check_shapes(halves, file.name)
        given = companions.sentences
        files = [given] if given is not None else _sentence_files(file.path.parent)
        listed = pair_of_lists(contents_beside(file.path, given), sizes)
        if listed is not None:
            pair = Pair(halves.encoder, halves.decoder, None, listed)
            form = "older" if halves.older else "newer"
            return opened_pair(pair, file, companions, f"{Tutorial.title}, {form} form")
        if not files:
            raise SentencesNeeded(
                f"{file.name} is half of a translator of PyTorch's tutorial for {sizes[0]:,} "
                f"source and {sizes[1]:,} target words, which keeps no word lists; put these (its "
                "`Lang` objects as a pickle, or JSON) or the file of its sentences (a tab between "
                "the languages) beside it"
            )
        found = [_judged(halves, candidate) for one in files for candidate in _fitting(one, sizes)]
        if not found:
            named = ", ".join(one.name for one in files)
            raise ModelFileError(
                f"no filter of the tutorial makes {sizes[0]:,} source and {sizes[1]:,} target "
                f"words of {named}; give the file that this model was trained on"
            )
        nats, model, candidate = min(found, key=lambda item: item[0])
        form = "older" if halves.older else "newer"
        notes = _notes(model, candidate, nats, len(found))
        return OpenedModel("translator", model, f"{Tutorial.title}, {form} form", notes)


def _halves(file: ModelFile) -> Halves:
    """Both halves: this file, and the one beside it that fits.

    Raises:
        ModelFileError: one is missing, or several fit.
    """
    first = half_of(file)
    if first is None:
        raise ModelFileError(f"{file.name} is no half of a translator of PyTorch's tutorial")
    known: dict[str, list[Tensors]] = {"encoder": [], "decoder": []}
    forms: list[str] = []
    found, folder = [first], file.path.parent
    for other in sorted(folder.iterdir()):
        if not other.is_file() or other.resolve() == file.path.resolve():
            continue
        half = _quietly(ModelFile(other))
        if half is not None and (half[0] == "encoder") != (first[0] == "encoder"):
            found.append(half)
    for kind, tensors in found:
        known["encoder" if kind == "encoder" else "decoder"].append(tensors)
        if kind != "encoder":
            forms.append(kind)
    for side, tensors_of in known.items():
        if len(tensors_of) != 1:
            said = "none lies" if not tensors_of else f"{len(tensors_of)} lie"
            raise ModelFileError(
                f"a translator of PyTorch's tutorial is two files, encoder and decoder; {said} "
                f"beside {file.name} that is the {side}. Put the two of a training in a folder of "
                "their own"
            )
    return Halves(known["encoder"][0], known["decoder"][0], forms[0] == "older")


def _quietly(file: ModelFile) -> tuple[str, Tensors] | None:
    try:
        check_fits(file.path)
        return half_of(file)
    except (ModelFileError, OSError):
        return None


def _check_shapes(halves: Halves, file: str) -> None:
    """Every shape against the width of the encoder.

    Raises:
        ModelFileError: naming the tensor that does not fit.
    """
    units = halves.encoder["gru.weight_hh_l0"].shape[-1]
    vocabulary = halves.decoder["embedding.weight"].shape[0]
    source = halves.encoder["embedding.weight"].shape[0]
    slots = halves.decoder["attn.weight"].shape[0] if halves.older else 0
    entering = units if halves.older else 2 * units
    gru = {
        "gru.weight_hh_l0": (3 * units, units),
        "gru.bias_ih_l0": (3 * units,),
        "gru.bias_hh_l0": (3 * units,),
    }
    wanted_encoder = {
        **gru, "embedding.weight": (source, units), "gru.weight_ih_l0": (3 * units, units),
    }  # fmt: skip
    wanted_decoder = {
        **gru,
        "embedding.weight": (vocabulary, units),
        "gru.weight_ih_l0": (3 * units, entering),
        "out.weight": (vocabulary, units),
        "out.bias": (vocabulary,),
    }
    if halves.older:
        wanted_decoder |= {
            "attn.weight": (slots, 2 * units),
            "attn.bias": (slots,),
            "attn_combine.weight": (units, 2 * units),
            "attn_combine.bias": (units,),
        }
    else:
        for part, rows in (("Wa", units), ("Ua", units), ("Va", 1)):
            wanted_decoder[f"attention.{part}.weight"] = (rows, units)
            wanted_decoder[f"attention.{part}.bias"] = (rows,)
    for side, tensors, wanted in (
        ("encoder", halves.encoder, wanted_encoder),
        ("decoder", halves.decoder, wanted_decoder),
    ):
        for name, shape in wanted.items():
            if tuple(tensors[name].shape) != shape:
                raise ModelFileError(
                    f"the {side} of {file} has {name} of shape {tuple(tensors[name].shape)}; with "
                    f"{units} units it should be {shape}, so the two files are of different "
                    "trainings, or it is another network"
                )
            check_weights(name, tensors[name], file)


def _sentence_files(folder: Path) -> list[Path]:
    """Text files of the folder that have tabs in their first lines."""
    found = []
    for path in sorted(folder.iterdir()):
        named = path.suffix.lower() in (".txt", ".tsv") and path.is_file()
        if named and path.stat().st_size <= _LARGEST_TEXT:
            try:
                if any("\t" in line for line in read_lines(path)[:10]):
                    found.append(path)
            except TextError:
                continue
    return found


def _fitting(path: Path, sizes: tuple[int, int]) -> list[Candidate]:
    try:
        return list(candidates(read_pairs([path]), sizes))
    except TextError as error:
        raise ModelFileError(str(error)) from error


def _widened(weight: Tensor, ends: int, fill: float = 0.0) -> Tensor:
    """Rows SOS, EOS, words as rows of `SPECIAL` and words; filling and the unknown get `fill`."""
    rows = weight.new_full((len(SPECIAL), *weight.shape[1:]), fill)
    rows[BEGIN_ID], rows[END_ID] = weight[0], weight[1]
    return torch.cat([rows, weight[ends:]])


def _judged(halves: Halves, candidate: Candidate) -> tuple[float, TutorialTranslator, Candidate]:
    """The translator with these words, and its loss on their sentences in nats a word."""
    units = halves.encoder["gru.weight_hh_l0"].shape[1]
    description = TranslationDescription(
        architecture="gru",
        layers=1,
        units=units,
        embedding=units,
        source=candidate.source.description,
        target=candidate.target.description,
        bidirectional=False,
        attention="position" if halves.older else "additive",
        name="PyTorch tutorial",
        examples=tuple(
            dict.fromkeys(
                pair[0].strip() for pair in candidate.pairs[:: max(1, len(candidate.pairs) // 5)]
            )
        ),
    )
    encoder = {**halves.encoder}
    encoder["embedding.weight"] = _widened(encoder["embedding.weight"], 2)
    decoder = {**halves.decoder}
    decoder["embedding.weight"] = _widened(decoder["embedding.weight"], 2)
    decoder["out.weight"] = _widened(decoder["out.weight"], 2)
    decoder["out.bias"] = _widened(decoder["out.bias"], 2, fill=-1e4)
    model = TutorialTranslator(description, candidate.source, candidate.target, encoder, decoder)
    return _loss(model, candidate), model, candidate


@torch.inference_mode()
def _loss(model: TutorialTranslator, candidate: Candidate) -> float:
    """Mean loss on some of the sentences, in nats a word, given the true words before it."""
    some = candidate.pairs[:: max(1, len(candidate.pairs) // _JUDGED)]
    encoded = [(model.source.encode(a), model.target.encode(b)) for a, b in some]
    fitting = [pair for pair in encoded if model.slots is None or len(pair[0]) < model.slots]
    if not fitting:
        return math.inf
    batch = make_batch([pair for pair in fitting if all(pair)])
    memory = model.encode(batch.source, batch.lengths)
    state, total = model.start(memory), 0.0
    previous = torch.full((batch.target.shape[1],), BEGIN_ID)
    for now in batch.target:
        step = model.step(previous, state, memory)
        total += float(
            functional.cross_entropy(step.logits, now, ignore_index=PAD_ID, reduction="sum")
        )
        state, previous = step.state, now
    return total / batch.tokens


def _notes(
    model: TutorialTranslator, candidate: Candidate, nats: float, fitted: int
) -> tuple[str, ...]:
    """What a person should know: how the words were found, and whether it was trained at all."""
    words = len(candidate.target.description.tokens) - len(SPECIAL)
    seen = len(candidate.pairs)
    loss = f"the loss on them is {nats:.2f} nats a word"
    notes = [f"the words were numbered again from {seen:,} sentences; {loss}"]
    if fitted > 1:
        notes.append(f"{fitted} ways of filtering them fit in size; this one has the lowest loss")
    if nats > 0.9 * math.log(words):
        notes.append(
            f"guessing among its {words:,} words gives {math.log(words):.2f} nats, so this decoder "
            "has hardly been trained: its translations and its attention mean nothing"
        )
    if (flat := flatness(model, candidate)) > 0.95:
        notes.append(
            f"the attention is flat: on average its entropy is {flat:.0%} of what equal weights "
            "have, so it does not choose among the source words"
        )
    if model.older:
        notes.append(
            f"the weights depend on the position alone, in {model.slots} slots; what falls on "
            "empty ones is lost, so a row may sum to less than 1"
        )
    return tuple(notes)


def flatness(model: TutorialTranslator, candidate: Candidate) -> float:
    """The mean entropy of the rows over that of equal weights, on a few sentences; from 0 to 1."""
    some = candidate.pairs[:: max(1, len(candidate.pairs) // 20)]
    ids = [model.source.encode(pair[0]) for pair in some]
    ids = [one for one in ids if len(one) > 1 and (model.slots is None or len(one) < model.slots)]
    try:
        found = [one for one in decode_many(model, ids) if one is not None]
    except RnnvizError:
        return 0.0
    shares = []
    for one in found:
        weights = one.best.weights
        if weights is not None:
            rows = weights / weights.sum(dim=1, keepdim=True).clamp_min(1e-12)
            entropy = -(rows * rows.clamp_min(1e-12).log()).sum(dim=1)
            shares.append(float(entropy.mean()) / math.log(rows.shape[1]))
    return sum(shares) / len(shares) if shares else 0.0
