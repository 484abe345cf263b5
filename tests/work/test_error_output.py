"""What is kept of what a child says."""

from rnnviz.work.error_output import ErrorOutput


def said(lines):
    kept = ErrorOutput()
    for line in lines:
        kept.add(f"{line}\n")
    return str(kept).splitlines()


def test_of_a_child_that_did_not_crash_the_end_is_kept():
    assert said([]) == []
    assert said(["a", "b"]) == ["a", "b"]
    assert said(range(1000)) == [str(number) for number in range(960, 1000)]


def test_of_a_crash_the_beginning_the_crashing_thread_and_the_end_are_kept():
    others = [f"  File {number}" for number in range(3000)]
    here = ["Current thread 0x1 (most recent call first):", *(f"  here {n}" for n in range(100))]
    words = said(
        ["a warning", "Fatal Python error: Segmentation fault", "", *others, *here, *others, "end"]
    )
    assert words[:4] == ["a warning", "Fatal Python error: Segmentation fault", "", "  File 0"]
    at = words.index(here[0])
    assert words[at : at + len(here)] == here
    assert words[at - 1] == "... 2,002 lines are left out ..."
    assert words[-2:] == ["  File 2999", "end"]


def test_a_child_that_says_the_same_for_ever_fills_no_memory():
    crashes = ["Fatal Python error: Aborted", "Current thread 0x1 (most recent call first):"]
    assert len(said(crashes * 100_000)) < 2_500
