"""The scripts that make what ships: those parts that need no corpus from elsewhere."""

from __future__ import annotations

import argparse
import runpy
from pathlib import Path

import msgspec
import pytest

from rnnviz.commands import train
from rnnviz.core.models.translation import TranslationDescription
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.training_tasks.translation import TranslationOptions

SCRIPTS = Path(__file__).parent.parent / "models"


def test_the_vocabularies_of_both_languages_open_as_a_model_of_one_unit(tmp_path: Path) -> None:
    script = runpy.run_path(str(SCRIPTS / "make_corpora.py"))
    script["pieces"].__globals__["PIECES"] = 60
    pairs = [
        ("le chat noir dort", "the black cat sleeps"),
        ("un chien court vite", "a dog runs fast"),
        ("nous mangeons du pain", "we are eating bread"),
    ] * 20
    script["pieces"](tmp_path / "pieces.safetensors", script["LANGUAGES"][0], pairs)
    about = open_model(tmp_path / "pieces.safetensors").model.description
    assert isinstance(about, TranslationDescription)
    assert about.source.kind == about.target.kind == "subwords"
    assert len(about.source.tokens) <= 60 and "\u2581" in "".join(about.target.tokens)


def test_every_row_of_the_table_of_attentions_is_a_training_that_can_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    script = runpy.run_path(str(SCRIPTS / "make_attentions.py"))
    told = [row.command("CORPORA", "runs/x", "cpu") for row in script["ROWS"]]
    kinds = []
    for words in told:
        parser = argparse.ArgumentParser()
        train.configure(parser)
        given = parser.parse_args(words[1:])
        options = msgspec.convert(dict(given.option), TranslationOptions, strict=False)
        assert given.steps == 2000 and options.batch_tokens == 8000
        assert bool(options.links) == bool(options.guided)
        kinds.append((options.attention, options.order, bool(options.guided)))
    assert len(set(kinds)) == len(kinds) == 12


def test_the_table_of_attentions_says_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    script = runpy.run_path(str(SCRIPTS / "make_attentions.py"))
    rates = {"target": 72.04, "source": 78.5, "both": 78.9}
    one = {
        "alignments": dict.fromkeys(script["SETS"], rates),
        "translations": {"everyday": {"bleu": 4.1}},
        "held_out_nats": 3.521,
    }
    (*_, line) = script["table"]({"dot-before": one})
    assert line == (
        "| dot | before the step | no | 72.0 / 78.5 / 78.9 | 72.0 / 78.5 / 78.9 | 4.1 | 3.52 |"
    )
