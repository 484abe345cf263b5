"""Open models unrolled: the numbers are those of the network, whatever it is made of."""

from __future__ import annotations

import copy
import math
import re

import msgspec
import numpy as np
import pytest
import torch

from rnnviz.core.architectures import facts_of
from rnnviz.core.errors import UnrollError
from rnnviz.core.export.captions import width_of
from rnnviz.core.models.network import Head, OneHot, Symbols
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.core.unroll.model_trace import ModelTrace, read_model_trace
from rnnviz.core.unroll.pictures.model_picture import draw_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import read_numbers, read_text
from rnnviz.nets.unroll.opened import unroll_opened
from rnnviz.work.jobs.unroll import Writes
from tests.nets.sequence.zoo import LETTERS, ZOO, layer, network

TEXT = "abc?gfedcbaabcdefg"
WRITER = network(layer(units=6), layer("gru", 5), front=OneHot(), head=Head(outputs=LETTERS))


def reading_for(made: SequenceNetwork):
    if isinstance(made.network.reads, Symbols):
        return read_text(made.network.reads, Text.of(TEXT))
    values = np.random.default_rng(0).normal(size=(18, 2)).astype(np.float32)
    return read_numbers(made.network.reads, Numbers(values, ("a", "b")))


@pytest.fixture
def writer() -> LanguageModel:
    return LanguageModel(WRITER, seed=3).eval()


@pytest.mark.parametrize("name", [name for name in ZOO if name != "frames"])
def test_every_number_is_that_of_the_network(name: str) -> None:
    made = SequenceNetwork(ZOO[name], seed=1).eval()
    reading = reading_for(made)
    trace = unroll_opened(made, reading, at=14, steps=6)
    double = copy.deepcopy(made).double()
    known, entering = reading.take(0, len(reading) if made.network.backwards else 15)
    expected = double.channels(entering)
    last = int(known[:15].sum())
    assert len(trace) == 6
    assert trace.about.steps[-1] == 14
    for row, channels in enumerate(expected):
        for channel, values in channels.items():
            found = trace[f"{row}/{channel}"]
            # The state before is that of float32.
            assert found == pytest.approx(values[last - 7 : last].numpy(), abs=2e-6)
            assert found.dtype == np.float64


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm", "min-gru", "residual"])
def test_what_is_said_of_a_channel_is_how_it_is_made(name: str) -> None:
    made = LanguageModel(network(layer(name, 4), head=Head(outputs=LETTERS)), seed=1).eval()
    trace = unroll_opened(made, reading_for(made), at=14, steps=6)
    for channel, formula in facts_of(name).made.items():
        for unit in range(4):
            names = {
                n: trace.value(0, n, 3, unit)
                for n in (*trace.about.rows[0].channels, "before_hidden", "before_cell")
                if f"0/{n.removeprefix('before_')}" in trace
            }
            made_of = eval(formula, {"activation": math.tanh, "__builtins__": {}}, names)
            assert made_of == pytest.approx(trace.value(0, channel, 3, unit), abs=1e-12)


def test_shares_of_the_last_layer_are_the_terms_of_the_score(writer: LanguageModel) -> None:
    trace = unroll_opened(writer, reading_for(writer), at=10, steps=4)
    hidden, weight = trace.channel(1, "hidden"), writer.output.weight.detach().double().numpy()
    for step in range(4):
        best = LETTERS.index(trace.likeliest(step)[0][0])
        assert trace["1/share"][step] == pytest.approx(hidden[step] * weight[best], abs=1e-12)
        strongest = trace.strongest(1, step, 2)
        assert abs(trace["1/share"][step]).argmax() == strongest[0]


def test_what_came_and_how_likely_it_was(writer: LanguageModel) -> None:
    trace = unroll_opened(writer, reading_for(writer), at=5, steps=4)
    # The question mark is unknown and passed over.
    assert trace.about.symbols == ("b", "c", "g", "f")
    assert trace.about.steps == (1, 2, 4, 5)
    assert trace.about.came == ("c", "g", "f", "e")
    ids = torch.tensor([[LETTERS.index(one)] for one in "abcgf"])
    expected = writer(ids)[0].detach().softmax(-1)[-1, 0, LETTERS.index("e")]
    assert trace["came_p"][-1] == pytest.approx(float(expected), abs=1e-6)


def test_it_writes_on_and_reads_what_it_wrote(writer: LanguageModel) -> None:
    reading = reading_for(writer)
    trace = unroll_opened(writer, reading, at=5, steps=5, writes=Writes(3))
    assert trace.about.written == 3
    for step in range(1, 4):
        # What was likeliest is what is read at the next step.
        assert trace.likeliest(step)[0][0] == trace.about.symbols[step + 1]
    assert trace.about.drawn == trace.likeliest(4)[0][0]
    longer = unroll_opened(writer, reading, at=5, steps=5, writes=Writes(4, 1.0, seed=7))
    shorter = unroll_opened(writer, reading, at=5, steps=4, writes=Writes(3, 1.0, seed=7))
    assert longer.about.symbols[:4] == shorter.about.symbols
    assert longer.about.symbols[4] == shorter.about.drawn


def test_the_first_step_has_none_before_it(writer: LanguageModel, tmp_path) -> None:
    trace = unroll_opened(writer, reading_for(writer), at=2, steps=9)
    assert len(trace) == 3
    assert np.isnan(trace["0/cell"][0]).all()
    trace.save(tmp_path / "trace.npz")
    again = read_model_trace(tmp_path / "trace.npz")
    assert again.about == trace.about
    assert again["0/cell"][1:] == pytest.approx(trace["0/cell"][1:])


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"at": 99}, "there is no step 99"),
        ({"steps": 0}, "cannot be shown"),
        ({"steps": 61}, "cannot be shown"),
    ],
)
def test_what_cannot_be_is_refused(writer: LanguageModel, wish, said: str) -> None:
    with pytest.raises(UnrollError, match=said):
        unroll_opened(writer, reading_for(writer), **{"at": 5, "steps": 4, **wish})


def test_a_classifier_does_not_write(tmp_path) -> None:
    made = SequenceNetwork(ZOO["last"], seed=1).eval()
    with pytest.raises(UnrollError, match="cannot write on"):
        unroll_opened(made, reading_for(made), at=5, steps=4, writes=Writes(1))
    damaged = tmp_path / "x.npz"
    damaged.write_bytes(b"nothing")
    with pytest.raises(UnrollError, match="compute it again"):
        read_model_trace(damaged)
    assert msgspec.json.encode(Writes(2)) == b'{"steps":2,"temperature":0.0,"seed":0}'


def test_what_reads_from_the_end_is_drawn_so_and_both_rows_read_the_input() -> None:
    made = SequenceNetwork(ZOO["both ways"], seed=1).eval()
    trace = unroll_opened(made, reading_for(made), at=14, steps=6)
    rows = trace.about.rows
    assert [row.from_end for row in rows[:2]] == [False, True] and rows[0].layer == rows[1].layer
    figure = draw_model(trace, (1180.0, 640.0)).figure
    shafts = [one for one in figure.strokes if one.y1 == one.y2 and abs(one.x1 - one.x2) > 30]
    there, back = ([one for one in shafts if (one.x2 > one.x1) is way] for way in (True, False))
    assert there and len(back) == 5 * sum(row.from_end for row in rows)
    subtitle = figure.words[1].text
    assert "layer 1, " in subtitle and " units and layer 1 backwards" in subtitle
    figure = draw_model(trace, (660.0, 640.0)).figure
    lanes = [one.x1 for one in figure.strokes if one.x1 == one.x2]
    figures = [one for one in figure.words if re.fullmatch(r"\d+ [+−]\d\.\d\d", one.text)]
    assert figures
    for one in figures:
        right = one.x + width_of(one.text, one.size, one.bold)
        assert not any(one.x < lane < right for lane in lanes)


def test_what_came_has_a_tick_only_where_it_is_likeliest(writer) -> None:
    trace = unroll_opened(writer, reading_for(writer), at=14, steps=6)
    shown = [word.text for word in draw_model(trace, (1180.0, 640.0)).figure.words]
    expected = [trace.likeliest(step)[0][0] for step in range(6)]
    right = [came for came, best in zip(trace.about.came, expected, strict=True) if came == best]
    wrong = [came for came, best in zip(trace.about.came, expected, strict=True) if came != best]
    assert sorted(word[1:] for word in shown if word.startswith("✓")) == sorted(right)
    # Behind what came and was not among the likeliest stands its chance.
    missed = [word[1:].split(" ")[0] for word in shown if word.startswith("▸")]
    assert wrong and sorted(missed) == sorted(wrong)


def test_outputs_that_begin_alike_are_told_apart_where_there_is_little_room() -> None:
    made = SequenceNetwork(ZOO["numbers"], seed=1).eval()
    trace = unroll_opened(made, reading_for(made), at=14, steps=6)
    outputs = tuple(f"bit {number + 1}" for number in range(len(trace.about.outputs)))
    about = msgspec.structs.replace(trace.about, outputs=outputs)
    picture = draw_model(ModelTrace(about, trace.arrays), (520.0, 640.0))
    said = [word.text for word in picture.figure.words]
    assert "1" in said and "bit" not in said
