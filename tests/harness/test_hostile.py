"""Some hundred attempts with files that nobody means; `make hostile` makes ten thousand."""

import contextlib
from pathlib import Path
from typing import get_args

import pytest

from rnnviz.core.errors import RnnvizError
from rnnviz.core.models.model_folder import model_file_in
from rnnviz.core.recognise import Kind, kind_of
from rnnviz.nets.checkpoints import IMPORTERS, ModelFile
from tests.harness import opening
from tests.harness.hostile import BYTES, ODD, Hostile, mutate

ROUNDS = 4


def test_every_kind_has_a_sample_and_an_opener():
    assert opening.SAMPLES.keys() == opening.OPENERS.keys()


def test_everything_that_is_recognised_and_every_importer_is_tried(tmp_path):
    """A kind or an importer that is new to the project gets a sample and an opener."""
    kinds, importers = set(), set()
    for name, make in opening.SAMPLES.items():
        folder = tmp_path / name
        folder.mkdir()
        path = make(folder)
        with contextlib.suppress(RnnvizError):
            kinds.add(kind_of(path))
        if name == "tutorial":
            path /= "encoder.pt"
        with contextlib.suppress(RnnvizError):
            file = ModelFile(model_file_in(path) if path.is_dir() else path)
            importers.add(next((one for one in IMPORTERS if one.recognises(file)), None))
    assert kinds == set(get_args(Kind))
    assert importers >= set(IMPORTERS), [one.title for one in set(IMPORTERS) - importers]


def test_an_attempt_follows_from_its_seed_alone(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.json").write_bytes(b'{"a": [1, 2, "three"]}' * 20)
    for seed in range(60):
        done = [mutate(tmp_path / name / "x.json", seed) for name in ("a", "b")]
        assert done[0] == done[1]
        for name in ("a", "b"):
            odd = tmp_path / name / "x.json"
            if not odd.is_file() or odd.is_symlink() or odd.stat().st_size > 1 << 20:
                odd.rmdir() if odd.is_dir() and not odd.is_symlink() else odd.unlink(
                    missing_ok=True
                )
            odd.write_bytes(b'{"a": [1, 2, "three"]}' * 20)
    assert len(BYTES) + len(ODD) > 20


@pytest.mark.timeout(200)
def test_files_that_nobody_means_open_or_are_refused_with_a_sentence(tmp_path: Path):
    hostile = Hostile(tmp_path)
    try:
        ends = [
            hostile.attempt(kind, 1_000_000 + number * len(hostile.samples) + place)
            for number in range(ROUNDS)
            for place, kind in enumerate(hostile.samples)
        ]
    finally:
        hostile.child.close()
    wrong = [end for end in ends if not end.good]
    assert not wrong, "\n".join(f"{end.kind} {end.seed}: {end.how}\n{end.words}" for end in wrong)
    assert {end.how for end in ends} == {"opened", "refused"}


@pytest.mark.timeout(200)
def test_the_harness_sees_what_it_looks_for(tmp_path: Path, monkeypatch):
    """Memory, time, defects, programs that are started, and a child that dies."""
    hostile = Hostile(tmp_path)
    bad = {
        "exits": "os._exit(3)",
        "waits": "time.sleep(60)",
        "raises": "raise KeyError('x')",
        "swells": "bytearray(1 << 33)",
        "starts": "os.system('ssh nobody@nowhere.invalid')",
    }
    try:
        monkeypatch.setattr("tests.harness.hostile.SECONDS", 1.0)
        found = {}
        for name, code in bad.items():
            path = tmp_path / f"{name}.py"
            path.write_text(f"import os, time\n{code}\n")
            found[name], _ = hostile.child.attempt("code", path)
    finally:
        hostile.child.close()
    assert found == {
        "exits": "the process died: 3",
        "waits": "takes longer than 20 seconds",
        "raises": "KeyError: 'x'",
        "swells": "MemoryError: ",
        "starts": "a program was started",
    }
    assert hostile.child.made == 3
