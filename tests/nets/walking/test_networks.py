"""Networks of every sort walked: both ways, of unequal widths, projected, normalised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rnnviz.core.models.network import Head, NetworkDescription, Readout, Symbols
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import Reading, read_numbers, read_text
from rnnviz.nets.walking.walk import walk
from tests.nets.sequence.languages import LANGUAGES, WORDS, language, language_model
from tests.nets.sequence.zoo import LETTERS, ZOO, layer, network
from tests.nets.small import random_text

UNKNOWN = "√"
WALKED = {**ZOO, **LANGUAGES}
del WALKED["frames"]


def reading_of(about: NetworkDescription, length: int = 60) -> Reading:
    if not isinstance(about.reads, Symbols):
        values = np.random.default_rng(0).normal(size=(length, 2)).astype(np.float32)
        return read_numbers(about.reads, Numbers(values, ("a", "b")))
    if about.reads.unit == "words":
        words = np.random.default_rng(0).choice([*WORDS[2:6], "xyz"], length)
        return read_text(about.reads, Text.of(" ".join(words)))
    text = random_text(length, "abcdefg")
    return read_text(about.reads, Text.of(UNKNOWN + text[:9] + UNKNOWN * 2 + text[9:] + UNKNOWN))


@pytest.mark.parametrize("name", WALKED)
def test_every_unit_is_what_the_network_gives(name: str, tmp_path: Path) -> None:
    """In blocks, against the whole at once; what is not known keeps the last values."""
    about = WALKED[name]
    model = SequenceNetwork(about, seed=3).eval()
    reading = reading_of(about)
    sizes = {"first_block": 4, "block": 16}
    walk(model, reading, tmp_path, about.channel_names, dtype="float32", **sizes)  # type: ignore[arg-type]
    recording = Recording(tmp_path)
    assert recording.complete
    known, entering = reading.take(0, len(reading))
    expected = model.channels(entering)
    places = np.cumsum(known) - 1
    for group_number, group in enumerate(recording.groups):
        rows = [(rows.layer, rows.direction) for rows in about.rows]
        wanted = expected[rows.index((group.layer, group.direction))]
        for channel in group.channels:
            found = recording.group_rows(channel, group_number)
            values = wanted[channel].numpy()[np.maximum(places, 0)].T
            np.testing.assert_allclose(
                found[:, places >= 0], values[:, places >= 0], atol=2e-5, err_msg=channel
            )
            assert (found[:, places < 0] == 0).all()
            assert np.ptp(found) > 0


@pytest.mark.parametrize("name", WALKED)
def test_what_came_out_stands_beside_the_units(name: str, tmp_path: Path) -> None:
    about = WALKED[name]
    model = SequenceNetwork(about, seed=3).eval()
    reading = reading_of(about)
    walk(model, reading, tmp_path, ("hidden",), dtype="float32")
    recording = Recording(tmp_path)
    known, entering = reading.take(0, len(reading))
    steps = np.flatnonzero(known)
    with torch.inference_mode():
        for stop in (1, 7, len(entering)):
            cut = entering[:stop] if about.readout.kind != "every" else entering
            said, _ = model(cut.unsqueeze(1), None, torch.tensor([len(cut)]))
            answer = (said[0] if about.readout.kind != "every" else said[stop - 1, 0]).double()
            step = steps[stop - 1]
            if about.head.gives == "linear":
                assert recording.predicted is not None
                np.testing.assert_allclose(recording.predicted[step], answer, atol=1e-5)
            elif name in LANGUAGES:
                assert recording.surprisal is not None
                assert recording.top_p is not None
                p = answer.softmax(0)
                np.testing.assert_allclose(recording.top_p[step], p.topk(5).values, atol=1e-5)
                if stop < len(entering):
                    bits = -np.log2(float(p[entering[stop]]))
                    assert recording.surprisal[steps[stop]] == pytest.approx(bits, abs=1e-4)
            else:
                assert recording.class_p is not None
                np.testing.assert_allclose(recording.class_p[step], answer.softmax(0), atol=1e-5)


def test_a_language_model_that_reads_from_the_end_predicts_what_stands_before(
    tmp_path: Path,
) -> None:
    model = language_model(language(layer(units=4, direction="backward")))
    text = random_text(40, "abcdefg")
    walk(model, Text.of(text), tmp_path, ("hidden",), dtype="float32")
    recording = Recording(tmp_path)
    turned = language_model(language(layer(units=4)))
    weights = {k.replace("backwards.", "layers."): v for k, v in model.state_dict().items()}
    turned.load_state_dict(weights)
    walk(turned, Text.of(text[::-1]), tmp_path / "turned", ("hidden",), dtype="float32")
    other = Recording(tmp_path / "turned")
    assert recording.surprisal is not None
    assert other.surprisal is not None
    np.testing.assert_allclose(recording.surprisal, other.surprisal[::-1], atol=1e-5)
    np.testing.assert_allclose(recording.rows("hidden"), other.rows("hidden")[:, ::-1], atol=1e-5)
    assert recording.groups[0].name == "1<"


def test_a_projected_layer_has_what_it_gives_and_the_cells_inside(tmp_path: Path) -> None:
    model = language_model(LANGUAGES["projection"])
    walk(model, Text.of("abcabc"), tmp_path, ("hidden", "cell"))
    groups = Recording(tmp_path).groups
    assert [(one.name, one.width, one.channels) for one in groups] == [
        ("1", 3, ("hidden",)), ("1c", 6, ("cell",)), ("2", 5, ("hidden", "cell")),
    ]  # fmt: skip


def test_rectified_units_may_lie_anywhere(tmp_path: Path) -> None:
    model = language_model(LANGUAGES["variants"])
    walk(model, Text.of("abcabc"), tmp_path, ("hidden",))
    recording = Recording(tmp_path)
    assert recording.about_channel("hidden", 0).range == "unbounded"
    assert recording.about_channel("hidden", 5).range == "symmetric"


def test_a_walk_that_was_left_goes_on(tmp_path: Path) -> None:
    model = language_model(LANGUAGES["residual and normed"])
    text = Text.of(random_text(90, "abcdefg√"), "text")
    sizes = {"first_block": 8, "block": 16, "model_stamp": "m"}

    def leave(done: int, total: int) -> None:
        if done >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        walk(model, text, tmp_path / "a", ("hidden",), progress=leave, **sizes)  # type: ignore[arg-type]
    first: list[int] = []
    walk(model, text, tmp_path / "a", ("hidden",), progress=lambda n, _: first.append(n), **sizes)  # type: ignore[arg-type]
    assert first[0] > 20
    walk(model, text, tmp_path / "b", ("hidden",), **sizes)  # type: ignore[arg-type]
    one, two = Recording(tmp_path / "a"), Recording(tmp_path / "b")
    np.testing.assert_array_equal(one.rows("hidden"), two.rows("hidden"))
    np.testing.assert_array_equal(one.surprisal, two.surprisal)


def test_yes_or_no_of_one_number_has_two_classes(tmp_path: Path) -> None:
    about = network(
        layer(), head=Head(outputs=("spam",), gives="sigmoid"), readout=Readout(kind="last")
    )
    walk(SequenceNetwork(about), Text.of("".join(LETTERS)), tmp_path, ("hidden",))
    recording = Recording(tmp_path)
    assert recording.outputs == ("not spam", "spam")
    assert recording.class_p is not None
    np.testing.assert_allclose(recording.class_p.sum(1, dtype=np.float32), 1, atol=1e-3)
