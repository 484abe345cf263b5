"""How a number is written where people read it."""

from __future__ import annotations


def shown_number(value: float, form: str = ".3g") -> str:
    """A number with a real minus, which is as wide as a plus and not mistaken for a hyphen.

    Args:
        form: as for `format`; three significant digits where nothing is said.

    >>> shown_number(-0.41978), shown_number(0.5, "+.2f"), shown_number(-3e-05)
    ('−0.42', '+0.50', '−3e−05')
    """
    return format(value, form).replace("-", "−")
