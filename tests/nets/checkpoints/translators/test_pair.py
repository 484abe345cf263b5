"""Translators beyond the tutorial, each against the program that would have saved it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import nn

from rnnviz.cli import main
from rnnviz.core.errors import ModelFileError, SentencesNeeded
from rnnviz.core.models.translation import BEGIN_ID, END_ID, UNKNOWN_ID
from rnnviz.nets.alignments.sentences import translate
from rnnviz.nets.checkpoints import OpenedModel, open_model
from tests.nets.checkpoints.translators.programs import (
    BothWays,
    Chatbot,
    Lang,
    Plain,
    PlainEncoder,
    Summary,
    TutorialDecoder,
    choose,
    spread,
)
from tests.nets.checkpoints.translators.test_tutorial import as_the_tutorial, write

SOURCE = ["<unk>", "<pad>", "<sos>", "<eos>", "le", "chat", "dort", "ici", ".", "la", "un", "toit"]
TARGET = ["<unk>", "<pad>", "<sos>", "<eos>", "the", "cat", "sleeps", "here", ".", "a", "house"]
TARGET += ["is", "dog"]
SENTENCE = "le chat dort ici ."


def words(opened: OpenedModel, sentence: str) -> list[str]:
    """What it writes, greedily, with its end."""
    found = translate(opened.model, sentence)
    tokens = opened.model.target.description.tokens
    return [tokens[one] for one in found.chosen.ids]


def expected(program: Any, lists: tuple[list[str], list[str]], marked: bool = True) -> list[str]:
    source, target = lists
    ids = [source.index(word) for word in SENTENCE.split()]
    begin, end = ("<sos>", "<eos>") if marked else ("SOS", "EOS")
    ids = [*([source.index(begin)] if marked else []), *ids, source.index(end)]
    answer = program.answer(ids, target.index(begin), target.index(end))
    return ["</s>" if target[one] == end else target[one] for one in answer]


def same(found: list[str], wanted: list[str]) -> None:
    assert found[: len(wanted)] == wanted
    assert len(set(wanted)) > 1


def written(path: Path, program: nn.Module) -> Path:
    lists = {"src_vocab": dict(zip(SOURCE, range(99), strict=False)), "trg_vocab": TARGET}
    torch.save({"model": program.state_dict(), **lists}, path)
    return path


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("layers", [1, 2])
def test_without_attention(kind: type[nn.RNNBase], layers: int, tmp_path: Path) -> None:
    program = Plain(kind, (len(SOURCE), len(TARGET)), layers)
    spread(program)
    opened = open_model(written(tmp_path / "model.pt", program))
    assert opened.kind == "translator"
    assert opened.model.description.attention == "none"
    same(words(opened, SENTENCE), expected(program, (SOURCE, TARGET)))


def test_the_whole_sentence_in_one_vector(tmp_path: Path) -> None:
    program = Summary((len(SOURCE), len(TARGET)))
    spread(program, 3)
    opened = open_model(written(tmp_path / "model.pt", program))
    same(words(opened, SENTENCE), expected(program, (SOURCE, TARGET)))


def test_both_directions_and_concatenated_scores(tmp_path: Path) -> None:
    program = BothWays((len(SOURCE), len(TARGET)))
    spread(program, 2)
    opened = open_model(written(tmp_path / "model.pt", program))
    about = opened.model.description
    assert (about.attention, about.order, about.bidirectional) == ("additive", "before", True)
    same(words(opened, SENTENCE), expected(program, (SOURCE, TARGET)))
    weights = translate(opened.model, SENTENCE).chosen.weights
    assert weights is not None
    rows = min(len(weights), len(program.weights))
    wanted = torch.stack(program.weights[:rows])
    assert np.abs(weights[:rows].numpy() - wanted.numpy()).max() < 1e-6


@pytest.mark.parametrize("method", ["dot", "general"])
def test_the_chatbot(method: str, tmp_path: Path) -> None:
    """As its tutorial saves it: `en`, `de`, `embedding`, optimisers, and the `Voc`'s fields."""
    lang = Lang("all", "le chat dort ici . oui non")
    listed = ["PAD", "SOS", "EOS", *list(lang.word2index)]
    program = Chatbot(len(listed), method)
    spread(program, 27)
    with torch.no_grad():
        cast(Any, program.de).out.bias[0] = -100  # no program that was trained writes its padding
    content = {
        "iteration": 4000,
        "en": program.en.state_dict(),
        "de": program.de.state_dict(),
        "en_opt": torch.optim.Adam(program.en.parameters()).state_dict(),
        "de_opt": torch.optim.Adam(program.de.parameters()).state_dict(),
        "loss": 2.1,
        "voc_dict": {
            "name": "all", "num_words": len(listed), "index2word": dict(enumerate(listed)),
            "word2index": {word: place for place, word in enumerate(listed) if place > 2},
        },
        "embedding": program.table.state_dict(),
    }  # fmt: skip
    torch.save(content, tmp_path / "4000_checkpoint.tar")
    opened = open_model(tmp_path / "4000_checkpoint.tar")
    about = opened.model.description
    assert (about.attention, about.order) == (method, "after")
    assert any("directions of the encoder are added" in note for note in opened.notes)
    same(words(opened, SENTENCE), expected(program, (listed, listed), marked=False))


@pytest.mark.parametrize("form", ["older", "newer"])
@pytest.mark.parametrize("listed", ["pickle", "json"])
def test_a_tutorial_pair_opens_with_its_word_lists_alone(
    form: str, listed: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "t", form)
    opened = open_model(path)
    sizes = (opened.model.source, opened.model.target)
    langs = [Lang(name, " ".join(one.description.tokens[4:]))
             for name, one in zip(("fra", "eng"), sizes, strict=True)]  # fmt: skip
    wanted = words(opened, "Il est là.")
    (path.parent / "pairs.txt").unlink()
    with pytest.raises(SentencesNeeded, match="which keeps no word lists; put these"):
        open_model(path)
    for side, lang in zip(("input", "output"), langs, strict=True):
        if listed == "pickle":
            (path.parent / f"{side}_lang.pkl").write_bytes(pickle.dumps(lang))
        else:
            content = json.dumps({"word2index": lang.word2index})
            (path.parent / f"{side}_lang.json").write_text(content)
    again = open_model(path)
    assert form in again.format_title
    assert words(again, "Il est là.") == wanted
    ids = [one - 2 for one in again.model.source.encode("Il est là.")]
    tutorial = as_the_tutorial(path.parent, form, [*ids, 1], len(wanted))
    assert [1 if one == END_ID else one - 2 for one in translate(
        again.model, "Il est là.").chosen.ids] == tutorial  # fmt: skip


def test_two_files_without_attention_take_relu_as_the_tutorial_does(tmp_path: Path) -> None:
    langs = Lang("fra", SENTENCE), Lang("eng", "the cat sleeps here . dog")
    encoder = PlainEncoder(nn.GRU, langs[0].n_words, 5, 5, 1)
    decoder = TutorialDecoder(langs[1].n_words, 5)
    spread(encoder, 1)
    spread(decoder, 7)
    renamed = {name.replace("rnn.", "gru."): one for name, one in encoder.state_dict().items()}
    torch.save(renamed, tmp_path / "encoder.pth")
    torch.save(decoder.state_dict(), tmp_path / "decoder.pth")
    (tmp_path / "langs.pkl").write_bytes(
        pickle.dumps({"input_lang": langs[0], "output_lang": langs[1]})
    )
    ids = [langs[0].word2index[word] for word in SENTENCE.split()]
    with torch.no_grad():
        _, state = encoder(torch.tensor([*ids, 1]))
        previous, wanted = 0, []
        for _ in range(10):
            given, state = decoder.gru(decoder.embedding(torch.tensor([[previous]])).relu(), state)
            previous = choose(decoder.out(given[0, 0]), 0)
            wanted.append("</s>" if previous == 1 else langs[1].index2word[previous])
            if previous == 1:
                break
    for half in ("encoder.pth", "decoder.pth"):
        opened = open_model(tmp_path / half)
        assert any("relu is taken" in note for note in opened.notes)
        same(words(opened, SENTENCE), wanted)


def test_nothing_but_words_comes_out_and_unknown_ones_are_told(tmp_path: Path) -> None:
    program = BothWays((len(SOURCE), len(TARGET)))
    spread(program, 2)
    opened = open_model(written(tmp_path / "model.pt", program))
    assert opened.model.source.encode("le lion")[-1] == UNKNOWN_ID
    assert opened.model.source.encode("le")[0] == BEGIN_ID
    assert opened.model.source.shown(opened.model.source.encode("le lion"), "le lion") == [
        "<s>", "le", "lion",
    ]  # fmt: skip
    assert not {"<s>", "<pad>"} & set(words(opened, SENTENCE))


# What is refused


def test_its_words_are_asked_for(tmp_path: Path) -> None:
    program = Plain(nn.LSTM, (len(SOURCE), len(TARGET)))
    torch.save(program.state_dict(), tmp_path / "model.pt")
    with pytest.raises(SentencesNeeded, match=r"12 source and 13 target words.*no word lists"):
        open_model(tmp_path / "model.pt")
    lists = {"src": SOURCE, "trg": TARGET}
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "lists.json").write_text(json.dumps(lists))
    for given in (tmp_path / "words", tmp_path / "words" / "lists.json"):
        assert open_model(tmp_path / "model.pt", sentences=given).kind == "translator"


def test_other_ways_to_attend_are_named(tmp_path: Path) -> None:
    program = BothWays((len(SOURCE), len(TARGET)))
    program.decoder.coverage = nn.Linear(1, 6)
    with pytest.raises(ModelFileError, match=r"belong to none of the usual translators \(coverage"):
        open_model(written(tmp_path / "model.pt", program))


def test_layers_that_do_not_fit_are_named(tmp_path: Path) -> None:
    program = Plain(nn.LSTM, (len(SOURCE), len(TARGET)))
    program.encoder = PlainEncoder(nn.LSTM, len(SOURCE), 4, 7, 2)
    with pytest.raises(ModelFileError, match=r"ends in 2 layers of 7 numbers .* begins in 2 of 5"):
        open_model(written(tmp_path / "model.pt", program))


def test_a_hostile_list_beside_it_is_never_run(tmp_path: Path) -> None:
    program = Plain(nn.LSTM, (len(SOURCE), len(TARGET)))
    torch.save(program.state_dict(), tmp_path / "model.pt")
    (tmp_path / "langs.pkl").write_bytes(
        b"cos\nsystem\n(S'touch %s/run'\ntR." % str(tmp_path).encode()
    )
    with pytest.raises(SentencesNeeded):
        open_model(tmp_path / "model.pt")
    assert not (tmp_path / "run").exists()


# Arrays of NumPy, as g2p_en keeps its network


def letters_to_sounds(arrays: dict[str, Any], word: str) -> list[int]:
    """By the GRU's equations, in numpy: the ids of the sounds of a word, with their end."""

    def gru(x: Any, h: Any, half: str) -> Any:
        into = arrays[f"{half}_w_ih"] @ x + arrays[f"{half}_b_ih"]
        again = arrays[f"{half}_w_hh"] @ h + arrays[f"{half}_b_hh"]
        n = len(h)
        r, z = (1 / (1 + np.exp(-(into + again)[part * n : (part + 1) * n])) for part in (0, 1))
        new = np.tanh(into[2 * n :] + r * again[2 * n :])
        return (1 - z) * new + z * h

    h = np.zeros(arrays["enc_w_hh"].shape[1])
    for letter in word:
        h = gru(arrays["enc_emb"][3 + "abcdefghijklmnopqrstuvwxyz".index(letter)], h, "enc")
    h = gru(arrays["enc_emb"][2], h, "enc")
    previous, found = 2, []
    for _ in range(12):
        h = gru(arrays["dec_emb"][previous], h, "dec")
        logits = arrays["fc_w"] @ h + arrays["fc_b"]
        logits[[0, 2]] = -np.inf
        previous = int(logits.argmax())
        found.append(previous)
        if previous == 3:
            break
    return found


def drawn_arrays(units: int = 5) -> dict[str, Any]:
    rng = np.random.default_rng(5)
    shapes: dict[str, tuple[int, ...]] = {"enc_emb": (29, units), "dec_emb": (74, units)}
    for half in ("enc", "dec"):
        shapes |= {f"{half}_w_ih": (3 * units, units), f"{half}_w_hh": (3 * units, units)}
        shapes |= {f"{half}_b_ih": (3 * units,), f"{half}_b_hh": (3 * units,)}
    shapes |= {"fc_w": (74, units), "fc_b": (74,)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def test_letters_to_sounds(tmp_path: Path) -> None:
    arrays = drawn_arrays()
    np.savez(tmp_path / "checkpoint20.npz", **arrays)
    opened = open_model(tmp_path / "checkpoint20.npz")
    assert opened.format_title == "NumPy arrays of an encoder and a decoder"
    for word in ("cat", "wheat", "a"):
        ids = list(translate(opened.model, word).chosen.ids)
        named = [opened.model.target.description.tokens[one] for one in ids]
        theirs = {"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3}
        sounds = opened.model.target.description.tokens[4:]
        theirs |= {sound: place + 4 for place, sound in enumerate(sounds)}
        wanted = letters_to_sounds(arrays, word)
        assert [theirs[name] for name in named][: len(wanted)] == wanted
    assert opened.model.source.encode("Cat") == opened.model.source.encode("cat")


def test_damaged_arrays_are_refused(tmp_path: Path) -> None:
    arrays = drawn_arrays()
    path = tmp_path / "checkpoint20.npz"
    np.savez(path, **{**arrays, "fc_w": arrays["fc_w"][:, :4]})
    with pytest.raises(ModelFileError, match="no layer that says one of its 74 words"):
        open_model(path)
    np.savez(path, **arrays, more=np.zeros(3))
    with pytest.raises(ModelFileError, match="arrays beside an encoder and a decoder: more"):
        open_model(path)
    np.savez(path, **arrays)
    raw = path.read_bytes()
    for length in range(0, len(raw), 97):
        path.write_bytes(raw[:length])
        with pytest.raises(ModelFileError):
            open_model(path)


# As files of ours


def _converted(path: Path, target: Path, *given: str) -> tuple[OpenedModel, OpenedModel]:
    before = open_model(path, sentences=Path(given[1]) if given else None)
    assert main(["convert", str(path), str(target), *given]) == 0
    return before, open_model(target)


def _step_by_step(opened: OpenedModel, ids: list[int]) -> list[torch.Tensor]:
    """All that ten greedy steps compute."""
    model, found = opened.model, []
    with torch.inference_mode():
        memory = model.encode(torch.tensor(ids)[:, None], torch.tensor([len(ids)]))
        state, token = model.start(memory), torch.tensor([BEGIN_ID])
        for _ in range(10):
            step = model.step(token, state, memory)
            state, token = step.state, step.logits.argmax(1)
            found += [step.logits, *([] if step.weights is None else [step.weights])]
    return found


@pytest.mark.parametrize("program", [
    Plain(nn.LSTM, (len(SOURCE), len(TARGET)), 2), Plain(nn.RNN, (len(SOURCE), len(TARGET)), 1),
    Summary((len(SOURCE), len(TARGET))), BothWays((len(SOURCE), len(TARGET))),
], ids=["lstm", "rnn", "summary", "both ways"])  # fmt: skip
def test_a_converted_pair_computes_the_same_bit_for_bit(program: nn.Module, tmp_path: Path) -> None:
    spread(program, 2)
    path = written(tmp_path / "model.pt", program)
    before, after = _converted(path, tmp_path / "ours.safetensors")
    assert after.format_title == "rnnviz model"
    ids = before.model.source.encode(SENTENCE)
    assert ids == after.model.source.encode(SENTENCE)
    for one, other in zip(_step_by_step(before, ids), _step_by_step(after, ids), strict=True):
        assert torch.equal(one, other)
    assert words(before, SENTENCE) == words(after, SENTENCE)


@pytest.mark.parametrize("form", ["older", "newer"])
def test_a_converted_tutorial_computes_the_same_bit_for_bit(form: str, tmp_path: Path) -> None:
    path = write(tmp_path / "t", form)
    before, after = _converted(path, tmp_path / "ours.safetensors")
    ids = before.model.source.encode("je suis la")
    for one, other in zip(_step_by_step(before, ids), _step_by_step(after, ids), strict=True):
        assert torch.equal(one, other)


def test_a_description_whose_parts_do_not_go_together_is_refused(tmp_path: Path) -> None:
    program = BothWays((len(SOURCE), len(TARGET)))
    spread(program, 2)
    _converted(written(tmp_path / "model.pt", program), tmp_path / "ours.safetensors")
    content = (tmp_path / "ours.safetensors").read_bytes()
    for told, other in ((b'\\"both\\":true', b'\\"both\\":null'), (b'\\"GRU\\"', b'\\"RNN\\"')):
        assert told in content
        (tmp_path / "other").write_bytes(content.replace(told, other))
        with pytest.raises(ModelFileError):
            open_model(tmp_path / "other")
    for size in range(0, len(content), 997):
        (tmp_path / "cut").write_bytes(content[:size])
        with pytest.raises(ModelFileError):
            open_model(tmp_path / "cut")
