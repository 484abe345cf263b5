"""How far a training is: the step, the losses, the rate and the time left."""

from __future__ import annotations

import math

from rnnviz.core.runs.directory.log import finite_or_name

_SMOOTHING = 0.02


class Progress:
    """What the loop tells whoever watches, and what of it a resumed run goes on from."""

    def __init__(self, steps: int, seconds_allowed: float = 0.0) -> None:
        self.step = 0
        self.steps = steps
        self.tokens = 0
        """On how many the model was trained so far, repeated ones counted again."""
        self.seconds = 0.0
        """Of training, by all processes that worked on this run; pauses are left out."""
        self.elapsed = 0.0
        """Seconds with all that was done beside the steps: judging, samples, checkpoints."""
        self.loss_nats = math.nan
        """Smoothed over some fifty steps."""
        self.validation_nats = math.nan
        self.best_nats = math.inf
        self.since_best = 0
        """Validations since the best one."""
        self.bad_number = ""
        """What was NaN or infinite first, in words; empty if nothing was."""
        self._resumed_at = (0, 0, 0.0)
        self._seconds_allowed = seconds_allowed

    def advance(self, loss_nats: float, tokens: int, seconds: float) -> None:
        """One more step is done, on so many tokens, in so many seconds."""
        self.step += 1
        self.tokens += tokens
        self.seconds += seconds
        before = loss_nats if math.isnan(self.loss_nats) else self.loss_nats
        self.loss_nats = (1 - _SMOOTHING) * before + _SMOOTHING * loss_nats

    def judge(self, loss_nats: float) -> bool:
        """A validation gave this loss; whether it is the best so far."""
        self.validation_nats = loss_nats
        best = loss_nats < self.best_nats
        self.best_nats = loss_nats if best else self.best_nats
        self.since_best = 0 if best else self.since_best + 1
        return best

    @property
    def time_share(self) -> float:
        """The share of the time that the training may take; 0 where it may take any."""
        return self.elapsed / self._seconds_allowed if self._seconds_allowed else 0.0

    @property
    def tokens_per_second(self) -> float:
        """The rate since this process began."""
        _, tokens, seconds = self._resumed_at
        return (self.tokens - tokens) / max(1e-9, self.seconds - seconds)

    @property
    def seconds_left(self) -> float:
        """At the rate so far; NaN before the first step."""
        step, _, seconds = self._resumed_at
        if self.step == step:
            return math.nan
        left = (self.seconds - seconds) / (self.step - step) * (self.steps - self.step)
        allowed = self._seconds_allowed
        return min(left, max(0.0, allowed - self.elapsed)) if allowed else left

    def saved(self) -> dict[str, object]:
        """All of it, for JSON."""
        kept = {key: value for key, value in vars(self).items() if not key.startswith("_")}
        return {key: finite_or_name(value) for key, value in kept.items()}

    def restore(self, saved: dict[str, object]) -> None:
        """As it was when it was saved.

        Raises:
            ValueError: something of it is no number; the message names it.
        """
        counted = ("step", "tokens", "since_best")
        for key, value in saved.items():
            words = key == "bad_number"
            named = isinstance(value, str) and not words  # NaN and infinity, by name
            given = float(str(value)) if named else value
            kinds = (str,) if words else (int,) if key in counted else (int, float)
            if key.startswith("_") or key not in vars(self) or type(given) not in kinds:
                raise ValueError(f"of its progress, {key[:40]} is {str(value)[:40]!r}")
            setattr(self, key, given)
        self._resumed_at = (self.step, self.tokens, self.seconds)
