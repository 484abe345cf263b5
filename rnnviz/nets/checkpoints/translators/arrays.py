"""Encoder and decoder as arrays of NumPy, `enc_w_ih` and the like: letters to sounds.

`g2p_en` keeps its network so, and its letters and sounds in its program: 26 letters, and the
sounds of the CMU Pronouncing Dictionary, whose vowels have a digit for their stress. Other lists
are looked for as those of any pair are.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import torch

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.array_files import Array, read_arrays
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.translators.pair import Pair, opened_pair
from rnnviz.nets.checkpoints.translators.word_lists import Listed
from rnnviz.nets.opened import OpenedModel

_HALF = {"emb": "embedding.weight", "w_ih": "rnn.weight_ih_l0", "w_hh": "rnn.weight_hh_l0",
         "b_ih": "rnn.bias_ih_l0", "b_hh": "rnn.bias_hh_l0"}  # fmt: skip
_OUTPUT = {"fc_w": "out.weight", "fc_b": "out.bias"}
_NAMES = {f"{side}_{name}" for side in ("enc", "dec") for name in _HALF} | set(_OUTPUT)
_LETTERS = ("<pad>", "<unk>", "</s>", *map(chr, range(ord("a"), ord("z") + 1)))
_VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
_CONSONANTS = (
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T",
    "TH", "V", "W", "Y", "Z", "ZH",
)  # fmt: skip
_STRESSED = {f"{vowel}{stress}" for vowel in _VOWELS for stress in "012"}
_SOUNDS = ("<pad>", "<unk>", "<s>", "</s>", *sorted({*_STRESSED, *_CONSONANTS, "UW"}))
"""The dictionary's symbols in the order of the alphabet; one of them stands without its stress."""


def names_of_arrays(path: Path) -> set[str]:
    """The names of the arrays in an archive of NumPy; empty of anything else."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return set()


def arrays_of(path: Path) -> dict[str, Array]:
    """The arrays by their names.

    Raises:
        ModelFileError: damaged.
    """
    try:
        return read_arrays(path, compressed=True)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise ModelFileError(f"{path.name} is damaged: {error}") from error


class LetterArrays:
    """Reads networks that write one sequence of symbols for another, kept as arrays."""

    name = "pair-arrays"
    title = "NumPy arrays of an encoder and a decoder"
    holds = "letters-to-sounds networks like that of g2p_en: `enc_w_ih`, `dec_w_ih`, `fc_w`, `.npz`"
    needs = "nothing for 29 letters and 74 sounds, as g2p_en has them; else the two lists"
    refuses = "archives of other arrays"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether its arrays have these names."""
        return file.read(names_of_arrays) >= _NAMES

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The network in this file.

        Raises:
            SentencesNeeded: its symbols are listed nowhere.
            ModelFileError: damaged, or arrays that do not fit each other.
        """
        arrays = file.read(arrays_of)
        if more := sorted(arrays.keys() - _NAMES):
            raise ModelFileError(
                f"{file.name} has arrays beside an encoder and a decoder: {', '.join(more[:4])}; "
                "what it computes cannot be told"
            )
        if absent := sorted(_NAMES - arrays.keys()):
            raise ModelFileError(f"{file.name} lacks the array {absent[0]}: it is damaged")
        halves: tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]] = ({}, {})
        for name, array in arrays.items():
            tensor = torch.from_numpy(array.copy())
            side, _, part = name.partition("_")
            if name in _OUTPUT:
                halves[1][_OUTPUT[name]] = tensor
            else:
                halves[side == "dec"][_HALF[part]] = tensor
        sizes = len(arrays["enc_emb"]), len(arrays["dec_emb"])
        words = None
        if sizes == (len(_LETTERS), len(_SOUNDS)) and companions.sentences is None:
            words = (Listed("g2p_en's letters", _LETTERS), Listed("sounds", _SOUNDS))
        pair = Pair(*halves, None, words, squashed=False)
        return opened_pair(pair, file, companions, LetterArrays.title)
