"""The files of PyTorch's translation tutorial, against its own modules written out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.nets.alignments.listed_tokenizer import newer, older
from rnnviz.nets.alignments.sentences import translate
from rnnviz.nets.checkpoints import ModelFile, open_model
from rnnviz.nets.checkpoints.translators.tutorial import Tutorial

PAIRS = (
    ("Je suis fatigué.", "I'm tired."),
    ("Il est là.", "He is there."),
    ("Elle est ici !", "She is here!"),
    ("Nous sommes amis.", "We are friends."),
    ("Ce chat dort.", "This cat sleeps."),
    ("Tu es grand.", "You are tall."),
)
UNITS, SLOTS = 6, 10


def words_of(normalise) -> tuple[int, int]:
    """How many words the tutorial numbers on each side, with SOS and EOS."""
    kept = [(normalise(a), normalise(b)) for a, b in PAIRS]
    kept = [
        pair for pair in kept if pair[1].startswith(("i m ", "he is", "she is", "we are", "you"))
    ]
    source, target = ({word for pair in kept for word in pair[side].split(" ")} for side in (0, 1))
    return len(source) + 2, len(target) + 2


def gru(entering: int) -> dict[str, Tensor]:
    """The weights of a GRU by the tutorial's names."""
    return {f"gru.{name}": 3 * w for name, w in nn.GRU(entering, UNITS).state_dict().items()}


def linear(name: str, entering: int, leaving: int) -> dict[str, Tensor]:
    """A layer's weights under this name."""
    layer = nn.Linear(entering, leaving)
    return {f"{name}.weight": 4 * layer.weight.detach(), f"{name}.bias": layer.bias.detach()}


def write(folder: Path, form: str) -> Path:
    """A pair of files with the sentences beside them; the encoder's path."""
    torch.manual_seed(1)
    sizes = words_of(older if form == "older" else newer)
    encoder = {"embedding.weight": torch.randn(sizes[0], UNITS), **gru(UNITS)}
    decoder = {"embedding.weight": torch.randn(sizes[1], UNITS), **linear("out", UNITS, sizes[1])}
    if form == "older":
        decoder |= {**gru(UNITS), **linear("attn", 2 * UNITS, SLOTS)}
        decoder |= linear("attn_combine", 2 * UNITS, UNITS)
    else:
        decoder |= gru(2 * UNITS)
        for part, rows in (("Wa", UNITS), ("Ua", UNITS), ("Va", 1)):
            decoder |= linear(f"attention.{part}", UNITS, rows)
    folder.mkdir(exist_ok=True)
    torch.save(encoder, folder / "encoder.pt")
    torch.save(decoder, folder / "decoder.pt")
    lines = "".join(f"{b}\t{a}\n" for a, b in PAIRS)
    (folder / "pairs.txt").write_text(lines, encoding="utf-8")
    return folder / "encoder.pt"


def as_the_tutorial(folder: Path, form: str, ids: list[int], steps: int) -> list[int]:
    """Greedy ids as the tutorial's `evaluate` finds them; SOS is 0, EOS is 1."""
    e, d = (torch.load(folder / f"{half}.pt", weights_only=True) for half in ("encoder", "decoder"))
    reader, writer = nn.GRU(UNITS, UNITS), nn.GRU(d["gru.weight_ih_l0"].shape[1], UNITS)
    for module, state in ((reader, e), (writer, d)):
        module.load_state_dict({n.removeprefix("gru."): w for n, w in state.items() if "gru." in n})
    outputs, hidden = reader(e["embedding.weight"][ids].unsqueeze(1))
    states = torch.zeros(SLOTS, UNITS)
    states[: len(ids)] = outputs[:, 0]
    previous, made = 0, []
    for _ in range(steps):
        embedded = d["embedding.weight"][previous]
        if form == "older":
            scores = nn.functional.linear(
                torch.cat([embedded, hidden[0, 0]]), d["attn.weight"], d["attn.bias"]
            )
            context = torch.softmax(scores, 0) @ states
            mixed = torch.cat([embedded, context])
            entering = nn.functional.linear(
                mixed, d["attn_combine.weight"], d["attn_combine.bias"]
            ).relu()
        else:
            w = {
                part: (d[f"attention.{part}.weight"], d[f"attention.{part}.bias"])
                for part in ("Wa", "Ua", "Va")
            }
            inside = nn.functional.linear(hidden[0, 0], *w["Wa"]) + nn.functional.linear(
                outputs[:, 0], *w["Ua"]
            )
            scores = nn.functional.linear(inside.tanh(), *w["Va"])[:, 0]
            entering = torch.cat([embedded, torch.softmax(scores, 0) @ outputs[:, 0]])
        output, hidden = writer(entering.view(1, 1, -1), hidden)
        logits = nn.functional.linear(output[0, 0], d["out.weight"], d["out.bias"])
        logits[0] = -torch.inf
        previous = int(logits.argmax())
        made.append(previous)
        if previous == 1:
            break
    return made


@pytest.mark.parametrize("form", ["older", "newer"])
@torch.no_grad()
def test_it_translates_as_the_tutorial_does(tmp_path: Path, form: str) -> None:
    """The same words from the same weights; opened by either half."""
    path = write(tmp_path / "t", form)
    for half in (path, path.with_name("decoder.pt")):
        opened = open_model(half)
        assert opened.kind == "translator"
        assert form in opened.format_title
        assert any("numbered again from 5 sentences" in note for note in opened.notes)
    sentence = translate(opened.model, "Il est là.")
    ours = [i - 2 for i in opened.model.source.encode("Il est là.")]
    wanted = as_the_tutorial(path.parent, form, [*ours, 1], len(sentence.target))
    found = [1 if i == 2 else i - 2 for i in sentence.chosen.ids]
    assert found == wanted
    weights = sentence.chosen.weights
    assert weights is not None and weights.shape == (len(sentence.target), len(ours) + 1)
    assert float(weights.sum(dim=1).max()) <= 1 + 1e-5
    if form == "older":
        with pytest.raises(TextError, match="10 slots"):
            translate(opened.model, "il est " * 10)


def test_an_untrained_decoder_is_called_what_it_is(tmp_path: Path) -> None:
    """Its loss is that of guessing, its attention flat."""
    path = write(tmp_path / "t", "newer")
    decoder = torch.load(path.with_name("decoder.pt"), weights_only=True)
    for name in decoder:
        if name.startswith(("out.", "attention.Va")):
            decoder[name].mul_(0.01)
    torch.save(decoder, path.with_name("decoder.pt"))
    notes = " ".join(open_model(path).notes)
    assert "hardly been trained" in notes
    assert "the attention is flat" in notes


def test_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    """The other half, the sentences, the right sentences."""
    path = write(tmp_path / "t", "newer")
    pairs = path.with_name("pairs.txt")
    elsewhere = tmp_path / "elsewhere.txt"
    pairs.rename(elsewhere)
    with pytest.raises(ModelFileError, match=r"put these .* or the file of its sentences"):
        open_model(path)
    assert open_model(path, sentences=elsewhere).model
    elsewhere.write_text("a\tb\n")
    with pytest.raises(ModelFileError, match="give the file that this model was trained on"):
        open_model(path, sentences=elsewhere)
    path.with_name("decoder.pt").unlink()
    with pytest.raises(ModelFileError, match="none lies beside"):
        open_model(path)


def test_halves_of_different_trainings_are_refused(tmp_path: Path) -> None:
    """By the shape that does not fit."""
    path = write(tmp_path / "t", "newer")
    encoder = torch.load(path, weights_only=True)
    encoder["gru.weight_ih_l0"] = encoder["gru.weight_ih_l0"][:, :3]
    torch.save(encoder, path)
    with pytest.raises(ModelFileError, match=r"gru\.weight_ih_l0 of shape"):
        open_model(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_file_gives_an_error_and_no_crash(tmp_path: Path, share: float) -> None:
    """Wherever it ends."""
    path = write(tmp_path / "t", "older")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert not Tutorial.recognises(ModelFile(path))
    with pytest.raises(ModelFileError):
        open_model(path)
