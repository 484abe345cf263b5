"""Watching a Lightning training: a callback that imports nothing of Lightning.

Lightning takes no callback that is not of its own class. Whoever makes a trainer has imported it,
so that class is looked up among what is loaded; under both of its names, and in any version.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rnnviz.core.runs.run import Run

_MODULES = ("lightning.pytorch.callbacks", "pytorch_lightning.callbacks")


class RunCallback:
    """Writes a run directory while a Lightning trainer trains.

        trainer = lightning.Trainer(callbacks=[rnnviz.RunCallback("runs/mine")])

    Args:
        directory: where to write; it must hold no run yet.
        every: steps between two measurements of every parameter's gradient and weights.
    """

    def __new__(cls, *arguments: Any, **named: Any) -> RunCallback:
        """One that is also a callback of the Lightning that is loaded, if one is."""
        loaded = [sys.modules[name].Callback for name in _MODULES if name in sys.modules]
        kind = type(cls.__name__, (cls, *loaded), {}) if loaded else cls
        made: RunCallback = object.__new__(kind)
        return made

    def __init__(self, directory: str | Path, name: str = "", every: int = 50) -> None:
        self._directory, self._name, self._every = Path(directory), name, every
        self._run: Run | None = None

    @property
    def state_key(self) -> str:
        """By what name Lightning would keep this callback's state; it has none."""
        return "rnnviz.RunCallback"

    def on_train_start(self, trainer: Any, module: Any) -> None:
        """Open the run, in the process that writes."""
        if trainer.is_global_zero:
            told = getattr(module, "hparams", None)
            settings = dict(told) if isinstance(told, Mapping) else None
            self._run = Run(self._directory, self._name, settings=settings).__enter__()
            self._run.watch(module, self._every)

    def on_before_optimizer_step(self, trainer: Any, module: Any, optimizer: Any) -> None:
        """Lightning clips after this hook: the gradients are still whole."""
        if self._run is not None:
            self._run.measure_gradients()

    def on_train_batch_end(
        self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write the step; a stop that is asked for ends the training."""
        if self._run is None:
            return
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
        values = {} if loss is None else {"loss": loss}
        groups = [group for each in trainer.optimizers for group in each.param_groups]
        if groups:
            values["learning_rate"] = groups[0]["lr"]
        self._run.log(trainer.global_step, epoch=trainer.current_epoch, **values)
        if self._run.stopped:
            trainer.should_stop = True

    def on_validation_end(self, trainer: Any, module: Any) -> None:
        """Write what the validation measured."""
        if self._run is None or trainer.sanity_checking:
            return
        measured = {name: float(value) for name, value in trainer.callback_metrics.items()}
        loss = measured.pop("val_loss", None)
        if loss is not None:
            measured["validation_loss"] = loss
        if measured:
            self._run.log(trainer.global_step, **measured)

    def on_train_end(self, trainer: Any, module: Any) -> None:
        """Close the run."""
        self._close(None)

    def on_exception(self, trainer: Any, module: Any, exception: BaseException) -> None:
        """Close the run and say why."""
        self._close(exception)

    def _close(self, error: BaseException | None) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.__exit__(type(error) if error is not None else None, error, None)

    def state_dict(self) -> dict[str, object]:
        """Nothing that a checkpoint must keep."""
        return {}

    def load_state_dict(self, state_dict: dict[str, object]) -> None:
        """Nothing to take up."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Every other hook does nothing."""
        if name.startswith("on_") or name in ("setup", "teardown"):
            return _nothing
        raise AttributeError(f"a RunCallback has no {name!r}")


def _nothing(*arguments: Any, **named: Any) -> None:
    """A hook that is not needed."""
