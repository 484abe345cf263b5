"""Greedy, beam search and sampling against every translation counted out; and what is forced."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from rnnviz.core.errors import RnnvizError, TextError
from rnnviz.core.models.translation import BEGIN_ID, END_ID, PAD_ID
from rnnviz.nets.alignments.decoding.decoding import decode, decode_many
from rnnviz.nets.alignments.decoding.settings import Settings, steer_by
from rnnviz.nets.alignments.networks.model import TranslationModel
from rnnviz.nets.alignments.sentences import forced_ids
from rnnviz.nets.alignments.tokenizers import train_tokenizer
from tests.nets.alignments.small import small_translator

SOURCE = [4, 5, 6]


@torch.inference_mode()
def log_p_of(model: TranslationModel, ids: list[int]) -> float:
    """Log p of a translation, one step after the other."""
    memory = model.encode(torch.tensor([[*SOURCE, END_ID]]).t(), torch.tensor([4]))
    state, previous, total = model.start(memory), BEGIN_ID, 0.0
    for token in ids:
        step = model.step(torch.tensor([previous]), state, memory)
        total += float(torch.log_softmax(step.logits, dim=1)[0, token])
        state, previous = step.state, token
    return total


def test_a_wide_beam_finds_the_best_of_all_translations() -> None:
    """Every translation of at most three tokens, counted out."""
    model = small_translator(seed=5, scale=1.0)
    with torch.no_grad():
        model.decoder.output.bias[END_ID] += 4.0
    words = [i for i in range(15) if i not in (PAD_ID, BEGIN_ID, END_ID)]
    ended = [
        [*start, END_ID] for count in range(3) for start in itertools.product(words, repeat=count)
    ]
    best = max(ended, key=lambda ids: log_p_of(model, list(ids)))
    settings = Settings(beam=60, length_penalty=0.0, longest=3)
    (found,) = decode(model, [SOURCE], settings)
    assert list(found.best.ids) == list(best)
    assert found.best.score == pytest.approx(log_p_of(model, list(best)), abs=1e-4)
    assert float(found.best.log_p.sum()) == pytest.approx(found.best.score, abs=1e-4)


def test_greedy_takes_the_likeliest_at_every_step() -> None:
    """And its alignment and scores are those of the steps."""
    model = small_translator(seed=1)
    (found,) = decode(model, [SOURCE], Settings(longest=6))
    best = found.best
    assert best.weights is not None
    assert best.weights.shape == (len(best.ids), 4)
    torch.testing.assert_close(best.weights.sum(dim=1), torch.ones(len(best.ids)))
    assert log_p_of(model, list(best.ids)) == pytest.approx(float(best.log_p.sum()), abs=1e-4)
    likeliest = [ids[0] for ids in best.top_ids.tolist()]
    assert all(a == b or b in (PAD_ID, BEGIN_ID) for a, b in zip(best.ids, likeliest, strict=True))


@pytest.mark.parametrize("beam", [1, 4])
def test_sentences_together_are_translated_as_alone(beam: int) -> None:
    """Batching over sentences changes nothing."""
    model = small_translator(seed=2, scale=2.0)
    sources = [[4, 5], [6, 7, 8, 9], [10], [4, 4, 4]]
    together = decode(model, sources, Settings(beam=beam))
    for ids, found in zip(sources, together, strict=True):
        (alone,) = decode(model, [ids], Settings(beam=beam))
        assert found.best.ids == alone.best.ids
        assert found.best.score == pytest.approx(alone.best.score, abs=1e-4)
    many = decode_many(model, [*sources, []], Settings(beam=beam), batch=2)
    assert [one.best.ids if one else None for one in many] == [
        *(found.best.ids for found in together),
        None,
    ]


def test_the_tree_holds_the_translation_and_what_was_dropped() -> None:
    """Following parents from the leaf gives the ids; scores add up."""
    (found,) = decode(small_translator(seed=3), [SOURCE], Settings(beam=3, longest=6), keep=True)
    nodes = found.tree
    paths = []
    for place, node in enumerate(nodes):
        path, at = [], place
        while at >= 0:
            path.append(nodes[at].token)
            at = nodes[at].parent
        paths.append(tuple(reversed(path)))
        before = nodes[node.parent].score if node.parent >= 0 else 0.0
        assert node.score == pytest.approx(before + node.log_p, abs=1e-4)
    assert found.best.ids in paths
    assert any(not node.kept for node in nodes)
    assert sum(node.kept for node in nodes if node.step == 0) >= 3


def test_sampling_follows_its_seed_and_its_temperature() -> None:
    """The same seed gives the same; near zero it is greedy."""
    model = small_translator(seed=4)
    drawn = [
        decode(model, [SOURCE], Settings(sampling_temperature=1.5, seed=seed))[0].best.ids
        for seed in (1, 1, 2, 3, 4)
    ]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1
    cold = decode(model, [SOURCE], Settings(sampling_temperature=0.001))[0].best.ids
    assert cold == decode(model, [SOURCE])[0].best.ids


def test_a_forced_word_comes_and_the_rest_follows_from_it() -> None:
    """Before it nothing changes."""
    model = small_translator(seed=1)
    free = decode(model, [SOURCE], Settings(longest=6))[0].best.ids
    word = next(i for i in range(4, 15) if i != free[1])
    for beam in (1, 3):
        settings = Settings(beam=beam, longest=6, forced={1: word})
        forced = decode(model, [SOURCE], settings)[0].best
        assert forced.ids[1] == word
        assert log_p_of(model, list(forced.ids)) == pytest.approx(
            float(forced.log_p.sum()), abs=1e-4
        )
    assert decode(model, [SOURCE], Settings(longest=6, forced={1: word}))[0].best.ids[0] == free[0]


def test_what_must_not_come_at_a_step_does_not_come() -> None:
    model = small_translator(seed=1)
    free = decode(model, [SOURCE], Settings(longest=6))[0].best.ids
    for beam in (1, 3):
        settings = Settings(beam=beam, longest=6, forbidden={1: [free[1]]})
        assert decode(model, [SOURCE], settings)[0].best.ids[1] != free[1]
    both = Settings(longest=6, forced={1: free[1]}, forbidden={1: [free[1]]})
    assert decode(model, [SOURCE], both)[0].best.ids == free, "what is forced comes"


def test_after_a_whole_word_no_piece_goes_on_with_it() -> None:
    lines = ["the error is here, an error", "a mirror is here", "an era ends, a terror"] * 20
    tokenizer = train_tokenizer("subwords", lines, 40)
    tokens = tokenizer.description.tokens
    ids, forbidden = forced_ids(tokenizer, {0: "\u2581er", 3: "\u2581er"}, {0})
    after = len(tokenizer.encode("er"))
    assert [ids[step] for step in range(after)] == tokenizer.encode("er")
    assert list(forbidden) == [after], "the second one may go on"
    going_on = {tokens[place] for place in forbidden[after]}
    assert "r" in going_on and "," not in going_on
    assert not any(token.startswith(("\u2581", "<")) for token in going_on)


def test_words_have_nothing_that_goes_on_with_them() -> None:
    tokenizer = train_tokenizer("words", ["the dog sleeps"] * 3, 20)
    _, forbidden = forced_ids(tokenizer, {1: "dog"}, {1})
    assert not forbidden[2]


def test_forced_weights_are_there_and_the_others_share_the_rest() -> None:
    """At their step alone."""
    model = small_translator(seed=1)
    settings = Settings(longest=5, weights={1: {2: 0.0, 0: 0.6}})
    weights = decode(model, [SOURCE], settings)[0].best.weights
    free = decode(model, [SOURCE], Settings(longest=5))[0].best.weights
    assert weights is not None and free is not None
    assert weights[1].tolist()[0] == pytest.approx(0.6)
    assert float(weights[1, 2]) == 0.0
    assert float(weights[1].sum()) == pytest.approx(1.0)
    torch.testing.assert_close(weights[0], free[0])
    later = Settings(longest=5, weights={0: {0: 1.0}}, temperature=9.0, from_step=5)
    untouched = decode(model, [SOURCE], later)[0].best.weights
    assert untouched is not None
    torch.testing.assert_close(untouched, free)


def test_erasing_all_weights_leaves_none() -> None:
    """Nothing is divided by zero."""
    steered = steer_by({0: 0.0, 1: 0.0})(torch.tensor([[0.25, 0.75]]))
    assert steered.tolist() == [[0.0, 0.0]]


def test_what_cannot_be_done_is_said() -> None:
    """Empty sentences, places outside, beams of nothing, models that exploded."""
    model = small_translator()
    with pytest.raises(TextError, match="empty"):
        decode(model, [[]])
    with pytest.raises(RnnvizError, match="places 0 to 3"):
        decode(model, [SOURCE], Settings(weights={0: {9: 0.5}}))
    with pytest.raises(RnnvizError, match="beam is 0"):
        decode(model, [SOURCE], Settings(beam=0))
    with pytest.raises(RnnvizError, match="weights are from"):
        decode(model, [SOURCE], Settings(weights={0: {0: math.inf}}))
    with pytest.raises(RnnvizError, match="temperature of the attention is 0"):
        decode(model, [SOURCE], Settings(temperature=0))
    with torch.no_grad():
        model.decoder.output.bias.fill_(torch.nan)
    with pytest.raises(RnnvizError, match="exploded"):
        decode(model, [SOURCE])


def test_length_normalisation_prefers_longer_translations() -> None:
    """The score is log p over ((5 + G) / 6) to the power of alpha."""
    model = small_translator(seed=2, scale=1.0)
    (found,) = decode(model, [SOURCE], Settings(beam=2, length_penalty=1.0, longest=4))
    best = found.best
    wanted = float(best.log_p.sum()) / ((5 + len(best.ids)) / 6)
    assert best.score == pytest.approx(wanted, abs=1e-4)


def test_the_coverage_penalty_is_added() -> None:
    """Beta times the log of what each source place got, at most 1."""
    model = small_translator(seed=2, scale=1.0)
    plain = decode(model, [SOURCE], Settings(longest=3))[0].best
    covered = decode(model, [SOURCE], Settings(longest=3, coverage_penalty=0.5))[0].best
    assert covered.ids == plain.ids and plain.weights is not None
    lacking = plain.weights.sum(dim=0).clamp(1e-10, 1).log().sum()
    assert covered.score == pytest.approx(plain.score + 0.5 * float(lacking), abs=1e-4)
