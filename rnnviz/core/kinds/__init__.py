"""Every kind of model. To add one: a file with its facts, and its name below.

The same key is registered in `nets.kinds`, which loads and runs it, and in `views.kinds`, which
shows it; a test names what is missing.
"""

from __future__ import annotations

from rnnviz.core.errors import ModelFileError
from rnnviz.core.kinds.classifier import CLASSIFIER
from rnnviz.core.kinds.kind import Description, ModelKind
from rnnviz.core.kinds.language import LANGUAGE_MODEL
from rnnviz.core.kinds.memory import MEMORY_NETWORK
from rnnviz.core.kinds.numbers import NUMBERS_MODEL
from rnnviz.core.kinds.tagger import TAGGER
from rnnviz.core.kinds.translator import TRANSLATOR

KINDS: tuple[ModelKind, ...] = (
    LANGUAGE_MODEL,
    TRANSLATOR,
    CLASSIFIER,
    TAGGER,
    NUMBERS_MODEL,
    MEMORY_NETWORK,
)
"""In the order in which the library lists them."""

__all__ = ["KINDS", "Description", "ModelKind", "able_to", "kind_named", "kind_of_task", "require"]


def kind_named(key: str) -> ModelKind:
    """The kind of this key; `KeyError` where there is none, for the keys are our own.

    >>> kind_named("translator").with_article
    'a translation model'
    """
    return {kind.key: kind for kind in KINDS}[key]


def kind_of_task(task: str) -> ModelKind | None:
    """The kind of a model whose description names this task; None for one that is unknown here."""
    return next((kind for kind in KINDS if task in kind.tasks), None)


def able_to(job: str) -> str:
    """Which kinds of model can be asked this, for people.

    >>> able_to("translate")
    'a translation model'
    """
    *others, last = [kind.with_article for kind in KINDS if job in kind.jobs]
    return f"{', '.join(others)} or {last}" if others else last


def require(kind: ModelKind, job: str, file: str) -> None:
    """Refuse a model that cannot be asked this; `file` is its name, for the message.

    Raises:
        ModelFileError: saying what it is, what can be done with it, and which kind to choose.
    """
    if job not in kind.jobs:
        raise ModelFileError(f"{file} is {kind.with_article}, {kind.use}; choose {able_to(job)}")
