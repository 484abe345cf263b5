"""Tasks on gradients through time, of language models and of networks that answer."""

from rnnviz.nets.answering.gradients.answer_steps import answer_clipping, answer_truncation
from rnnviz.nets.answering.gradients.answers import compute_answer_field
from rnnviz.nets.answering.gradients.language import (
    clipping,
    compute_field,
    recurrent_matrices,
    truncation,
)
from rnnviz.nets.opened import by_request

MODEL_JOBS = by_request(compute_field, recurrent_matrices, clipping, truncation)
"""Asked of a language model."""
ANSWER_JOBS = by_request(
    compute_answer_field, recurrent_matrices, answer_clipping, answer_truncation
)
"""Asked of any other network that reads a sequence."""
