"""The scripts that make what ships: those parts that need no corpus from elsewhere."""

from __future__ import annotations

import runpy
from pathlib import Path

from rnnviz.core.models.translation import TranslationDescription
from rnnviz.nets.checkpoints import open_model

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
