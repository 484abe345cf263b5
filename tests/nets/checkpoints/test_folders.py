"""Folders as programs leave them: the model in it, with the vocabulary that lies beside."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.core.models.network import Symbols, network_of
from rnnviz.nets.checkpoints import OpenedModel, open_model

WORDS = ["<pad>", "<unk>", "the", "sea", "king", "ship", "old", "man", "went", "home", "said", "it"]
V = len(WORDS)


def _vocabulary(opened: OpenedModel) -> tuple[str, ...]:
    reads = network_of(opened.model.description).reads
    assert isinstance(reads, Symbols)
    return reads.vocabulary


def _weights(outputs: int = V, name: str = "lm_head") -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    layers = nn.ModuleDict(
        {"embed": nn.Embedding(V, 4), "lstm": nn.LSTM(4, 5), name: nn.Linear(5, outputs)}
    )
    return dict(layers.state_dict())


def write_hugging_face(folder: Path) -> Path:
    """A language model with all that a training leaves beside it."""
    torch.save(_weights(), folder / "pytorch_model.bin")
    torch.save({"lr": 0.1}, folder / "training_args.bin")
    torch.save({"state": {}, "param_groups": []}, folder / "optimizer.pt")
    (folder / "config.json").write_text('{"model_type": "lstm"}')
    tokenizer = {"model": {"type": "WordLevel", "vocab": {w: n for n, w in enumerate(WORDS)}}}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return folder


def write_allennlp(folder: Path) -> Path:
    """A tagger with its words in a folder of their own."""
    torch.save(_weights(3, "tag_projection_layer"), folder / "weights.th")
    (folder / "config.json").write_text('{"model": {"type": "simple_tagger"}}')
    (folder / "vocabulary").mkdir()
    (folder / "vocabulary" / "tokens.txt").write_text("\n".join(["@@UNKNOWN@@", *WORDS[2:]]))
    return folder


def test_a_folder_of_hugging_face_opens_with_its_tokenizer(tmp_path: Path) -> None:
    opened = open_model(write_hugging_face(tmp_path))
    assert _vocabulary(opened) == tuple(WORDS)
    assert "those of tokenizer.json" in opened.notes[0]


def test_a_folder_of_allennlp_opens_with_its_words(tmp_path: Path) -> None:
    opened = open_model(write_allennlp(tmp_path))
    assert opened.kind == "tagger"
    assert _vocabulary(opened) == tuple(WORDS)


def test_a_list_of_another_size_beside_it_is_not_taken(tmp_path: Path) -> None:
    torch.save(_weights(), tmp_path / "model.pt")
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS[:-1]))
    with pytest.raises(VocabularyNeeded):
        open_model(tmp_path / "model.pt")


def test_word_lists_beside_a_checkpoint_of_tensorflow_are_no_models(tmp_path: Path) -> None:
    for name in ("chars_vocab.pkl", "config.pkl"):
        (tmp_path / name).write_bytes(pickle.dumps(WORDS))
    for name in ("checkpoint", "model-100.index", "model-100.data-00000-of-00001"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ModelFileError, match="holds a checkpoint of TensorFlow"):
        open_model(tmp_path)


def test_a_pipeline_of_spacy_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.cfg").write_text("[nlp]\n")
    (tmp_path / "meta.json").write_text("{}")
    with pytest.raises(ModelFileError, match="spaCy"):
        open_model(tmp_path)
