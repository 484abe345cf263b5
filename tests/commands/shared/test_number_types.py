"""Numbers of the command line are the numbers meant, or refused."""

import argparse
import importlib

import pytest

from rnnviz.cli import COMMANDS
from rnnviz.commands.shared.number_types import number, numbers, whole
from rnnviz.commands.train import _figures
from rnnviz.nets.training.progress import Progress


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("0.4,0.8,1.2", (0.4, 0.8, 1.2)),
        ("0,4;0,8", (0.4, 0.8)),
        ("0,4; 0,8; 1", (0.4, 0.8, 1.0)),
        ("0.4 0.8", (0.4, 0.8)),
        ("0.4", (0.4,)),
        ("3e-1;1", (0.3, 1.0)),
    ],
)
def test_a_list_is_what_was_meant(words, meant):
    assert numbers(words) == meant


@pytest.mark.parametrize("words", ["0,4", "0,4,0,8", "0.4,x", "", "nan", "1,000", "0.4;;0.8"])
def test_a_list_that_could_be_two_is_refused(words):
    with pytest.raises(argparse.ArgumentTypeError):
        numbers(words)


def test_one_number_is_read_as_in_the_window():
    assert number("0,003") == number("3e-3") == 0.003
    assert whole("12,000") == 12_000
    for words in ("1,000", "nan", "inf", "0x10"):
        with pytest.raises(argparse.ArgumentTypeError):
            number(words)
    with pytest.raises(argparse.ArgumentTypeError):
        whole("1,5")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_number_of_every_command_is_read_so(name):
    parser = argparse.ArgumentParser()
    importlib.import_module(f"rnnviz.commands.{name}").configure(parser)
    assert [action.dest for action in parser._actions if action.type in (int, float)] == []


@pytest.mark.parametrize(
    ("task", "unit"), [("numbers", ""), ("memory", ""), ("characters", " nats")]
)
def test_a_squared_error_is_in_no_nats_while_it_trains(task, unit):
    progress = Progress(steps=20)
    progress.loss_nats = 0.25
    assert f"loss 0.250{unit}  " in _figures(task, progress)
