"""What every importer must do, run over `IMPORTERS`."""

import contextlib
import importlib
import inspect
import os
import pkgutil
import random

import numpy as np
import pytest

import rnnviz.nets.checkpoints as package
from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints import IMPORTERS, Companions, ModelFile, open_model
from tests.nets.checkpoints.examples import (
    ALL_NETWORKS,
    CHARACTERS,
    GIVEN,
    NETWORKS,
    WRITERS,
    Stock,
    expected,
    ids,
    logits,
)

EVERY = [(importer, write) for importer in IMPORTERS for write in WRITERS.get(importer.name, ())]
NETWORKS_OF_ALL = [
    (importer, write, network)
    for importer, write in EVERY
    for network in NETWORKS.get(importer.name, ALL_NETWORKS)
]


def test_every_importer_in_the_folder_is_in_the_tuple():
    defined = set()
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        loaded = importlib.import_module(module.name)
        defined |= {
            value
            for value in vars(loaded).values()
            if inspect.isclass(value)
            and value.__module__ == loaded.__name__
            and hasattr(value, "recognises")
            and not getattr(value, "_is_protocol", False)
        }
    assert defined == set(IMPORTERS)


def test_names_and_titles_are_their_own():
    assert len({importer.name for importer in IMPORTERS}) == len(IMPORTERS)
    assert len({importer.title for importer in IMPORTERS}) == len(IMPORTERS)


@pytest.mark.parametrize(("importer", "write", "network"), NETWORKS_OF_ALL)
def test_opens_what_torch_computes(importer, write, network, tmp_path):
    kind, layers, embedding = network
    stock = Stock(kind, layers, embedding=embedding)
    path = tmp_path / "file-without-a-telling-name"
    write(path, stock)
    opened = open_model(path, GIVEN.get(importer.name))
    assert opened.format_title == importer.title
    assert opened.model.description.vocabulary == tuple(CHARACTERS)
    assert opened.model.description.architecture == kind
    assert not opened.model.training
    assert np.abs(logits(opened.model, ids()).numpy() - expected(stock, ids())).max() < 1e-5


@pytest.mark.parametrize(("importer", "write"), EVERY)
def test_only_its_own_importer_recognises_a_file_first(importer, write, tmp_path):
    path = tmp_path / "model"
    write(path, Stock(embedding=2))
    assert next(found for found in IMPORTERS if found.recognises(ModelFile(path))) is importer


@pytest.mark.parametrize(("importer", "write"), EVERY)
def test_a_file_cut_anywhere_is_refused(importer, write, tmp_path):
    cut = tmp_path / "cut"
    write(cut, Stock(units=1, embedding=1))
    size = cut.stat().st_size
    # Each length at the end, where tables of contents are; of the rest one in three, or of a file
    # that holds sources, too, some five hundred.
    step = max(3, size // 500 | 1)
    for length in [*range(size - 1, max(0, size - 100), -1), *range(max(0, size - 100), -1, -step)]:
        os.truncate(cut, length)
        with pytest.raises(ModelFileError):
            importer.load(ModelFile(cut), Companions(GIVEN.get(importer.name)))
        if length % 16 == 0:
            with pytest.raises(ModelFileError):
                open_model(cut, GIVEN.get(importer.name))


@pytest.mark.parametrize(("importer", "write"), EVERY)
def test_flipped_bytes_are_refused_or_harmless(importer, write, tmp_path):
    whole, flipped = tmp_path / "whole", tmp_path / "flipped"
    write(whole, Stock(units=2, embedding=1))
    content, draw = whole.read_bytes(), random.Random(7)
    for _ in range(60):  # `make hostile` damages many more
        damaged = bytearray(content)
        for _ in range(draw.choice((1, 1, 4))):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        flipped.write_bytes(damaged)
        with contextlib.suppress(ModelFileError):  # any other exception fails the test
            open_model(flipped, GIVEN.get(importer.name))
        with contextlib.suppress(ModelFileError):
            importer.load(ModelFile(flipped), Companions(GIVEN.get(importer.name)))


@pytest.mark.parametrize(("importer", "write"), EVERY)
def test_weights_that_are_not_finite_are_named(importer, write, tmp_path):
    stock = Stock(embedding=2)
    stock.fc.weight.data[1, 1] = float("nan")
    write(tmp_path / "model", stock)
    with pytest.raises(ModelFileError, match=r"(fc|output)\.weight.* 1 numbers that are NaN"):
        open_model(tmp_path / "model", GIVEN.get(importer.name))
