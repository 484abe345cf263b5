"""Concepts of LaTeX, each on a few hand-labelled lines."""

from __future__ import annotations

from rnnviz.core.concepts.latex import ENVIRONMENT_DEPTH, INSIDE_MATHEMATICS, LATEX_COMMENT
from tests.core.concepts.drawing import check


def test_mathematics_between_dollars_and_brackets() -> None:
    check(
        INSIDE_MATHEMATICS,
        r"""
> a $b$ \$c $$d$$ \(e\) \[f\] \\[2pt] g
=   ^^       ^^    ^^    ^^
> $h$$i$ % $j
= ^^ ^^
""",
    )


def test_mathematics_in_environments() -> None:
    check(
        INSIDE_MATHEMATICS,
        r"""
> \begin{align*} x \text{if $y$} \end{align*} z
=              ^^^^^^^^^^^^^^^^^^
> \begin{lemma} u \end{lemma} \verb|$| v
> \begin{verbatim} $a$ \end{verbatim}
""",
    )


def test_an_unclosed_dollar_ends_with_its_paragraph() -> None:
    check(
        INSIDE_MATHEMATICS,
        r"""
> a $b
=   ^^^
> c
= ^^
>
> d $e$
=   ^^
""",
    )


def test_environments_are_counted_outside_comments_and_verbatim() -> None:
    check(
        ENVIRONMENT_DEPTH,
        r"""
> \begin{a}\begin{b}x\end{b}\end{a}\end{c}
= 00000000111111111222222221111111000000000
> % \begin{d}
= 000000000000
> \begin{verbatim}\begin{e}\end{verbatim}y
= 00000000000000000000000000000000000000000
""",
    )


def test_a_comment_runs_from_an_unescaped_per_cent_sign_to_the_end_of_its_line() -> None:
    check(
        LATEX_COMMENT,
        r"""
> 5\% % six %
=     ^^^^^^^
> seven \\% eight
=         ^^^^^^^
> \verb|%| nine
""",
    )
