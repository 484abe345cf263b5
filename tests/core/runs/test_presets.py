"""Presets: every one is a configuration that can be trained, and its sizes are told right."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnviz.core.runs.config import TrainingConfig
from rnnviz.core.runs.presets import (
    PRESETS,
    Preset,
    config_for,
    free_directory,
    parameters_of,
    steps_of,
    suggested,
)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
@pytest.mark.parametrize("characters", [10_000, 1_000_000, 50_000_000])
def test_every_preset_can_be_trained(preset: Preset, characters: int) -> None:
    config = config_for(preset, (Path("novel.txt"),), characters)
    config.check()
    assert config.name
    assert steps_of(config, characters) > 0
    assert (config.task == "memory") == (config.texts == ())


def test_longer_texts_get_larger_networks() -> None:
    units = [suggested(length)["units"] for length in (10_000, 1_000_000, 10_000_000)]
    assert units == sorted(set(units))


def test_steps_by_hand() -> None:
    # 1000 characters, 100 held out: 9 streams of 100, 99 targets each, 10 at a time
    config = TrainingConfig(batch=9, sequence_length=10, epochs=2.0, held_out=0.1)
    assert steps_of(config, 1000) == 20
    assert steps_of(TrainingConfig(steps=7), 1000) == 7


@pytest.mark.parametrize("architecture", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize(("embedding", "skip"), [(0, False), (5, False), (0, True), (5, True)])
def test_parameters_are_those_of_the_network(architecture: str, embedding: int, skip: bool) -> None:
    from rnnviz.core.models.model_file import ModelDescription
    from rnnviz.nets.language.model import CharacterLanguageModel, count_parameters

    sizes = {"architecture": architecture, "layers": 2, "units": 6, "embedding": embedding}
    model = CharacterLanguageModel(
        ModelDescription(vocabulary=tuple("abcd"), skip=skip, **sizes)  # type: ignore[arg-type]
    )
    config = TrainingConfig(skip=skip, **sizes)  # type: ignore[arg-type]
    assert parameters_of(config, vocabulary=4) == count_parameters(model)


def test_a_new_run_never_takes_the_place_of_another(tmp_path: Path) -> None:
    first = free_directory(tmp_path, "War/Peace: 1")
    assert first == tmp_path / "War-Peace- 1"
    first.mkdir()
    assert free_directory(tmp_path, "War/Peace: 1") == tmp_path / "War-Peace- 1-2"
    assert free_directory(tmp_path, " ..") == tmp_path / "run"
