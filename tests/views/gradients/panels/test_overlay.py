"""The colours of compared networks: those that a run has, and others."""

from __future__ import annotations

from pathlib import Path

from rnnviz.views.gradients.panels.overlay import inks_of

RUNS = [(Path("/runs/a"), 1), (Path("/runs/b"), 9)]


def stage(run: str, step: int) -> str:
    return f"/runs/{run}/checkpoints/step-{step:08d}.safetensors"


def test_a_network_of_a_run_has_the_colour_of_the_run() -> None:
    networks = [("/models/other.safetensors", 1), (stage("b", 5), 1), (stage("a", 5), 1)]
    assert inks_of(networks, RUNS) == [[0], [9], [1]]


def test_of_several_stages_the_last_has_it_and_nothing_else_does() -> None:
    networks = [(stage("a", step), 1) for step in (0, 5, 10)]
    assert inks_of(networks, RUNS) == [[0], [2], [1]]


def test_further_layers_and_untrained_networks_have_colours_of_their_own() -> None:
    assert inks_of([(stage("b", 5), 2), ("", 2)], RUNS) == [[9, 0], [1, 2]]
    assert inks_of([(stage("b", 5), 1)], []) == [[0]]
