"""`rnnviz ablate`, as a person types it."""

import json

from tests.commands.test_commands import run


def test_a_cut_unit_beside_random_ones(model, text, capsys):
    assert run("ablate", model, text, "--unit", "2:3", "--random", "5", "--sample", "12") == 0
    said = capsys.readouterr().out
    assert "2:3 hidden, cut" in said
    assert "as it is" in said
    assert "of 5 random units of the layer cost as much or more" in said
    assert "with:" in said


def test_as_json_with_a_concept(model, text, capsys):
    words = ("--unit", "1:0", "--state", "cell", "--hold", "2", "--concept", "inside-quotes")
    assert run("ablate", model, text, *words, "--json") == 0
    found = json.loads(capsys.readouterr().out)["ablation"]
    assert found["intervention"]["value"] == 2
    assert found["intervention"]["state"] == "cell"
    assert found["on"] >= 0
    assert len(found["others"]) == 7


def test_what_is_not_there_is_named(model, text, capsys):
    assert run("ablate", model, text, "--unit", "9:0") == 1
    assert "there is no layer 9" in capsys.readouterr().err
    assert run("ablate", model, text, "--unit", "nonsense") == 1
    assert "LAYER:UNIT" in capsys.readouterr().err
