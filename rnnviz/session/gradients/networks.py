"""Networks that are compared by their gradients: which they are, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from rnnviz.core.architectures import COMPARED
from rnnviz.core.errors import GradientError
from rnnviz.core.files.reading import files_in
from rnnviz.core.gradients.field import GradientField
from rnnviz.core.kinds import require
from rnnviz.core.kinds.described import read_described
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.models.network import Described, SequenceDescription, network_of
from rnnviz.core.system.identity import digest, file_stamp
from rnnviz.session.shared.library import Library
from rnnviz.work.jobs.given import ModelGiven
from rnnviz.work.jobs.gradients import ComputeField, RecurrentMatrices

DEFAULT = 128
"""Losses, and steps back, unless the person asks for others."""
_LEAST = 32
_BUDGET = 5e10
"""Multiplications that a field may take unless the person asks for more losses; a few seconds, and
the first of them are seen before."""
_STAGES = 6
"""Checkpoints of a run that are compared at most, spread over all."""


class Network(Struct, frozen=True):
    """A model to go back through."""

    path: str
    title: str
    vocabulary: tuple[str, ...] | None = None
    seed: int | None = None
    """Its weights drawn anew from this seed: as it was before any training."""
    digest: str = ""
    """Tells this state of the file from others, where it may change."""
    reading: int = 0
    """Which of the networks that its tensors may be, from 1; 0 takes the likeliest."""

    @property
    def given(self) -> ModelGiven:
        """What names its file in a request; the seed stands beside it."""
        return ModelGiven(self.path, self.vocabulary, reading=self.reading, digest=self.digest)


class Compared(Struct, frozen=True):
    """A network in the comparison and what is known of it."""

    network: Network
    field: GradientField | None = None
    failure: str = ""
    """Why there is no field."""
    partial: bool = False
    """Whether the field is to grow: more losses or Jacobians are being computed."""

    @property
    def complete(self) -> bool:
        """Whether its whole field is there."""
        return self.field is not None and not self.partial


class Window(Struct, frozen=True):
    """Which losses are taken, and how far they are followed back."""

    start: int
    """Losses from the prediction of this character on."""
    losses: int = DEFAULT
    distance: int = DEFAULT


def answer_key(network: Network, request: ComputeField | RecurrentMatrices) -> str:
    """A name for an answer that changes whenever the model, the text or the question does."""
    files = [network.path]
    if isinstance(request, ComputeField) and request.text.path:
        files.append(request.text.path)
    return digest(*(file_stamp(Path(path)) for path in files), network, request)


def stages_of(run: Path) -> tuple[Network, ...]:
    """Some checkpoints of a training run, the first one first.

    Raises:
        GradientError: it keeps no checkpoints of stages.
    """
    found = [
        path
        for path in files_in(run / "checkpoints", ".safetensors")
        if path.name.startswith("step-")
    ]
    if not found:
        raise GradientError(
            f"{run.name} holds no checkpoints of stages (checkpoints/step-….safetensors); "
            "choose the folder of a training run"
        )
    if len(found) > _STAGES:
        last = len(found) - 1
        found = [found[round(place * last / (_STAGES - 1))] for place in range(_STAGES)]
    return tuple(
        Network(str(path), f"step {int(path.stem.removeprefix('step-')):,}") for path in found
    )


def three_kinds(library: Library) -> tuple[Network, ...]:
    """The smallest shipped network of each of the kinds compared, all suiting the same text."""
    found: list[Network] = []
    models = sorted(library.predicting, key=lambda one: one.path.stat().st_size)
    made_of = {one.path: _architecture(one.description) for one in models}
    first = (one.description for one in models if made_of[one.path] == COMPARED[0].name)
    texts = {about.default_text for about in first}
    for kind in COMPARED:
        for one in models:
            about = one.description
            if made_of[one.path] == kind.name and about.default_text in texts:
                found.append(Network(str(one.path), about.name))
                break
    return tuple(found)


def _architecture(about: Described) -> str:
    """That of all its layers; empty where they are not alike."""
    kinds = {layer.architecture for layer in network_of(about).layers}
    return kinds.pop() if len(kinds) == 1 else ""


def short_titles(networks: Sequence[Network]) -> tuple[str, ...]:
    """The titles without what they all begin with, up to a comma.

    >>> short_titles((Network("a", "War and Peace, RNN"), Network("b", "War and Peace, LSTM")))
    ('RNN', 'LSTM')
    >>> short_titles((Network("a", "mine"), Network("a", "mine, before training", seed=0)))
    ('mine', 'mine, before training')
    """
    parts = [network.title.split(", ") for network in networks]
    shared = 0
    if len(parts) > 1:
        most = min(len(one) for one in parts) - 1
        while shared < most and len({one[shared] for one in parts}) == 1:
            shared += 1
    return tuple(", ".join(one[shared:]) for one in parts)


def affordable_losses(about: Described) -> int:
    """How many losses to take at first, so that a large model does not keep one waiting."""
    layers = network_of(about).layers
    each = sum(2 * layer.facts.blocks * layer.units**2 for layer in layers) * DEFAULT
    return int(min(DEFAULT, max(_LEAST, _BUDGET // each)))


def described(path: Path) -> Described:
    """What the file of a model says of itself, whose gradients can be shown.

    Raises:
        ModelFileError: it is of another kind, or no file of ours.
    """
    kind, found = read_described(path)
    require(kind, ComputeField.task(), path.name)
    assert isinstance(found, ModelDescription | SequenceDescription)
    return found
