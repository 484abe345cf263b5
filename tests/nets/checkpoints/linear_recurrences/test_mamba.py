"""Mamba against its equations, in both namings."""

from __future__ import annotations

import contextlib
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.core.errors import ModelFileError
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.nets.checkpoints import OpenedModel, open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.walking.walk import walk
from tests.nets.checkpoints.linear_recurrences.references import (
    BLOCKS,
    INNER,
    SIZE,
    WIDTH,
    drawn_mamba,
    mamba,
)
from tests.nets.checkpoints.linear_recurrences.written import write_pth, write_safetensors

SYMBOLS = tuple("abcdefg")
TOKENS = [3, 1, 4, 1, 5, 2, 6, 5, 3, 5, 0, 2]


def answers(opened: OpenedModel, tokens: list[int]) -> Any:
    with torch.inference_mode():
        logits, _ = opened.model(torch.tensor([tokens]).t())
    return logits[:, 0].numpy()


def wanted_of(arrays: dict[str, Any]) -> Any:
    return mamba({name: array.astype(np.float64) for name, array in arrays.items()}, TOKENS)


@pytest.mark.parametrize("naming", ["mamba_ssm", "hugging-face", "bare"])
@pytest.mark.parametrize("tied", [False, True])
def test_answers_as_the_equations(naming: str, tied: bool, tmp_path: Path) -> None:
    arrays = drawn_mamba(tied)
    named = dict(arrays)
    if naming == "hugging-face":
        named = {name.replace("embedding.", "embeddings."): one for name, one in arrays.items()}
    elif naming == "bare":
        named = {name.removeprefix("backbone."): one for name, one in arrays.items()}
    write = write_safetensors if naming == "hugging-face" else write_pth
    opened = open_model(write(tmp_path / "model", named), SYMBOLS)
    assert opened.format_title == "Mamba model"
    assert np.abs(answers(opened, TOKENS) - wanted_of(arrays)).max() < 2e-5


def test_one_symbol_after_the_other_gives_the_same(tmp_path: Path) -> None:
    arrays = drawn_mamba()
    model = open_model(write_pth(tmp_path / "model", arrays), SYMBOLS).model
    state, found = model.zero_state(1), []
    with torch.inference_mode():
        for token in TOKENS:
            logits, state = model.advance(torch.tensor([token]), state)
            found.append(logits[0].numpy())
    assert np.abs(np.array(found) - wanted_of(arrays)).max() < 2e-5


def test_its_states_are_recorded_and_it_is_converted(tmp_path: Path) -> None:
    opened = open_model(write_pth(tmp_path / "model", drawn_mamba()), SYMBOLS)
    save_model(tmp_path / "ours.safetensors", opened.model)
    again = open_model(tmp_path / "ours.safetensors")
    assert (answers(again, TOKENS) == answers(opened, TOKENS)).all()
    text = Text.of("abcdefgabbacg" * 30, "a")
    walk(again.model, text, tmp_path / "walked", ("hidden", "memory", "delta"), dtype="float32")
    recording = Recording(tmp_path / "walked")
    units = [unit for unit in range(recording.total_units) if recording.has("memory", unit)]
    assert len(units) == BLOCKS * INNER
    memory = np.array([recording.values("memory", unit) for unit in units])
    ids = torch.tensor([SYMBOLS.index(one) for one in str(text)])
    computed = again.model.channels(ids)
    assert np.abs(memory[:INNER] - computed[0]["memory"].numpy().T).max() < 1e-5
    assert all((recording.values("delta", unit) >= 0).all() for unit in units)


def drawn_mamba_2(embedding: str) -> dict[str, Any]:
    """With the names and axes of `mamba_ssm.Mamba2`: two heads, one group, four states."""
    heads, states, inner = 2, 4, 2 * WIDTH
    mixer = {
        "dt_bias": (heads,), "A_log": (heads,), "D": (heads,), "norm.weight": (inner,),
        "in_proj.weight": (2 * inner + 2 * states + heads, WIDTH),
        "conv1d.weight": (inner + 2 * states, 1, 4), "conv1d.bias": (inner + 2 * states,),
        "out_proj.weight": (WIDTH, inner),
    }  # fmt: skip
    shapes = {f"backbone.{embedding}.weight": (SIZE, WIDTH), "backbone.norm_f.weight": (WIDTH,)}
    for block in range(BLOCKS):
        at = f"backbone.layers.{block}"
        shapes |= {f"{at}.norm.weight": (WIDTH,)}
        shapes |= {f"{at}.mixer.{name}": shape for name, shape in mixer.items()}
    return {name: np.ones(shape, np.float32) for name, shape in shapes.items()}


@pytest.mark.parametrize("embedding", ["embedding", "embeddings"])
def test_mamba_2_is_named(embedding: str, tmp_path: Path) -> None:
    path = write_pth(tmp_path / "model", drawn_mamba_2(embedding))
    with pytest.raises(ModelFileError) as refused:
        open_model(path, SYMBOLS)
    assert str(refused.value) == (
        "model holds a network of Mamba-2, which is not computed here; the first Mamba is"
    )


def test_hybrids_are_named(tmp_path: Path) -> None:
    arrays = {name: one for name, one in drawn_mamba().items() if "layers.0.mixer" not in name}
    arrays["backbone.layers.0.self_attn.q_proj.weight"] = np.ones((WIDTH, WIDTH), np.float32)
    path = write_pth(tmp_path / "model", arrays)
    with pytest.raises(ModelFileError, match="a network that mixes Mamba with other layers"):
        open_model(path, SYMBOLS)


@pytest.mark.parametrize("write", [write_pth, write_safetensors])
def test_cut_or_damaged_it_is_refused_or_harmless(write: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "model", drawn_mamba())
    raw, draw = path.read_bytes(), random.Random(3)
    for _ in range(40):  # `make hostile` damages many more
        os.truncate(path, draw.randrange(1, len(raw)))
        with pytest.raises(ModelFileError):
            open_model(path, SYMBOLS)
        damaged = bytearray(raw)
        for _ in range(draw.choice((1, 4))):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        path.write_bytes(damaged)
        with contextlib.suppress(ModelFileError):
            open_model(path, SYMBOLS)
        path.write_bytes(raw)
