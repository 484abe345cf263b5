"""Gradients through time of the open model and of those set beside it, on the open text."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.errors import RnnvizError
from rnnviz.core.files.reading import exists
from rnnviz.core.gradients.field import read_field
from rnnviz.core.kinds import kind_named
from rnnviz.core.system.identity import model_digest
from rnnviz.session.gradients.measurements import Measurements
from rnnviz.session.gradients.networks import (
    DEFAULT,
    Compared,
    Network,
    Window,
    affordable_losses,
    answer_key,
    described,
    stages_of,
    three_kinds,
)
from rnnviz.session.shared.identities import Answers, Subject
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.library import Library
from rnnviz.session.shared.recordings import TEXT, Recordings
from rnnviz.work.jobs.cells import Written
from rnnviz.work.jobs.given import TextGiven
from rnnviz.work.jobs.gradients import ComputeField, FieldPart
from rnnviz.work.messages import Failure

Quantity = Literal["loss", "jacobian", "sum"]
"""The gradient of each loss, the Jacobian's largest singular value, or the gradient of the sum."""

LOSSES = Subject("losses")
"""Which losses are taken, and how far they are followed back."""
LONGEST = 1000
"""Losses and steps back that may be asked for: beyond, a field takes minutes."""


class Gradients(QObject):
    """Keeps a comparison of networks on one stretch of the open text; asks only when asked.

    A panel that is seen calls `want_fields`: what is missing is then computed, one network after
    the other.

    Signals:
        fields_changed: `compared`: networks came or went, or a field was computed.
        window_changed: `window`.
        shown_changed: `focus`, `layer`, `quantity`, `of_class`.
        character_changed: `character`, whose prediction is explained.
    """

    fields_changed = Signal()
    window_changed = Signal()
    shown_changed = Signal()
    character_changed = Signal()

    def __init__(
        self,
        jobs: Jobs,
        recordings: Recordings,
        library: Library,
        cache: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._recordings = recordings
        self._library = library
        self._cache = cache / "gradients"
        self._networks: tuple[Network, ...] = ()
        self._found: Answers[Network, Compared] = jobs.answers(TEXT, LOSSES)
        self.window = Window(DEFAULT)
        self._usual = DEFAULT
        """How many losses are taken for this model unless the person says otherwise."""
        self.focus = 0
        self.layer: int | None = None
        """None for all layers."""
        self.quantity: Quantity = "loss"
        self.of_class = ""
        """Whose log-probability is followed back, of networks that name classes; empty for that of
        the true one, or of the likeliest."""
        self.character: int | None = None
        self._computing = ""
        """The key of the field that is being computed."""
        self.measurements = Measurements(self, jobs, recordings, self._cache)
        recordings.text_changed.connect(self._take_text)
        self.take_model()  # that was opened before the first who asks for gradients

    # What is compared

    @property
    def open_network(self) -> Network | None:
        """The open model."""
        model = self._recordings.model
        if model is None or ComputeField.task() not in kind_named(model.kind).jobs:
            return None
        return Network(
            model.path,
            model.description.name,
            model.vocabulary,
            digest=model.digest,
            reading=model.reading,
        )

    @property
    def compared(self) -> tuple[Compared, ...]:
        """The networks, each with what is known of it on this stretch of this text."""
        return tuple(map(self._compared, self._networks))

    def _compared(self, network: Network) -> Compared:
        return self._found.get(network) or Compared(network)

    @property
    def focused(self) -> Compared | None:
        """The network that panels about a single one show."""
        here = self._networks[self.focus : self.focus + 1]
        return self._compared(here[0]) if here else None

    def set_networks(self, networks: tuple[Network, ...]) -> None:
        """Compare these, in this order."""
        kept = self.focused
        self._networks = names = tuple(dict.fromkeys(networks))
        self.focus = names.index(kept.network) if kept and kept.network in names else 0
        self.fields_changed.emit()
        self.shown_changed.emit()

    def add(self, *networks: Network) -> None:
        """Set further networks beside those that are there."""
        self.set_networks((*(one.network for one in self.compared), *networks))

    def remove(self, place: int) -> None:
        """Take a network out of the comparison."""
        rest = [one.network for number, one in enumerate(self.compared) if number != place]
        self.set_networks(tuple(rest))

    def add_file(self, path: Path) -> None:
        """Set a model's file beside the others.

        Raises:
            ModelFileError: it is no model of ours.
        """
        title, state = described(path).name or path.stem, model_digest(path, None)
        self.add(Network(str(path), title, digest=state))

    def add_untrained(self, seed: int = 0) -> None:
        """Set the network in focus as it was before training beside the others."""
        if self.focused is not None:
            network = self.focused.network
            self.add(replace(network, seed=seed, title=f"{network.title}, before training"))

    def add_run(self, run: Path) -> None:
        """Set the stages of a training run beside each other, the first one first.

        Raises:
            GradientError: it keeps no checkpoints of stages.
        """
        self.set_networks(stages_of(run))

    def kinds(self) -> tuple[Network, ...]:
        """The smallest shipped RNN, GRU and LSTM that suit the same text."""
        return three_kinds(self._library)

    @Slot()
    def take_model(self) -> None:
        """Take the open model alone; whoever opened it may set others beside it afterwards."""
        network = self.open_network
        if network is None:
            return
        self.measurements.tell()
        model = self._recordings.model
        assert model is not None
        usual = affordable_losses(model.description)
        if self.window.losses == self._usual:
            self.set_window(replace(self.window, losses=usual))
        self._usual = usual
        self.of_class = ""
        if kind_named(model.kind).short_texts and self.window.start == DEFAULT:
            self.set_window(replace(self.window, start=0))
        self.set_networks((network,))

    @Slot()
    def _take_text(self) -> None:
        self.character = None
        self.measurements.tell()
        model = self._recordings.model
        early = model is not None and kind_named(model.kind).short_texts
        start = 0 if early else DEFAULT
        self.set_window(Window(start, self.window.losses, self.window.distance))
        self._forget_fields()

    def _forget_fields(self) -> None:
        self._computing = ""
        self.fields_changed.emit()

    # What is shown

    def set_window(self, window: Window) -> None:
        """Take other losses, or follow them farther back."""
        window = Window(
            max(0, window.start),
            min(max(1, window.losses), LONGEST),
            min(max(2, window.distance), LONGEST),
        )
        if window != self.window:
            self.window = window
            self._jobs.now(LOSSES, (window, self.of_class))
            self.window_changed.emit()
            self._forget_fields()

    def set_focus(self, place: int) -> None:
        """Show this network in the panels about a single one."""
        if place != self.focus and 0 <= place < len(self.compared):
            self.focus = place
            self.shown_changed.emit()

    def set_layer(self, layer: int | None) -> None:
        """Show one layer, or all."""
        if layer != self.layer:
            self.layer = layer
            self.shown_changed.emit()

    def set_quantity(self, quantity: Quantity) -> None:
        """Show the losses' gradients, the Jacobians, or the gradient of the sum."""
        if quantity != self.quantity:
            self.quantity = quantity
            self.shown_changed.emit()
            if quantity == "jacobian":
                self.fields_changed.emit()

    def set_class(self, name: str) -> None:
        """Follow the log-probability of this class back; empty for the true or likeliest one."""
        if name != self.of_class:
            self.of_class = name
            self._jobs.now(LOSSES, (self.window, name))
            self.shown_changed.emit()
            self._forget_fields()

    def set_character(self, character: int | None) -> None:
        """Explain the prediction of this character."""
        if character != self.character:
            self.character = character
            self.character_changed.emit()

    def step(self, way: int) -> None:
        """Explain a prediction so many further on, within the stretch that is shown."""
        field = self.focused.field if self.focused else None
        if field is None:
            return
        row = None if self.character is None else field.row_of(self.character)
        moved = 0 if row is None else min(max(row + way, 0), len(field.predicted) - 1)
        self.set_character(int(field.predicted[moved]))

    # Fields

    def want_fields(self) -> None:
        """Compute what is missing, one network after the other."""
        jacobians = self.quantity == "jacobian"
        for one in self.compared:
            field = one.field
            lacking = field is None or one.partial or (jacobians and not field.has_jacobians)
            if lacking and not one.failure:
                self._compute(one.network, jacobians)
                return

    @property
    def busy(self) -> bool:
        """Whether a field is being computed."""
        return self._jobs.busy(ComputeField)

    def _compute(self, network: Network, jacobians: bool) -> None:
        text = self._recordings.text
        if text is None:
            return
        window = self.window
        asked = ComputeField(
            model=network.given,
            text=TextGiven.of(text),
            path="",
            start=window.start,
            count=window.losses,
            distance=window.distance,
            jacobians=jacobians,
            seed=network.seed,
            of_class=self.of_class,
        )
        key = answer_key(network, asked)
        path = self._cache / f"{key}.npz"
        if key == self._computing and self.busy:
            return
        if exists(path) and self._arrive(network, path):
            return
        self._computing = key

        def done(field: Written) -> None:
            self._arrive(network, Path(field.path))

        def failed(failure: Failure) -> None:
            if failure.details:
                self._jobs.failed.emit(failure)
            self._note(Compared(network, failure=failure.message))

        seen = 0

        def grown(part: FieldPart) -> None:
            nonlocal seen
            if part.number > seen:
                seen = part.number
                self._arrive(network, Path(part.path), partial=True)

        self._jobs.start(
            msgspec.structs.replace(asked, path=str(path)),
            of=(TEXT, LOSSES),
            title=f"Going back through {network.title}",
            done=done,
            failed=failed,
            progress=grown,
        )

    def _arrive(self, network: Network, path: Path, *, partial: bool = False) -> bool:
        try:
            field = read_field(path)
        except RnnvizError:
            path.unlink(missing_ok=True)
            return False
        known = [one for one in self.compared if one.network == network and one.complete]
        if not (partial and known and not field.has_jacobians):
            # Losses that are known already do not become fewer while Jacobians are computed.
            self._note(Compared(network, field, partial=partial))
        return True

    def _note(self, found: Compared) -> None:
        self._found.put(found.network, found)
        self.fields_changed.emit()
