"""Tasks on gradients through time, of language models and of networks that answer."""

from rnnviz.nets.answering.gradients.language import ANSWER_JOBS, MODEL_JOBS

__all__ = ["ANSWER_JOBS", "MODEL_JOBS"]
