"""What the engine answers becomes a translation; what is damaged is refused in words."""

import numpy as np
import pytest

from rnnviz.core.alignments.decoded import BeamNode, Decoded, Likely, branch
from rnnviz.core.errors import AlignmentError


def answer(folder, **changes):
    np.save(folder / "weights.npy", np.full((2, 3), 1 / 3, np.float32))
    return {
        "source_tokens": ["le", "chat", "</s>"],
        "target_tokens": ["the", "cat"],
        "scores": [np.log(0.5), np.log(0.5)],
        "top": [[{"token": "the", "p": 0.5}], [["cat", 0.5], ["dog", 0.2]]],
        "files": {"weights": str(folder / "weights.npy")},
        "tree": {
            "nodes": [
                {"id": 0, "parent": None, "token": "<s>", "score": 0.0, "kept": True},
                {"id": 1, "parent": 0, "token": "the", "score": -0.7, "kept": True},
                {"id": 2, "parent": 1, "token": "cat", "score": -1.4, "kept": True},
            ]
        },
        **changes,
    }


def test_an_answer_is_read(tmp_path):
    made = Decoded.from_answer(answer(tmp_path))
    assert made.alignment.size == (2, 3)
    assert made.likely[1] == (Likely("cat", 0.5), Likely("dog", 0.2))
    assert made.confidence == pytest.approx(0.5)
    assert made.text == "the cat"
    assert [node.token for node in branch(made.tree, 2)] == ["the", "cat"]


def test_no_attention_is_said_and_never_blank(tmp_path):
    made = Decoded.from_answer(answer(tmp_path, files={}))
    assert not made.has_attention
    with pytest.raises(AlignmentError, match="no attention"):
        _ = made.alignment
    with pytest.raises(AlignmentError, match="no context vector"):
        made.layer("context")


@pytest.mark.parametrize("missing", ["source_tokens", "target_tokens", "scores"])
def test_a_damaged_answer_is_refused(tmp_path, missing):
    broken = answer(tmp_path)
    del broken[missing]
    with pytest.raises(AlignmentError, match="damaged"):
        Decoded.from_answer(broken)


def test_a_tree_that_runs_in_a_circle_is_refused():
    nodes = (BeamNode(1, 2, "a", 0.0, True), BeamNode(2, 1, "b", 0.0, True))
    with pytest.raises(AlignmentError, match="tree is damaged"):
        branch(nodes, 1)
