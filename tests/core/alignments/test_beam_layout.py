"""The tree of a beam search on a grid."""

from rnnviz.core.alignments.beam_layout import placed_tree
from rnnviz.core.alignments.decoded import BeamNode

TREE = (
    BeamNode(0, -1, "a", -0.1, True),
    BeamNode(1, -1, "the", -0.5, True),
    BeamNode(2, 0, "dog", -3.0, True),
    BeamNode(3, 1, "cat", -0.6, True),
    BeamNode(4, 1, "car", -2.0, False),
    BeamNode(5, 3, "</s>", -0.7, True),
    BeamNode(6, 2, "</s>", -3.3, True),
)


def test_the_best_branch_runs_straight_along_the_first_row():
    placed = placed_tree(TREE, dropped=False)
    best = [(found.node.token, found.column, found.row) for found in placed if found.best]
    assert best == [("the", 0, 0), ("cat", 1, 0), ("</s>", 2, 0)]


def test_other_branches_take_rows_of_their_own():
    placed = {found.node.id: found for found in placed_tree(TREE, dropped=True)}
    assert placed[4].row == 1
    assert {placed[number].row for number in (0, 2, 6)} == {2}
    assert len(placed) == len(TREE)


def test_branches_that_do_not_overlap_share_a_row():
    nodes = [BeamNode(step, step - 1, f"w{step}", -step, True) for step in range(6)]
    nodes += [BeamNode(10 + step, step, "x", -50.0, True) for step in (0, 2, 4)]
    placed = placed_tree(nodes, dropped=False)
    assert {found.row for found in placed if found.node.token == "x"} == {1}
    places = [(found.row, found.column) for found in placed]
    assert len(set(places)) == len(places)


def test_what_was_dropped_can_be_left_out():
    assert 4 not in {found.node.id for found in placed_tree(TREE, dropped=False)}


def test_parents_come_before_their_children():
    placed = placed_tree(TREE, dropped=True)
    for place, found in enumerate(placed):
        assert found.parent is None or found.parent < place


def test_a_root_without_a_word_takes_no_room():
    nodes = (BeamNode(0, None, "<s>", 0.0, True), BeamNode(1, 0, "the", -0.5, True))
    assert [found.node.token for found in placed_tree(nodes, dropped=False)] == ["the"]


def test_no_tree_and_a_circle():
    assert placed_tree((), dropped=True) == ()
    circle = (BeamNode(1, 2, "a", 0.0, True), BeamNode(2, 1, "b", 0.0, True))
    assert placed_tree(circle, dropped=True) == ()


def test_the_chosen_translation_runs_straight_whatever_the_scores():
    placed = placed_tree(TREE, dropped=False, target=("a", "dog", "</s>"))
    best = [(found.node.token, found.column, found.row) for found in placed if found.best]
    assert best == [("a", 0, 0), ("dog", 1, 0), ("</s>", 2, 0)]
