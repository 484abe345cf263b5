"""RWKV of the versions 4, 5.2 and 7 against their equations, and files that other people made."""

from __future__ import annotations

import contextlib
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.core.recognise import kind_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.nets.checkpoints import OpenedModel, open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.walking.walk import walk
from tests.nets.checkpoints.linear_recurrences.references import (
    BLOCKS,
    SIZE,
    WIDTH,
    drawn_rwkv4,
    drawn_rwkv5,
    drawn_rwkv7,
    rwkv4,
    rwkv5,
    rwkv7,
)
from tests.nets.checkpoints.linear_recurrences.written import (
    write_pth,
    write_rwkv_cpp,
    write_safetensors,
)

GIVEN = Path(os.environ.get("RNNVIZ_CHECKPOINTS", "nowhere"))
"""Where files of other people lie, which are no part of the project."""
SYMBOLS = tuple("abcdefg")
TOKENS = [3, 1, 4, 1, 5, 2, 6, 5, 3, 5, 0, 2]
VERSIONS = {
    "4": (drawn_rwkv4, rwkv4),
    "5.2": (drawn_rwkv5, rwkv5),
    "7": (drawn_rwkv7, rwkv7),
}
every_version = pytest.mark.parametrize(
    ("draw", "reference"), VERSIONS.values(), ids=VERSIONS.keys()
)
Draw = Callable[[], dict[str, Any]]
Reference = Callable[..., Any]


def answers(opened: OpenedModel, tokens: list[int]) -> Any:
    with torch.inference_mode():
        logits, _ = opened.model(torch.tensor([tokens]).t())
    return logits[:, 0].numpy()


def exact(arrays: dict[str, Any]) -> dict[str, Any]:
    return {name: np.squeeze(array).astype(np.float64) for name, array in arrays.items()}


@every_version
@pytest.mark.parametrize("write", [write_pth, write_safetensors])
def test_answers_as_the_equations(
    draw: Draw, reference: Reference, write: Callable[..., Path], tmp_path: Path
) -> None:
    arrays = draw()
    opened = open_model(write(tmp_path / "model", arrays), SYMBOLS)
    assert opened.format_title == "RWKV model"
    assert opened.kind == "language-model"
    wanted = reference(exact(arrays), TOKENS)
    assert np.abs(answers(opened, TOKENS) - wanted).max() < 2e-5
    assert np.abs(wanted).max() > 0.5


@every_version
def test_one_symbol_after_the_other_gives_the_same(
    draw: Draw, reference: Reference, tmp_path: Path
) -> None:
    arrays = draw()
    model = open_model(write_pth(tmp_path / "model", arrays), SYMBOLS).model
    state, found = model.zero_state(1), []
    with torch.inference_mode():
        for token in TOKENS:
            logits, state = model.advance(torch.tensor([token]), state)
            found.append(logits[0].numpy())
    assert np.abs(np.array(found) - reference(exact(arrays), TOKENS)).max() < 2e-5


@every_version
@pytest.mark.parametrize("prefix", ["module.", "model."])
def test_prefixes_are_passed_over(
    draw: Draw, reference: Reference, prefix: str, tmp_path: Path
) -> None:
    arrays = draw()
    named = {f"{prefix}{name}": array for name, array in arrays.items()}
    opened = open_model(write_pth(tmp_path / "model", named), SYMBOLS)
    assert np.abs(answers(opened, TOKENS) - reference(exact(arrays), TOKENS)).max() < 2e-5


def test_names_of_hugging_face(tmp_path: Path) -> None:
    arrays = drawn_rwkv4()
    named = {}
    for name, array in arrays.items():
        new = name.replace(".att.", ".attention.").replace(".ffn.", ".feed_forward.")
        new = new.replace(".ln0.", ".pre_ln.").replace("emb.", "embeddings.")
        for short, long in (("k", "key"), ("v", "value"), ("r", "receptance")):
            if new.endswith(f"time_mix_{short}"):
                new = new.removesuffix(short) + long
        named[new if new.startswith("head.") else f"rwkv.{new}"] = array
    opened = open_model(write_safetensors(tmp_path / "model", named), SYMBOLS)
    assert np.abs(answers(opened, TOKENS) - rwkv4(exact(arrays), TOKENS)).max() < 2e-5


def test_a_first_block_with_shares_of_values_that_nothing_reads(tmp_path: Path) -> None:
    arrays = drawn_rwkv7(values_of_the_first=True)
    opened = open_model(write_pth(tmp_path / "model", arrays), SYMBOLS)
    assert np.abs(answers(opened, TOKENS) - rwkv7(exact(arrays), TOKENS)).max() < 2e-5


def test_keys_of_any_size_leave_the_range_of_no_number(tmp_path: Path) -> None:
    arrays = drawn_rwkv4()
    for b in range(BLOCKS):
        arrays[f"blocks.{b}.att.key.weight"] *= 60
    opened = open_model(write_pth(tmp_path / "model", arrays), SYMBOLS)
    wanted = rwkv4(exact(arrays), TOKENS)
    assert np.isfinite(wanted).all()
    assert np.abs(answers(opened, TOKENS) - wanted).max() < 2e-4


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize(("draw", "reference"), [VERSIONS["4"], VERSIONS["5.2"]])
def test_files_of_rwkv_cpp(draw: Draw, reference: Reference, half: bool, tmp_path: Path) -> None:
    arrays = draw()
    path = write_rwkv_cpp(tmp_path / "model.bin", arrays, half)
    assert kind_of(path) == "model"
    opened = open_model(path, SYMBOLS)
    if half:
        arrays = {
            name: array.astype(np.float16) if array.ndim > 1 and "time_" not in name else array
            for name, array in arrays.items()
        }
    more = {"eps": 1e-5} if reference is rwkv5 else {}
    assert np.abs(answers(opened, TOKENS) - reference(exact(arrays), TOKENS, **more)).max() < 3e-5


@every_version
def test_converted_it_gives_the_same(draw: Draw, reference: Reference, tmp_path: Path) -> None:
    opened = open_model(write_pth(tmp_path / "model", draw()), SYMBOLS)
    save_model(tmp_path / "ours.safetensors", opened.model)
    again = open_model(tmp_path / "ours.safetensors")
    assert (answers(again, TOKENS) == answers(opened, TOKENS)).all()


@every_version
def test_it_is_walked_and_sampled(draw: Draw, reference: Reference, tmp_path: Path) -> None:
    model = open_model(write_pth(tmp_path / "model", draw()), SYMBOLS).model
    text = "".join(SYMBOLS[token] for token in TOKENS) * 40
    channels = model.network.channel_names
    walk(model, Text.of(text, "a"), tmp_path / "whole", channels, dtype="float32")
    recording = Recording(tmp_path / "whole")
    parts = model.channels(torch.tensor([SYMBOLS.index(one) for one in text]))
    holding = [part["memory"].numpy() for part in parts if "memory" in part]
    units = [unit for unit in range(recording.total_units) if recording.has("memory", unit)]
    assert len(holding) == BLOCKS
    rows = np.array([recording.values("memory", unit) for unit in units])
    assert np.abs(rows - np.concatenate(holding, axis=1).T).max() < 1e-5
    assert (rows.std(axis=1) > 1e-3).all()
    drawn = "".join(sample(model, 30, seed=1))
    assert len(drawn) == 30
    assert set(drawn) <= set(SYMBOLS)


def test_the_memory_is_the_state(tmp_path: Path) -> None:
    """Cut or held, it is what later steps read: the same as a state that is changed by hand."""
    model = open_model(write_pth(tmp_path / "model", drawn_rwkv7()), SYMBOLS).model
    layer = model.recurrent[1]
    entering = torch.randn(6, 1, layer.inputs, generator=torch.Generator().manual_seed(0))

    def cut(state: str, values: torch.Tensor) -> torch.Tensor:
        return torch.where(torch.arange(WIDTH) == 3, 0.0, values) if state == "memory" else values

    with torch.inference_mode():
        state = layer.run(entering[:4], layer.zero_state(1)).after
        by_hand = (state[0], state[1].clone())
        stepped = layer.step(entering[4], state, cut)
        assert (stepped.state[1][0, 3] == 0).all()
        assert stepped.channels["read"][0, 3] == 0
        by_hand[1][0, 5] *= 2
        lengths = layer.run_changed(
            entering[3:4], layer.run(entering[:3], layer.zero_state(1)).after,
            [lambda name, values: values * (1 + (torch.arange(WIDTH) == 5)) if name == "memory"
             else values],
        ).after  # fmt: skip
        assert torch.allclose(lengths[1], by_hand[1], atol=1e-6)


# What is refused


def test_its_symbols_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(VocabularyNeeded, match=f"over {SIZE} symbols"):
        open_model(write_pth(tmp_path / "model", drawn_rwkv7()))


def drawn_rwkv51() -> dict[str, Any]:
    """As 5.2, with one decay and one bonus a head."""
    per_head = ("time_decay", "time_faaaa")
    return {
        name: array[:, 0] if name.endswith(per_head) else array
        for name, array in drawn_rwkv5().items()
    }


def drawn_rwkv50() -> dict[str, Any]:
    """As 5.1, without gates, the bonus under its old name."""
    without = ("gate.weight", "time_mix_g")
    return {
        name.replace("time_faaaa", "time_first"): array
        for name, array in drawn_rwkv51().items()
        if not name.endswith(without)
    }


def drawn_rwkv6() -> dict[str, Any]:
    """As 5.2, with the mixing of version 6, which depends on what is read."""
    found: dict[str, Any] = {}
    for name, array in drawn_rwkv5().items():
        renamed = name.replace("time_mix_", "time_maa_")
        found[renamed] = array.reshape(1, 1, -1) if name.endswith("time_decay") else array
        if name.endswith("att.time_mix_k"):
            at = name.removesuffix("time_mix_k")
            shapes = {
                "time_maa_x": (1, 1, WIDTH), "time_maa_w": (1, 1, WIDTH),
                "time_maa_w1": (WIDTH, 10), "time_maa_w2": (5, 2, WIDTH),
                "time_decay_w1": (WIDTH, 2), "time_decay_w2": (2, array.size),
            }  # fmt: skip
            found |= {f"{at}{one}": np.zeros(shape, np.float32) for one, shape in shapes.items()}
    return found


@pytest.mark.parametrize("write", [write_pth, write_safetensors])
@pytest.mark.parametrize(
    ("version", "draw"), [("5.0", drawn_rwkv50), ("5.1", drawn_rwkv51), ("6", drawn_rwkv6)]
)
def test_other_versions_are_named(
    version: str, draw: Draw, write: Callable[..., Path], tmp_path: Path
) -> None:
    path = write(tmp_path / "model", {name: np.ascontiguousarray(a) for name, a in draw().items()})
    with pytest.raises(ModelFileError) as refused:
        open_model(path, SYMBOLS)
    assert str(refused.value) == (
        f"model holds a network of RWKV-{version}, which is not computed here; the versions 4, "
        "5.2 and 7 are"
    )


def test_what_it_does_not_compute_is_refused(tmp_path: Path) -> None:
    more = {**drawn_rwkv7(), "blocks.0.ffn.s_emb.weight": np.ones((SIZE, 4), np.float32)}
    with pytest.raises(ModelFileError, match=r"no part of RWKV-7 \(blocks.0.ffn.s_emb.weight\)"):
        open_model(write_pth(tmp_path / "more", more), SYMBOLS)
    less = drawn_rwkv7()
    less.pop("blocks.1.att.k_a")
    with pytest.raises(ModelFileError, match=r"lacks the tensor blocks\.1\.att\.k_a"):
        open_model(write_pth(tmp_path / "less", less), SYMBOLS)


def test_quantised_files_of_rwkv_cpp_are_named(tmp_path: Path) -> None:
    path = write_rwkv_cpp(tmp_path / "model.bin", drawn_rwkv4())
    raw = bytearray(path.read_bytes())
    struct.pack_into("<i", raw, 24 + 8, 8)  # the type of the first tensor
    path.write_bytes(raw)
    with pytest.raises(ModelFileError, match=r"a quantised file of rwkv\.cpp .*the \.pth itself"):
        open_model(path, SYMBOLS)


@pytest.mark.parametrize("write", [write_pth, write_safetensors, write_rwkv_cpp])
def test_cut_or_damaged_it_is_refused_or_harmless(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    path = write(tmp_path / "model", drawn_rwkv4())
    raw, draw = path.read_bytes(), random.Random(3)
    for _ in range(40):  # `make hostile` damages many more
        os.truncate(path, draw.randrange(1, len(raw)))
        with pytest.raises(ModelFileError):
            open_model(path, SYMBOLS)
        damaged = bytearray(raw)
        for _ in range(draw.choice((1, 4))):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        path.write_bytes(damaged)
        with contextlib.suppress(ModelFileError):  # any other exception fails the test
            open_model(path, SYMBOLS)
        path.write_bytes(raw)


# Files that other people made


@pytest.mark.skipif(not GIVEN.is_dir(), reason="the checkpoints are not part of the project")
def test_the_tiny_model_of_rwkv_cpp_gives_its_logits() -> None:
    """After the prompt `"in`, as its authors say; they allow more than this."""
    folder = GIVEN / "rwkv-tiny"
    opened = open_model(folder / "tiny-rwkv-5v2-730K-FP32.bin")
    wanted = np.fromfile(folder / "expected-logits-5v2-730K.bin", "<f4")
    assert np.abs(answers(opened, list(b'"in'))[-1] - wanted).max() < 5e-6
    assert any("bytes of UTF-8" in note for note in opened.notes)


@pytest.mark.skipif(not GIVEN.is_dir(), reason="the checkpoints are not part of the project")
def test_the_model_that_reverses_numbers_does_so() -> None:
    """39,564 parameters; without the constant of its ROSA it gets 41 of 100 digits."""
    path = GIVEN / "rwkv7-reverse" / "260123_reverse_L2_only_rwkv7.pth"
    opened = open_model(path, tuple("0123456789,#"))
    assert any("ROSA is switched off and gives a constant" in note for note in opened.notes)
    draw = random.Random(0)
    for _ in range(60):
        number = str(draw.randrange(10 ** draw.randrange(1, 60)))
        line = f"{number},{number[::-1]}#"
        found = answers(opened, ["0123456789,#".index(one) for one in line]).argmax(1)
        said = "".join("0123456789,#"[one] for one in found)
        assert said[len(number) : -1] == f"{number[::-1]}#"


@pytest.mark.skipif(not GIVEN.is_dir(), reason="the checkpoints are not part of the project")
def test_rosa_at_work_is_refused(tmp_path: Path) -> None:
    path = GIVEN / "rwkv7-reverse" / "260123_reverse_L2_only_rwkv7.pth"
    tensors = torch.load(path, map_location="cpu", weights_only=True)
    tensors["rosa1.rosa_qkv.emb"] += 1
    torch.save(tensors, tmp_path / "model.pth")
    with pytest.raises(ModelFileError, match=r"RWKV-8 whose ROSA.* is at work"):
        open_model(tmp_path / "model.pth", tuple("0123456789,#"))
