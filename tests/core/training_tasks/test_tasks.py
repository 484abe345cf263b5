"""Every task as facts: its presets can be trained, its fields are those of what it does."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.config import PATH_OPTIONS, TrainingConfig
from rnnviz.core.training_tasks import TASKS, kind_trained_by, task_named
from rnnviz.core.training_tasks.characters import parameters_of, steps_of, suggested
from rnnviz.core.training_tasks.field import Choice, File, Real, Whole
from rnnviz.core.training_tasks.settings import MORE, SETTINGS, USUAL
from rnnviz.core.training_tasks.structures import STRUCTURES
from rnnviz.core.training_tasks.translation import problem
from rnnviz.nets.training_tasks import TRAINING_TASKS
from rnnviz.nets.training_tasks.translation import TranslationOptions

PRESETS = [(task, preset) for task in TASKS for preset in task.presets]


def test_every_task_has_facts_and_does_something() -> None:
    assert [task.key for task in TASKS] == [task.name for task in TRAINING_TASKS]
    assert all(kind_trained_by(task.key) for task in TASKS)
    with pytest.raises(RunDirectoryError, match="there are characters, words, memory, translation"):
        task_named("vision")


@pytest.mark.parametrize(("task", "preset"), PRESETS, ids=lambda one: getattr(one, "name", ""))
@pytest.mark.parametrize("size", [10_000, 1_000_000, 50_000_000])
def test_every_preset_can_be_trained(task, preset, size) -> None:
    config = task.config_for(preset, (Path("novel.txt"),), size)
    config.check()
    assert config.name
    rough = task.rough(config, size)
    assert rough.steps > 0 and rough.seconds > 0
    assert task.needs_data(config.options) == bool(config.texts)
    known = {option.name for option in task.options}
    assert set(preset.settings.get("options", {})) <= known


def test_every_setting_is_asked_once_and_its_default_is_that_of_a_run() -> None:
    usual = TrainingConfig()
    asked_otherwise = {"texts", "task", "options", "name"}
    fields = {field.name for field in msgspec.structs.fields(TrainingConfig)} - asked_otherwise
    assert {setting.name for setting in SETTINGS} == fields
    assert all(setting.default == getattr(usual, setting.name) for setting in SETTINGS)
    shown = [name for _, names in (*USUAL, *MORE) for name in names]
    assert sorted(shown) == sorted(fields)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.key)
def test_what_may_be_chosen_holds_for_what_is_proposed(task) -> None:
    assert task.structure in {structure.key for structure in STRUCTURES}
    assert task.unused | set(task.titles) <= {setting.name for setting in SETTINGS}
    assert set(task.usual) <= {option.name for option in task.options}
    for option in (*task.options, *SETTINGS):
        assert option.help and not option.help.endswith(".")
        if isinstance(option, Choice):
            assert option.default in option.choices
        if isinstance(option, Whole | Real):
            assert option.low <= option.default <= option.high
        if option.when is not None:
            other = next(one for one in task.options if one.name == option.when[0])
            assert isinstance(other, Choice)
            assert set(option.when[1]) <= set(other.choices)


def test_the_options_of_translation_are_those_that_it_takes() -> None:
    usual = TranslationOptions()
    described = {option.name: option.default for option in task_named("translation").options}
    assert described == msgspec.to_builtins(usual)


def test_options_that_are_files_are_found_again_when_a_run_moves() -> None:
    files = {option.name for task in TASKS for option in task.options if isinstance(option, File)}
    assert files == set(PATH_OPTIONS)


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
    from rnnviz.nets.language.model import LanguageModel, count_parameters

    sizes = {"architecture": architecture, "layers": 2, "units": 6, "embedding": embedding}
    model = LanguageModel(
        ModelDescription(vocabulary=tuple("abcd"), skip=skip, **sizes)  # type: ignore[arg-type]
    )
    config = TrainingConfig(skip=skip, **sizes)  # type: ignore[arg-type]
    assert parameters_of(config, vocabulary=4) == count_parameters(model)


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ((b"le chat\tthe cat\n",), ""),
        ((b"le chat ||| the cat\n",), ""),
        ((b"\xfd7zXZ\x00 packed",), ""),
        ((b"le chat\n", b"the cat\n"), ""),
        ((b"le chat\n",), "0.txt has no tab between two columns"),
        ((b"",), "0.txt is empty"),
        ((b"a\tb\n", b"c\n", b"d\te\n"), "1.txt has no tab"),
    ],
)
def test_files_that_are_no_pairs_are_refused_before_anything_starts(
    contents: tuple[bytes, ...], said: str, tmp_path: Path
) -> None:
    files = []
    for number, content in enumerate(contents):
        files.append(tmp_path / f"{number}.txt")
        files[-1].write_bytes(content)
    found = problem(files, TrainingConfig())
    assert found.startswith(said) and bool(found) == bool(said)
