"""`rnnviz translate` and `rnnviz align`, as a person calls them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rnnviz.cli import main
from rnnviz.core.alignments.links import read_links
from rnnviz.nets.checkpoints.native import save_model
from tests.nets.alignments.small import small_translator

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A small model with attention."""
    path = tmp_path / "m.safetensors"
    save_model(path, small_translator(seed=1))
    return str(path)


def test_a_sentence_is_translated_and_its_alignment_written(
    model: str, tmp_path: Path, capsys: Printed
) -> None:
    """The translation on standard output, where each word looked beside it."""
    picture = tmp_path / "a.svg"
    assert main(["translate", model, "le chat dort .", "--beam", "2", "--to", str(picture)]) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() and "\n" not in printed.out.strip()
    assert any(word in printed.err.split() for word in ("le", "chat", "dort", "."))
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_info_says_what_it_reads_and_writes(model: str, capsys: Printed) -> None:
    """And how it pays attention."""
    assert main(["info", model]) == 0
    printed = capsys.readouterr().out
    assert "additive, before the decoder's step" in printed
    assert "15 words" in printed
    assert main(["info", model, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["kind"], facts["model_kind"]) == ("model", "translator")
    assert facts["attention"] == "additive"


def test_json_has_tokens_scores_and_weights(model: str, capsys: Printed) -> None:
    """And what was forced came."""
    forced = ["--force", "0=dog", "--weight", "0:1=1", "--json"]
    assert main(["translate", model, "le chat dort .", *forced]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["target_tokens"][0] == "dog"
    assert found["weights"][0][1] == pytest.approx(1.0)
    assert len(found["weights"]) == len(found["scores"]) == len(found["target_tokens"])


def test_the_pairs_with_the_nearest_states(model: str, tmp_path: Path, capsys: Printed) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("the cat .\tle chat .\na dog\tun chien\n", encoding="utf-8")
    asked = ["translate", model, "le chat .", "--target", "the cat .", "--near", str(pairs)]
    assert main([*asked, "--swap", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["near"]
    assert [one["token"] for one in found["encoder"]] == ["le", "chat", ".", "</s>"]
    for place, one in enumerate(found["decoder"]):
        nearest = one["pairs"][0]
        assert (nearest["source"], nearest["place"]) == ("le chat .", place)
        assert nearest["cosine"] == pytest.approx(1, abs=1e-3)
    assert main([*asked, "--swap"]) == 0
    assert "1.000  le [chat] ." in capsys.readouterr().err
    lines = tmp_path / "lines.txt"
    lines.write_text("le chat\n", encoding="utf-8")
    assert main(["translate", model, "--file", str(lines), "--near", str(pairs)]) == 1
    assert "leave --file out" in capsys.readouterr().err


def test_every_line_of_a_file_is_translated(model: str, tmp_path: Path, capsys: Printed) -> None:
    """An empty line stays empty, so that lines keep their numbers."""
    lines, made = tmp_path / "lines.txt", tmp_path / "made.txt"
    lines.write_text("le chat\n\nun chien dort .\n", encoding="utf-8")
    assert main(["translate", model, "--file", str(lines), "-o", str(made), "--beam", "1"]) == 0
    translated = made.read_text(encoding="utf-8").split("\n")
    assert len(translated) == 4 and translated[1] == "" and any(translated)
    assert "2 sentences" in capsys.readouterr().err


def test_the_lines_of_a_file_make_one_page(model: str, tmp_path: Path, capsys: Printed) -> None:
    """With every alignment; other kinds hold one, which is said before anything is translated."""
    lines, page = tmp_path / "lines.txt", tmp_path / "page.html"
    lines.write_text("le chat\n\nun chien dort .\n", encoding="utf-8")
    asked = ["translate", model, "--file", str(lines), "--beam", "1"]
    assert main([*asked, "--to", str(page)]) == 0
    assert all(word in page.read_text(encoding="utf-8") for word in ("chat", "chien"))
    capsys.readouterr()
    assert main([*asked, "--to", str(tmp_path / "page.svg")]) == 1
    printed = capsys.readouterr()
    assert ".html" in printed.err and not printed.out


def test_what_comes_before_a_forced_word_stays(model: str, capsys: Printed) -> None:
    """As in the window: the sentence is decoded again from there, not from its first word."""
    asked = ["translate", model, "le chat dort .", "--json"]
    assert main(asked) == 0
    free = json.loads(capsys.readouterr().out)["target_tokens"]
    assert main([*asked, "--force", "1=dog"]) == 0
    assert json.loads(capsys.readouterr().out)["target_tokens"][:2] == [free[0], "dog"]
    assert main([*asked, "--force", "400=dog"]) == 1
    assert "has steps 0 to" in capsys.readouterr().err


def test_a_file_without_pairs_is_said(model: str, tmp_path: Path, capsys: Printed) -> None:
    """Not a division by nothing."""
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("le chat\t\n\tthe cat\n", encoding="utf-8")
    assert main(["align", model, str(pairs)]) == 1
    assert "holds no pair" in capsys.readouterr().err


def test_links_are_counted_against_gold(model: str, tmp_path: Path, capsys: Printed) -> None:
    """Its own links as gold have no errors; counting from 1 is recognised."""
    pairs, links = tmp_path / "pairs.txt", tmp_path / "links.txt"
    pairs.write_text("le chat dort ||| the cat sleeps\nun chien ||| a dog\n", encoding="utf-8")
    assert main(["align", model, str(pairs), "-o", str(links), "--one"]) == 0
    assert len(read_links(links)) == 2
    assert main(["align", model, str(pairs), "--gold", str(links), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["error_rate"] == 0.0 and found["pairs"] == 2 and found["loss_nats"] > 0
    straight = tmp_path / "straight.txt"
    straight.write_text("0-0 1-1 2-2\n0-0 1-1\n", encoding="utf-8")
    asked = ["align", model, str(pairs), "--gold", str(straight)]
    for more in ([], ["--swap"]):
        assert main([*asked, *more, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["diagonal_error_rate"] == 0.0 and 0 <= found["aligner_error_rate"] <= 1
    assert main(asked) == 0
    assert "; a straight diagonal has 0.0%, an aligner that saw" in capsys.readouterr().out
    assert main(["align", model, str(pairs), "--swap"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("ending", [".svg", ".png", ".csv", ".tex", ".html"])
def test_the_weights_of_a_pair_are_written(
    model: str, tmp_path: Path, capsys: Printed, ending: str
) -> None:
    """Beside the links, in every kind that `translate` writes; words as they stand in the pair."""
    pairs, drawn = tmp_path / "pairs.txt", tmp_path / f"drawn{ending}"
    pairs.write_text("Le chat dort ||| the cat sleeps\n", encoding="utf-8")
    assert main(["align", model, str(pairs), "--to", str(drawn)]) == 0
    assert capsys.readouterr().out.strip()
    data = drawn.read_bytes()
    assert data.startswith(b"\x89PNG") if ending == ".png" else b"sleeps" in data
    if ending == ".csv":
        assert data.splitlines()[0] == b",Le,chat,dort"


def test_many_pairs_make_one_page(
    model: str, tmp_path: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of as many as a page holds; what holds one alignment is refused before any is computed."""
    pairs, page = tmp_path / "pairs.txt", tmp_path / "page.html"
    pairs.write_text("the cat\tle chat\n\na dog\tun chien\nthe sun\tle soleil\n", "utf-8")
    monkeypatch.setattr("rnnviz.commands.shared.alignments.MOST_DRAWN", 2)
    assert main(["align", model, str(pairs), "--swap", "--to", str(page)]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 3 and "the first 2 of 3 pairs" in printed.err
    content = page.read_text(encoding="utf-8")
    assert "chien" in content and "soleil" not in content
    monkeypatch.setattr("rnnviz.commands.align.run_with_progress", None)
    for name, said in (
        ("page.svg", "for 3 pairs give --to a name that ends in .html"),
        ("page.gif", "alignments are written as"),
        ("gone/page.html", "no folder"),
    ):
        assert main(["align", model, str(pairs), "--to", str(tmp_path / name)]) == 1
        printed = capsys.readouterr()
        assert said in printed.err and not printed.out


def test_what_cannot_be_done_is_said(
    model: str, tmp_path: Path, capsys: Printed, tiny_model: Any
) -> None:
    """With exit code 1 and one line."""
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("le chat\n")
    two.write_text("the cat\na dog\n")
    character = tmp_path / "c.safetensors"
    save_model(character, tiny_model)
    plain = tmp_path / "plain.safetensors"
    save_model(plain, small_translator(attention="none"))
    for words, said in (
        (["translate", model], "one of the two"),
        (["translate", model, ""], "one of the two|empty"),
        (["translate", str(character), "le chat"], "is a language model, which continues texts"),
        (["translate", str(tmp_path / "gone.safetensors"), "x"], "gone.safetensors"),
        (["align", model, str(one), str(two)], "1.*2.*must agree"),
        (["align", model, str(one)], "no tab"),
        (["align", str(plain), str(one), str(one)], "no attention"),
    ):
        assert main(words) == 1
        assert re.search(said, capsys.readouterr().err), words


@pytest.mark.parametrize(
    "command",
    [
        ["walk"],
        ["rank", "--concept", "inside-quotes"],
        ["colour", "--unit", "1:0"],
        ["gradients"],
        ["sample"],
    ],
    ids=lambda words: words[0],
)
def test_a_command_for_other_kinds_says_what_a_translator_is_and_which_to_choose(
    command: list[str], model: str, tmp_path: Path, capsys: Printed
) -> None:
    """In one line, before anything is walked."""
    text = tmp_path / "text.txt"
    text.write_text("le chat dort\n" * 20)
    files = [model] if command[0] == "sample" else [model, str(text)]
    assert main([command[0], *files, *command[1:]]) == 1
    said = capsys.readouterr().err.strip()
    assert "m.safetensors is a translation model, which reads sentences" in said
    assert re.search(r"choose a language model((,| or) an? [a-z ]+)*$", said) and "\n" not in said


def made_up_pairs(folder: Path) -> Path:
    """Word for word, with a full stop that stands apart."""
    words = [(a, b) for a in range(8) for b in range(8) if a != b]
    lines = [f"Un{a} deux{b} .\tone{a} two{b} ." for a, b in words]
    path = folder / "pairs.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_pairs_are_aligned_without_a_model(tmp_path: Path, capsys: Printed) -> None:
    """A line of links a pair; of gold links the error rate, with the diagonal's beside it."""
    pairs = made_up_pairs(tmp_path)
    assert main(["align", "--statistical", str(pairs)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["0-0 1-1 2-2"] * 56
    gold, links = tmp_path / "gold.txt", tmp_path / "links.txt"
    gold.write_text("0-0 1-1 2-2\n" * 56, encoding="utf-8")
    asked = ["align", "--statistical", str(pairs), "--gold", str(gold)]
    assert main([*asked, "--links", "intersection", "-o", str(links)]) == 0
    said = capsys.readouterr().out
    assert "error rate 0.0%" in said
    assert "straight diagonal has 0.0%" in said
    assert len(read_links(links)) == 56
    assert main([*asked, "--more", str(pairs), "--cut", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["diagonal_error_rate"] == 0.0


def test_what_a_statistical_aligner_cannot_do_is_said(
    model: str, tmp_path: Path, capsys: Printed
) -> None:
    """It has no weights to draw; and a model needs pairs."""
    pairs = made_up_pairs(tmp_path)
    assert main(["align", "--statistical", str(pairs), "--to", "x.html"]) != 0
    assert "no weights to draw" in capsys.readouterr().err
    assert main(["align", model]) != 0
    assert "--statistical" in capsys.readouterr().err


def test_a_given_translation_has_its_probability(model: str, capsys: Printed) -> None:
    """Nothing is searched: the words are those that were given."""
    given = ["--target", "the dog sleeps .", "--json"]
    assert main(["translate", model, "le chat dort .", *given]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["target_tokens"] == ["the", "dog", "sleeps", ".", "</s>"]
    assert found["log_p"] == pytest.approx(sum(found["scores"]))
    assert main(["translate", model, "le chat dort .", *given[:2]]) == 0
    assert re.search(r"probability [\d.e-]+, [\d.]+ nats a token", capsys.readouterr().err)
    assert main(["translate", model, "le chat", *given[:2], "--force", "0=dog"]) == 1
    assert "nothing to force" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["html", "svg", "png"])
def test_the_steps_of_the_decoder_are_drawn(
    model: str, tmp_path: Path, capsys: Printed, ending: str
) -> None:
    """All of them on a page, or one as a picture."""
    path = tmp_path / f"steps.{ending}"
    asked = ["translate", model, "le chat dort .", "--target", "the cat .", "--steps", str(path)]
    assert main([*asked, "--step", "2"]) == 0
    assert path.stat().st_size > 2000
    if ending == "svg":
        assert "Step 2 of 4" in path.read_text(encoding="utf-8")
    if ending == "html":
        assert path.read_text(encoding="utf-8").count("<figure") == 5
    assert main([*asked, "--step", "9"]) == 1
    assert "take 0 to 4" in capsys.readouterr().err


def test_info_says_what_attention_a_file_holds(tmp_path: Path, capsys: Printed) -> None:
    """Layers, heads, tokens, and rows that are no distribution."""
    path = tmp_path / "heads.json"
    held = {"weights": [[[0.5, 0.5]], [[0.5, 0.6]]], "source": "le chat", "target": "cat"}
    path.write_text(json.dumps(held), encoding="utf-8")
    assert main(["info", str(path)]) == 0
    printed = capsys.readouterr().out
    assert "1 layer, 2 heads, 1 × 2 weights" in printed and "adds up to 1.1" in printed
    assert main(["info", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["heads"] == 2


def test_effects_are_measured_and_compared(model: str, capsys: Printed) -> None:
    """Three tables as large as the weights, and how far they agree."""
    asked = ["translate", model, "le chat dort .", "--target", "the cat .", "--effects"]
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows, columns = len(found["target_tokens"]), len(found["source_tokens"])
    for name in ("erased", "gradient", "left_out"):
        assert len(found["effects"][name]) == rows
        assert {len(row) for row in found["effects"][name]} == {columns}
        assert -1 <= found["kendall_tau"][name] <= 1
    assert main(asked) == 0
    assert "Kendall's τ between the weights and erasing the weight" in capsys.readouterr().err
    assert main([*asked[:3], "--effects", "--sample", "1"]) == 1


def test_each_argument_is_a_sentence_of_its_own(model: str, capsys: Printed) -> None:
    assert main(["translate", model, "le chat dort", "--json", "le chien ."]) == 0
    found = json.loads(capsys.readouterr().out)["sentences"]
    assert [one["source_tokens"][:2] for one in found] == [["le", "chat"], ["le", "chien"]]
    assert main(["translate", model, "--json", "le", "chat"]) == 0
    found = json.loads(capsys.readouterr().out)["sentences"]
    assert [one["source_tokens"][0] for one in found] == ["le", "chat"]
    assert main(["translate", model, "le chat", "le chien", "--force", "0=a"]) == 1
    assert "about one sentence" in capsys.readouterr().err


def test_the_weight_of_an_unknown_word_is_marked(model: str, capsys: Printed) -> None:
    assert main(["translate", model, "le wombat dort ."]) == 0
    said = capsys.readouterr().err
    assert "unknown to the model, which reads all such words alike: wombat" in said
    assert main(["translate", model, "le chat dort ."]) == 0
    assert "*" not in capsys.readouterr().err
