"""Activations that other programs recorded, written as they write them."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from rnnviz.cli import main
from rnnviz.core.errors import RecordingError
from rnnviz.core.recognise import kind_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.nets.capturing.activation_files import record_activations

WORDS = ["the", "cat", "sleeps", "<eos>", "a", "dog"]
IDS = [0, 1, 2, 3, 4, 5, 2, 3]


def lstmvis(folder: Path) -> Path:
    """As `extract-lstm-states` of LSTMVis leaves a folder."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    with h5py.File(folder / "states.hdf5", "w") as file:
        for layer, width in ((1, 5), (2, 3)):
            file[f"states{layer}"] = rng.normal(size=(len(IDS), width))
            file[f"output{layer}"] = rng.normal(size=(len(IDS), width)).astype(np.float32)
    with h5py.File(folder / "train.hdf5", "w") as file:
        file["word_ids"] = np.array(IDS)
    lines = "".join(f"{word} {number}\n" for number, word in enumerate(WORDS))
    (folder / "words.dict").write_text(lines)
    (folder / "lstm.yml").write_text("name: mine\nfiles:\n  states: states.hdf5\n")
    return folder


def test_a_folder_of_lstmvis(tmp_path: Path) -> None:
    folder = lstmvis(tmp_path / "mine")
    assert kind_of(folder) == kind_of(folder / "states.hdf5") == "recorded"
    record_activations(folder, tmp_path / "out.recording")
    found = Recording(tmp_path / "out.recording")
    assert str(found.text) == "the cat sleeps <eos>\na dog sleeps <eos>\n"
    assert found.complete and found.total_units == 8
    with h5py.File(folder / "states.hdf5") as file:
        assert np.allclose(found.values("cell", 2), file["states1"][:, 2])
        assert np.allclose(found.values("hidden", 6), file["output2"][:, 1])
    assert [found.sequence.label(step) for step in (0, 3, 5)] == ["the", "<eos>", "dog"]


@pytest.mark.parametrize("tokens", [{"tokens": ["so", "it", "goes"]}, {"text": "abc"}])
def test_json(tokens: dict, tmp_path: Path) -> None:
    rows = [[0.5, -1.0], [0.25, 2.0], [0.0, 3.0]]
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"activations": {"hidden 1": rows}, **tokens}))
    assert kind_of(path) == "recorded"
    record_activations(path, tmp_path / "out.recording")
    found = Recording(tmp_path / "out.recording")
    assert found.values("hidden", 1).tolist() == [-1.0, 2.0, 3.0]
    assert str(found.text).split()[0] in ("so", "abc")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {"activations": [[1.0]], "tokens": ["a", "b"]},
            "2 tokens and no matrix with so many rows",
        ),
        ({"activations": [[1.0]]}, "no list of `tokens` and no `text`"),
        ({"activations": {"h": [["x"]]}, "tokens": ["a"]}, "are no rows of numbers"),
        ({"activations": {"h": [[1], [1, 2]]}, "text": "ab"}, "are no rows of numbers"),
    ],
)
def test_what_does_not_fit_is_named(content: dict, said: str, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(content))
    with pytest.raises(RecordingError, match=said):
        record_activations(tmp_path / "mine.json", tmp_path / "out.recording")


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = lstmvis(tmp_path / "mine")
    assert main(["info", str(folder)]) == 0
    assert "rnnviz convert mine NAME.recording" in capsys.readouterr().out
    assert main(["convert", str(folder), str(tmp_path / "mine.recording")]) == 0
    assert Recording(tmp_path / "mine.recording").length == len(IDS)


def test_damaged_files_end_in_a_sentence(tmp_path: Path) -> None:
    folder = lstmvis(tmp_path / "mine")
    raw = (folder / "states.hdf5").read_bytes()
    for length in range(8, len(raw), 997):
        (folder / "states.hdf5").write_bytes(raw[:length])
        assert main(["info", str(folder)]) == 1


def test_a_list_of_words_with_odd_digits_names_the_others(tmp_path: Path) -> None:
    folder = lstmvis(tmp_path / "lstmvis")
    words = next(folder.glob("*.dict"))
    words.write_text(words.read_text() + "odd \N{SUPERSCRIPT TWO}\n")
    record_activations(folder, tmp_path / "out.recording")
    assert str(Recording(tmp_path / "out.recording").text).startswith("the cat sleeps")
