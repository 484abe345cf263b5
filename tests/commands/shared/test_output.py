"""Tables, JSON and the line of progress."""

import io
import json
import math

from rnnviz.commands.shared import output
from rnnviz.commands.shared.output import ProgressLine, columns_of, figure, pairs, print_json, table


def test_a_table_is_aligned():
    assert table(("unit", "r"), [("1:7", "+0.5"), ("2:142", "-")]) == (
        "unit      r\n1:7    +0.5\n2:142     -"
    )


def test_facts_of_several_lines_are_indented():
    assert pairs([("a", "one\ntwo"), ("long", "three")]) == "a     one\n      two\nlong  three"


def test_json_has_null_for_what_is_no_number(capsys):
    print_json({"value": math.nan, "list": (1, math.inf)})
    assert json.loads(capsys.readouterr().out) == {"value": None, "list": [1, None]}


def test_a_figure_that_does_not_exist_is_a_dash():
    assert figure(math.nan) == "-"
    assert figure(-0.5, signed=True) == "-0.500"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def clock(monkeypatch, moments):
    times = iter(moments)
    monkeypatch.setattr(output, "monotonic", lambda: next(times))


def test_on_a_terminal_one_line_is_rewritten(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    clock(monkeypatch, [0, 2, 2.01, 4])
    stream = Terminal()
    line = ProgressLine("walking", "characters", stream)
    line.show(1000, 4000)
    line.show(1001, 4000)  # too soon after the first
    line.show(4000, 4000)
    line.finish()
    assert stream.getvalue() == (
        "\rwalking  [######..................]  25 %  500 characters/s  0:06 left\x1b[K"
        "\rwalking  [########################] 100 %  1,000 characters/s  0:04 taken\x1b[K\n"
    )


def test_a_slow_rate_is_not_rounded_to_nothing(monkeypatch):
    clock(monkeypatch, [0, 20, 40])
    stream = io.StringIO()
    line = ProgressLine("", "pairs", stream)
    line.show(6, 100)
    line.show(2, 100)
    line.finish()
    assert "  0.3 pairs/s  " in stream.getvalue() and "  3.0 pairs/min  " in stream.getvalue()


def test_elsewhere_a_line_is_written_every_ten_seconds(monkeypatch):
    clock(monkeypatch, [0, 1, 9, 11, 20])
    stream = io.StringIO()
    line = ProgressLine("", "characters", stream)
    for done in (100, 900, 1100, 2000):
        line.show(done, 10_000)
    line.finish()
    assert stream.getvalue() == "[###.....................]  11 %  100 characters/s  1:29 left\n"


def test_columns_stand_below_each_other_with_wide_characters_and_marks():
    lines = [("\u5c0f\u660e", "1"), ("cafe\u0301", "22"), ("plain", "3")]
    shown = table(("name", "n"), lines).splitlines()
    assert {columns_of(line) for line in shown} == {len("plain  22")}
