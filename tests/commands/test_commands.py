"""Every command as a person types it: what it prints, what it writes, how it fails."""

import contextlib
import csv
import json
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtGui import QImage

from rnnviz.cli import COMMANDS, main
from rnnviz.commands.shared.inputs import steps_at_most
from rnnviz.core.models.network import (
    Head,
    LayerDescription,
    NetworkDescription,
    OneHot,
    SequenceDescription,
    Symbols,
)
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.work.jobs.models import ModelOpened
from tests.nets.checkpoints.examples import Stock


def run(*words):
    return main([str(word) for word in words])


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"convert"}))
def test_the_page_of_the_command_line_tells_of_every_command(command):
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text("utf-8")
    assert f"| [`{command}`](#{command}) |" in page
    assert f"\n## {command}\n" in page


@pytest.mark.parametrize(
    "words",
    [
        "walk MODEL TEXT -o OUT --channels hidden",
        "rank MODEL TEXT --concept position-in-word",
        "colour MODEL TEXT --unit 1:1",
        "gradients MODEL TEXT --losses 2 --distance 3",
        "ablate MODEL TEXT --unit 1:1 --random 1",
        "unroll MODEL TEXT -o OUT.svg",
        "concepts TEXT --labels position-in-word",
        "info TEXT",
        "train TEXT -o OUT --steps 1 --batch 1 --units 4 --held-out 0",
    ],
)
def test_every_command_says_how_a_text_was_read(words, model, tmp_path, capsys):
    text = tmp_path / "old.txt"
    text.write_bytes("a “cold” bed\n".encode("windows-1252") * 20)
    named = {"MODEL": str(model), "TEXT": str(text), "OUT": str(tmp_path / "out")}
    for name, path in named.items():
        words = words.replace(name, path)
    assert run(*words.split()) == 0
    printed = capsys.readouterr()
    said = printed.err if words.split()[0] != "info" else printed.out
    assert "read as Windows-1252" in said
    if str(model) in words:
        assert "40 of 260 characters are unknown to the model" in said


@pytest.mark.parametrize(
    "words",
    [
        "walk MODEL TEXT -o OUT --channels hidden",
        "colour MODEL TEXT --unit 1:1",
        "gradients MODEL TEXT --losses 2 --distance 3",
        "unroll MODEL TEXT -o OUT.svg",
    ],
)
def test_every_command_counts_the_words_that_a_model_does_not_know(words, tmp_path, capsys):
    model = Path(__file__).parents[2] / "models" / "war-and-peace-words.safetensors"
    text = tmp_path / "words.txt"
    text.write_text("the prince and the wombat and the prince of wombats\n")
    named = {"MODEL": str(model), "TEXT": str(text), "OUT": str(tmp_path / "out")}
    for name, path in named.items():
        words = words.replace(name, path)
    assert run(*words.split()) == 0
    said = capsys.readouterr().err
    assert "unknown to the model, which reads <unk> for each of them" in said
    assert "'wombat' (1)" in said


# info


def test_info_of_a_model_says_what_it_is(model, capsys):
    assert run("info", model) == 0
    said = capsys.readouterr().out
    assert re.search(r"^network +LSTM, 2 layers of 8 units$", said, re.MULTILINE)
    assert re.search(
        r"^channels +hidden, cell, input, forget, output, candidate$", said, re.MULTILINE
    )
    assert re.search(r'^vocabulary +11: \\n space " a…e h l o$', said, re.MULTILINE)
    assert re.search(r"^input +one-hot$", said, re.MULTILINE)


def test_what_ships_is_found_by_its_name_alone(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert run("info", "shakespeare-gru") == 0
    assert re.search(r"^network +GRU", capsys.readouterr().out, re.MULTILINE)
    (tmp_path / "shakespeare-gru").write_text("a file of one's own comes first")
    assert run("info", "shakespeare-gru") == 0
    assert re.search(r"^text +shakespeare-gru", capsys.readouterr().out, re.MULTILINE)


def test_info_as_json_can_be_read_by_a_script(model, capsys):
    assert run("info", model, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["kind"], facts["architecture"], facts["layers"]) == ("model", "lstm", 2)
    assert facts["vocabulary"][:3] == ["\n", " ", '"']
    assert facts["parameters"] > 0


def test_info_of_a_recording(recording, capsys):
    assert run("info", recording) == 0
    said = capsys.readouterr().out
    assert "tiny text, 33 characters, complete" in said
    assert "bits per character, perplexity" in said


@pytest.mark.parametrize("content", [b"", b"no model at all", b"\x80\x02cos\nsystem\n"])
def test_info_of_what_is_no_model_is_an_error(tmp_path, capsys, content):
    path = tmp_path / "bad.pt"
    path.write_bytes(content)
    assert run("info", path) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("rnnviz: ")
    assert "bad.pt" in captured.err
    assert "Traceback" not in captured.err


# walk


def test_walk_records_a_text(model, text, tmp_path, capsys):
    folder = tmp_path / "out"
    assert run("walk", model, text, "-o", folder, "--channels", "hidden,forget") == 0
    recording = Recording(folder)
    assert recording.complete
    assert str(recording.text) == text.read_text()
    assert recording.channels == ("hidden", "forget")
    captured = capsys.readouterr()
    assert "16 units, hidden, forget" in captured.err
    assert str(folder) in captured.out


def test_info_of_halves_of_characters_names_their_unit(tmp_path, capsys):
    state = {name: one.numpy() for name, one in Stock(embedding=2).state_dict().items()}
    np.savez(tmp_path / "m.npz", **state, chars=np.array([0xD800, 0xDC00, 97, 98]))
    assert run("info", tmp_path / "m.npz", "--json") == 0
    assert "halves" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("unit", "wanted"), [("bytes", 7), ("halves", 4), ("words", 3), ("characters", 3)]
)
def test_no_more_steps_come_than_were_said(unit, wanted):
    network = NetworkDescription(
        reads=Symbols(vocabulary=("a", "b"), unit=unit),
        front=OneHot(),
        layers=(LayerDescription(architecture="lstm", units=2),),
        head=Head(outputs=("a", "b")),
    )
    about = msgspec.to_builtins(SequenceDescription(task="next", network=network))
    model = ModelOpened(path="m", kind="language-model", description=about)
    assert steps_at_most(Text.of("aé😀"), model) == wanted


def test_walk_writes_over_nothing_unasked(model, text, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("walk", model, text, "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["folder"] == "text.recording"
    assert facts["characters"] == len(text.read_text())
    assert run("walk", model, text) == 1
    assert "--overwrite" in capsys.readouterr().err
    (tmp_path / "text.recording" / "notes.txt").write_text("mine")
    (tmp_path / "text.recording" / "ranking-quotes.json").write_text("{}")
    assert run("walk", model, text, "--overwrite") == 0
    assert (tmp_path / "text.recording" / "notes.txt").read_text() == "mine"
    assert not (tmp_path / "text.recording" / "ranking-quotes.json").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    assert run("walk", model, text, "-o", "mine", "--overwrite") == 1
    assert "is no recording" in capsys.readouterr().err
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"


def test_walk_refuses_what_is_too_large(model, text, tmp_path, capsys):
    assert run("walk", model, text, "-o", tmp_path / "out", "--limit-gb", "0.00001") == 1
    assert "above the limit of 1e-05 GB" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_walk_names_the_channels_there_are(model, text, tmp_path, capsys):
    assert run("walk", model, text, "-o", tmp_path / "out", "--channels", "reset") == 1
    assert "no channel 'reset'; it has hidden, cell" in capsys.readouterr().err


# rank and concepts


def test_rank_lists_units_beside_chance(model, text, capsys):
    assert run("rank", model, text, "--concept", "inside-quotes", "--top", 3, "--probe") == 0
    said = capsys.readouterr().out
    assert said.startswith("Inside double quotes: ")
    assert "by chance the best unit reaches |r|" in said
    lines = said.splitlines()
    assert lines[3].split() == ["unit", "channel", "lag", "sign", "r", "AUC", "F1"]
    assert "linear probe, tested on" in lines[8]
    assert re.search(r"of 32 units together AUC .*, (hidden|cell) [12]:[0-7] alone AUC", lines[8])
    assert re.match(r"[12]:[0-7] +(hidden|cell) +(0|[+-]\d+) +[+-] +[+-]\d", lines[4])


def test_rank_of_a_recording_as_json(recording, capsys):
    words = ("--concept", "position-in-line", "--concept", "regex:cold", "--channels", "cell")
    assert run("rank", recording, *words, "--json") == 0
    first, second = json.loads(capsys.readouterr().out)["rankings"]
    assert (first["concept"], first["scalar"]) == ("position-in-line", True)
    assert second["title"]
    score = first["scores"][0]
    assert score["name"] == f"{score['layer'] + 1}:{score['unit']}"
    assert {one["channel"] for one in first["scores"]} == {"cell"}


@pytest.mark.parametrize(
    ("concept", "message"),
    [("inside-quote", "inside-quotes"), ("regex:(", "("), ("none.json", "cannot read none.json")],
)
def test_rank_explains_what_is_wrong_with_a_concept(recording, capsys, concept, message):
    assert run("rank", recording, "--concept", concept) == 1
    assert message in capsys.readouterr().err


def test_concepts_are_listed(capsys):
    assert run("concepts") == 0
    assert re.search(r"^inside-quotes +prose +yes/no +From", capsys.readouterr().out, re.MULTILINE)
    assert run("concepts", "--json") == 0
    assert "inside-quotes" in {
        one["name"] for one in json.loads(capsys.readouterr().out)["concepts"]
    }


def test_labels_are_marked_below_the_text(text, capsys):
    assert run("concepts", "--labels", "regex:b[a-z]+", text, "--range", "0:33") == 0
    captured = capsys.readouterr()
    assert captured.out == 'a "cold bed"\n        ^^^\nhello "a cab" hello\n'
    assert captured.err == "Matches b[a-z]+: 9.1 % of these characters\n"


# colour


def test_colour_prints_digits_where_there_is_no_terminal(recording, capsys):
    assert run("colour", recording, "--unit", "2:3", "--range", "0:12") == 0
    legend, blank, line, digits = capsys.readouterr().out.splitlines()[:4]
    assert legend.startswith("cell of layer 2, unit 3: 0 is -")
    assert (blank, line) == ("", 'a "cold bed"')
    assert re.fullmatch(r"[0-9]{12}", digits)


def test_colour_heeds_the_environment(recording, capsys, monkeypatch):
    words = ("colour", recording, "--unit", "1:0")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    run(*words)
    assert "\x1b[48;2;" in capsys.readouterr().out
    monkeypatch.delenv("COLORTERM")
    run(*words)
    assert "\x1b[48;5;" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    run(*words)
    assert "\x1b" not in capsys.readouterr().out


def test_colour_walks_only_what_is_shown(model, text, tmp_path, capsys):
    path = tmp_path / "table.csv"
    words = ("--unit", "1:0", "--channel", "forget", "--range", "3:20", "--to", path)
    assert run("colour", model, text, *words) == 0
    with path.open(newline="") as file:
        first, *lines = csv.reader(file)
    assert first[:2] == ["offset", "character"]
    assert "".join(line[1] for line in lines) == text.read_text()[3:20]
    assert all(0 < float(line[3]) < 1 for line in lines)


def test_colour_writes_pages_and_pictures(recording, tmp_path, qapp, capsys):
    words = ("colour", recording, "--surprisal", "--concept", "inside-quotes")
    for name in ("page.html", "figure.svg", "figure.png"):
        assert run(*words, "--to", tmp_path / name, "--theme", "dark", "--title", "Mine") == 0
    assert "Mine</h1>" in (tmp_path / "page.html").read_text()
    assert "Inside double quotes" in (tmp_path / "figure.svg").read_text()
    image = QImage(str(tmp_path / "figure.png"))
    assert image.pixelColor(2, 2).lightness() < 40
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--unit", "3:0"), "there is no unit 3:0: there are 2 layers of 8 units"),
        (("--unit", "7"), "names no unit"),
        (("--unit", "1:1", "--channel", "reset"), "'reset' was not recorded"),
        (("--unit", "1:1", "--range", "40:50"), "nothing between character 40 and 50"),
        (("--unit", "1:1", "--to", "/none/x.svg"), "there is no folder /none"),
    ],
)
def test_colour_explains_what_is_wrong(recording, capsys, words, message):
    assert run("colour", recording, *words) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--unit", "1:1", "--surprisal"),
        ("--unit", "1:1", "--range", "5"),
        ("--unit", "1:1", "--range", "9:3"),
        ("--unit", "1:1", "--to", "x.doc"),
    ],
)
def test_colour_refuses_wrong_arguments(recording, words, capsys):
    with pytest.raises(SystemExit) as ended:
        run("colour", recording, *words)
    assert ended.value.code == 2
    assert "usage: rnnviz colour" in capsys.readouterr().err


# sample


def test_the_same_seed_writes_the_same_text(model, capsys):
    words = ("sample", model, "--length", 40, "--seed", 3, "--start", "he")
    assert run(*words) == 0
    first = capsys.readouterr().out
    assert first.startswith("he")
    assert len(first) == 2 + 40 + 1
    assert run(*words, "--json") == 0
    assert "he" + json.loads(capsys.readouterr().out)["text"] + "\n" == first


def test_sample_explains_a_start_it_cannot_read(model, capsys):
    assert run("sample", model, "--start", "ÄÖÜ") == 1
    assert "vocabulary" in capsys.readouterr().err


# train


def test_train_leaves_a_model_and_says_how_good_it_is(text, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("signal.signal", lambda *_: None)
    saved = tmp_path / "saved.safetensors"
    words = ("--layers", 1, "--units", 8, "--batch", 2, "--sequence-length", 16, "--epochs", 1)
    places = ("--run", tmp_path / "run", "--save", saved)
    assert run("train", text, *words, *places, "--half") == 0
    said = capsys.readouterr().out
    assert re.search(r"held out \d\.\d+ nats = \d\.\d+ bits per character, perplexity", said)
    assert str(saved) in said
    assert run("info", saved) == 0
    assert "trained on   text.txt" in re.sub(" {3,}", "   ", capsys.readouterr().out)
    assert run("info", tmp_path / "run") == 0
    assert "text, finished" in capsys.readouterr().out


def test_train_explains_a_text_it_cannot_read(tmp_path, capsys):
    assert run("train", tmp_path / "none.txt") == 1
    assert "cannot read" in capsys.readouterr().err


def test_train_names_the_devices_that_are_there(text, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert run("train", text, "--device", "cuda", "--run", tmp_path / "run") == 1
    said = capsys.readouterr().err
    assert "the device is 'cuda'" in said
    assert "found cpu" in said
    assert "--device cpu" in said


def test_a_run_that_began_on_a_card_goes_on_here(text, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    folder = tmp_path / "run"
    assert run("train", text, "--run", folder, "--units", 8, "--batch", 2, "--steps", 2) == 0
    written = (folder / "run.json").read_text()
    (folder / "run.json").write_text(written.replace('"device": "auto"', '"device": "cuda"'))
    assert run("train", "--resume", folder) == 1
    assert "take --device cpu" in capsys.readouterr().err
    assert run("train", "--resume", folder, "--device", "cpu") == 0


def test_train_refuses_a_setting_before_it_reads(tmp_path, capsys):
    assert run("train", tmp_path / "none.txt", "--schedule", "sawtooth") == 1
    assert "schedule is 'sawtooth'; it may be constant, cosine, linear" in capsys.readouterr().err


# vocabulary


def test_a_vocabulary_is_guessed_with_its_loss(tiny_model, text, tmp_path, capsys):
    import torch

    path, listed = tmp_path / "bare.pt", tmp_path / "listed.txt"
    torch.save(tiny_model.state_dict(), path)
    assert run("info", path) == 0
    assert "--vocabulary FILE" in capsys.readouterr().out
    # the model was never trained, so no text bears out any order
    assert run("info", path, "--vocabulary", text) == 1
    said = capsys.readouterr().err
    assert re.search(r"\d\.\d{3} nats  sorted characters", said)
    assert "<- taken" not in said
    assert "no order of the symbols" in said
    listed.write_text("".join(tiny_model.symbols) + "\n")
    assert run("info", path, "--vocabulary", listed) == 0
    captured = capsys.readouterr()
    assert np.all([name in captured.out for name in ("LSTM, 2 layers of 8 units", "11:")])


def test_labels_come_with_what_the_concept_reads(tmp_path, capsys):
    german = tmp_path / "de.txt"
    german.write_text("\u201eGut\u201c, sagt er.\n" * 3, encoding="utf-8")
    assert run("concepts", "--labels", "inside-quotes", german) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1] == "^^^^"
    assert "reads as quotation marks \u201e \u201c (3 times)" in said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sample", "MODEL", "--seed", "1e400"], "too large"),
        (["gradients", "MODEL", "TEXT", "--distance", "1e18"], "not enough memory"),
        (["gradients", "MODEL", "TEXT", "--start", "-1"], "number 0"),
        (["nearest", "MODEL", "a", "--count", "0"], "at least 1"),
        (["nearest", "MODEL", "a", "--count", "-1"], "at least 1"),
        (["rank", "MODEL", "TEXT", "--top", "-3"], "at least 1"),
    ],
)
def test_numbers_that_count_nothing_are_refused_with_a_sentence(words, said, model, text, capsys):
    places = {"MODEL": str(model), "TEXT": str(text)}
    with contextlib.suppress(SystemExit):  # wrong arguments
        assert main([places.get(word, word) for word in words]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert "defect" not in told
