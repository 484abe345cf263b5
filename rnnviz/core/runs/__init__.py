"""A run directory: what one training run writes, and how it is asked to do things.

RUN/run.json            configuration and facts, written once
RUN/events.jsonl        one JSON object a line, appended, never rewritten
RUN/arrays/*.f32        rows of numbers too long for an event, which names file and row
RUN/checkpoints/        models, and what a resumed run goes on from
RUN/control.json        what the trainer is asked to do; replaced by whoever asks
RUN/lock, RUN/heartbeat who writes here, and that it still does
RUN/tb/                 the same scalars for TensorBoard

The format is specified in `docs/formats.md`. Neither torch nor Qt is known here.
"""
