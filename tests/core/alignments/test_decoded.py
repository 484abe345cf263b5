"""What a model made of a sentence, and the branches of its search."""

import numpy as np
import pytest
from msgspec.structs import replace

from rnnviz.core.alignments.decoded import BeamNode, Decoded, Likely, branch
from rnnviz.core.errors import AlignmentError


def decoded(folder, **changes):
    np.save(folder / "weights.npy", np.full((2, 3), 1 / 3, np.float32))
    tree = (
        BeamNode(0, None, "<s>", 0.0, True),
        BeamNode(1, 0, "the", -0.7, True),
        BeamNode(2, 1, "cat", -1.4, True),
    )
    made = Decoded(
        source=("le", "chat", "</s>"),
        target=("the", "cat"),
        log_p=(np.log(0.5), np.log(0.5)),
        likely=((Likely("the", 0.5),), (Likely("cat", 0.5), Likely("dog", 0.2))),
        files={"weights": str(folder / "weights.npy")},
        tree=tree,
        text="the cat",
    )
    return replace(made, **changes)


def test_what_was_decoded_is_read(tmp_path):
    made = decoded(tmp_path)
    assert made.alignment.size == (2, 3)
    assert made.confidence == pytest.approx(0.5)
    assert [node.token for node in branch(made.tree, 2)] == ["the", "cat"]


def test_no_attention_is_said_and_never_blank(tmp_path):
    made = decoded(tmp_path, files={})
    assert not made.has_attention
    with pytest.raises(AlignmentError, match="no attention"):
        _ = made.alignment
    with pytest.raises(AlignmentError, match="no context vector"):
        made.layer("context")


def test_a_tree_that_runs_in_a_circle_is_refused():
    nodes = (BeamNode(1, 2, "a", 0.0, True), BeamNode(2, 1, "b", 0.0, True))
    with pytest.raises(AlignmentError, match="tree is damaged"):
        branch(nodes, 1)
