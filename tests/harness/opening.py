"""What opens each kind of file: read as deeply as the window and the commands do.

`SAMPLES` writes a good file or folder of each kind, `OPENERS` opens one. Both are tables: a kind of
file that is new to the project gets a line in each.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import pickle
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from rnnviz.cli import main
from rnnviz.core.alignments.alignment import read_rows
from rnnviz.core.alignments.files.attention_file import read_attention
from rnnviz.core.alignments.files.parallel_corpus import read_pairs
from rnnviz.core.alignments.links import read_links
from rnnviz.core.alignments.links import read_pairs as read_bar_pairs
from rnnviz.core.cells.finding import Finding, load_finding, save_finding
from rnnviz.core.colours.colour import Scale
from rnnviz.core.concepts import load_concept_file
from rnnviz.core.errors import FindingError, RnnvizError
from rnnviz.core.files.reading import open_regular
from rnnviz.core.gradients.field import FieldFacts, GradientField, read_field, write_field
from rnnviz.core.recognise import kind_of
from rnnviz.core.recordings.description import Classes, Predicted
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.runs.directory.arrays import RowReader
from rnnviz.core.runs.directory.config import config_found
from rnnviz.core.runs.directory.control import Inbox, ask
from rnnviz.core.runs.directory.lock import holder_of
from rnnviz.core.runs.directory.log import EventLog, read_events
from rnnviz.core.runs.tensorboard.event_files import WatchedEventFiles
from rnnviz.core.runs.tensorboard.records import ScalarWriter
from rnnviz.core.runs.watched import WatchedRun, runs_in
from rnnviz.core.scoring.probe import probe, read_probe, write_probe
from rnnviz.core.scoring.ranking import rank
from rnnviz.core.scoring.results import read_ranking, write_ranking
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.files.labelled_texts import read_labelled
from rnnviz.core.sequences.files.number_files import read_table
from rnnviz.core.sequences.files.tagged_texts import read_tagged
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import UNKNOWN_TOKEN, Tokens
from rnnviz.core.stories.pack import is_pack, write_pack
from rnnviz.core.stories.pack import unpack as unpack_stories
from rnnviz.core.stories.story import Stories, Story, lecture, read_stories, write_stories
from rnnviz.core.unroll.plan import Plan
from rnnviz.core.unroll.trace import read_trace
from rnnviz.nets.alignments.networks.embeddings import read_vectors
from rnnviz.nets.capturing.activation_files import record_activations
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.checkpoints.vocabulary.file import read_vocabulary
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.training.state import State, load_state, save_state
from rnnviz.nets.unroll.computing import compute
from rnnviz.work.remote import mirrored_address
from rnnviz.work.unpacking import RefusedArchiveError, unpack
from tests.core.recordings.recordings import record
from tests.core.runs.made import finished_run
from tests.nets.alignments.small import small_translator
from tests.nets.capturing import test_activation_files
from tests.nets.checkpoints import examples, test_folders
from tests.nets.checkpoints.keras import test_textgenrnn
from tests.nets.checkpoints.linear_recurrences import references, written
from tests.nets.checkpoints.networks import chain_writers
from tests.nets.checkpoints.pytorch import test_arrays_state
from tests.nets.checkpoints.tensorflow_js import test_ml5
from tests.nets.checkpoints.torch7 import test_char_rnn
from tests.nets.checkpoints.torch7.t7_writer import t7
from tests.nets.checkpoints.translators import programs, test_pair, test_tutorial
from tests.nets.checkpoints.vocabulary import test_pair_tokenizer, test_world_list
from tests.nets.classification.small_classifier import TEXT as LABELLED
from tests.nets.classification.small_classifier import saved_classifier
from tests.nets.sequence.test_opening import described
from tests.nets.sequence.test_opening import every as networks

TEXT = '"Well," she said, "12 a\n\tb {x} (y)." ' * 40
Opener = Callable[[Path], object]
Sample = Callable[[Path], Path]


class WrongEndError(Exception):
    """A command ended in another way than with success or a sentence."""


def command(*words: str) -> None:
    """A command in this process; its exit code must be one that it explains."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = main(list(words))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    if code not in (0, 1, 2) or (code and len(said.getvalue().strip()) < 10):
        raise WrongEndError(f"rnnviz {words[0]} ended with {code}: {said.getvalue()[-200:]}")


# Openers


def open_text(path: Path) -> None:
    """A text, its lines and some of its characters."""
    text = Text.read(path)
    text.slice(0, 1000)
    text.slice(len(text) - 10, len(text))
    if len(text) < 1 << 20:
        _ = text.line_starts
        text.matches("a")


def open_recording(path: Path) -> None:
    """A recording as the panels of Cells read it."""
    recording = Recording(path)
    last = recording.total_units - 1
    for channel in recording.groups.of(last).channels:
        np.asarray(recording.shown_values(channel, last)[:1000], np.float32).sum()
        recording.running_rows(channel)
    recording.text.slice(0, 1000)
    recording.known(0, 1000)
    for step in range(min(10, recording.length)):
        recording.likeliest(step)
        recording.sequence.label(step)
        recording.text.slice(*recording.sequence.span(step, step + 1))
        recording.documents.around(step)
    for step in recording.states():
        recording.state(step)
    command("info", str(path), "--json")


def open_run(path: Path) -> None:
    """A run as the window watches it and the commands tell of it."""
    holder = holder_of(path)
    if holder is not None and holder.is_local:
        holder.lives()
    Inbox(path).new()
    watched = WatchedRun(path)
    watched.poll()
    while watched.behind and watched.poll():
        pass
    record = watched.record
    record.steps_per_second(), record.tokens_per_second(), record.seconds_left()
    for curve in record.curves:
        curve.decimate(0, len(curve), 300), curve.extent(0, len(curve))
    rows = RowReader(path)
    for row in (*record.gradient_rows[:3], *record.alignments[:3]):
        rows.read(row)
    _ = watched.best_checkpoint, watched.checkpoints, record.setting("learning_rate")
    mirrored_address(path)
    command("run", "status", str(path))
    command("info", str(path), "--json")


def resume_run(path: Path) -> None:
    """What a trainer reads before it goes on."""
    config_found(path).check()
    for event in read_events(path):
        f"{event.get('step', 0):,}"
    EventLog(path / "events.jsonl").close()


def open_event_files(path: Path) -> None:
    """Event files as the window and `rnnviz info` read them."""
    for folder, name in runs_in(path):
        watched = WatchedEventFiles(folder, name=name)
        watched.poll()
        while watched.behind and watched.poll():
            pass
        for curve in watched.record.curves:
            curve.decimate(0, len(curve), 300), curve.extent(0, len(curve))
    command("info", str(path))


def open_concept(path: Path) -> None:
    """A concept, and what it labels."""
    load_concept_file(path).label(TEXT)


def open_field(path: Path) -> None:
    """Gradients as the Gradients workspace draws them."""
    field = read_field(path)
    for state in field.facts.states:
        for layer in range(min(field.facts.layers, 4)):
            field.bands(state, layer)
    if len(field.targets):
        field.inputs_of(0)


def open_archive(path: Path) -> None:
    """What another machine sends of a run."""
    folder = path.with_name(path.name + ".unpacked")
    folder.mkdir(exist_ok=True)
    try:
        with open_regular(path) as file:
            unpack(file, folder)
    except (RefusedArchiveError, tarfile.TarError, OSError) as error:
        raise RnnvizError(f"it was not unpacked: {error}") from error


def open_with_characters(path: Path) -> object:
    """A model whose format keeps no characters."""
    return open_model(path, tuple(examples.CHARACTERS))


def open_recorded(path: Path) -> None:
    """What another program recorded, as a recording."""
    folder = path.with_name(f"{path.name}.recording")
    shutil.rmtree(folder, ignore_errors=True)
    record_activations(path, folder)
    open_recording(folder)


def open_with_seven(path: Path) -> object:
    """The same, of the networks of seven symbols."""
    return open_model(path, tuple("abcdefg"))


def open_attention(path: Path) -> None:
    """Attention of anybody's model, as a matrix and as `rnnviz info` tells of it."""
    maps = read_attention(path)
    maps.alignment()
    command("info", str(path), "--json")


def open_numbers(path: Path) -> None:
    """Rows of numbers, and the columns that are read."""
    table = read_table(path)
    table.numbers(table.columns[:2])


def open_vocabulary(path: Path) -> None:
    """What names the symbols of a network, as a companion of its file."""
    if read_vocabulary(path, len(_VOCABULARY)) is None:
        raise RnnvizError(f"{path.name} lists no symbols, it is taken for a text")


def vocabulary_of(size: int) -> Opener:
    """What names so many symbols."""

    def opener(path: Path) -> None:
        if read_vocabulary(path, size) is None:
            raise RnnvizError(f"{path.name} lists no symbols, it is taken for a text")

    return opener


def open_by_hand(path: Path) -> object:
    """Arrays of a plain program, whose characters are in no file."""
    return open_model(path, tuple(test_arrays_state.SYMBOLS))


def open_shards(path: Path) -> None:
    """A model in several files, by its folder, its index and one of them."""
    for place in (path, path / "model.safetensors.index.json", path / _SHARDS[1]):
        open_model(place)


def open_weights_apart(path: Path) -> None:
    """A network in one file, its characters in another beside it."""
    kind_of(path / "lm.t7"), open_model(path / "lm.t7")


def open_pack(path: Path) -> None:
    """Stories with their models and texts, taken out into a folder."""
    if not is_pack(path):
        raise FindingError(f"{path.name} is no pack of stories")
    folder = path.with_name(path.name + ".unpacked")
    folder.mkdir(exist_ok=True)
    unpack_stories(path, folder)


OPENERS: dict[str, tuple[Opener, ...]] = {
    "text": (kind_of, open_text),
    "rnnviz": (kind_of, open_model),
    "safetensors": (kind_of, open_model),
    "pytorch": (kind_of, open_model),
    "pytorch-legacy": (kind_of, open_model),
    "pytorch-module": (kind_of, open_model),
    "torchscript": (kind_of, open_model),
    "arrays-model": (kind_of, open_model),
    "arrays-by-hand": (kind_of, open_by_hand),
    "pickled-arrays": (kind_of, open_model),
    "pickled-object": (kind_of, open_by_hand),
    "torch7": (kind_of, open_model),
    "char-rnn": (open_weights_apart,),
    "shards": (open_shards,),
    "tagger": (kind_of, open_model),
    "numbers-model": (kind_of, open_model),
    "keras": (kind_of, open_with_characters),
    "keras-weights": (kind_of, open_with_characters),
    "keras-archive": (kind_of, open_with_characters),
    "textgenrnn": (kind_of, open_model),
    "keras-folder": (kind_of, open_with_characters),
    "tensorflow-js": (kind_of, open_with_characters),
    "ml5": (kind_of, open_with_characters),
    "onnx": (kind_of, open_with_characters),
    "rwkv": (kind_of, open_with_seven),
    "rwkv-cpp": (kind_of, open_with_seven),
    "mamba": (kind_of, open_with_seven),
    "translator": (kind_of, open_model),
    "translator-pair": (kind_of, open_model),
    "letters": (kind_of, open_model),
    "tutorial": (lambda path: open_model(path / "encoder.pt"),),
    "classifier": (kind_of, open_model),
    "labelled": (lambda path: read_labelled([path]),),
    "tagged": (kind_of, lambda path: read_tagged([path])),
    "table": (kind_of, open_numbers),
    "array": (kind_of, open_numbers),
    "arrays": (kind_of, open_numbers),
    "vocabulary": (open_vocabulary,),
    "vocabulary-pickle": (open_vocabulary,),
    "vocabulary-lines": (open_vocabulary,),
    "tokenizer": (open_vocabulary,),
    "pair-tokenizer": (vocabulary_of(test_pair_tokenizer.SIZE),),
    "pair-vocabulary": (vocabulary_of(test_pair_tokenizer.SIZE),),
    "world-list": (vocabulary_of(test_world_list.SIZE),),
    "named-states": (kind_of, open_model),
    "hugging-face": (kind_of, open_model),
    "allennlp": (kind_of, open_model),
    "recorded": (kind_of, open_recorded),
    "recorded-json": (kind_of, open_recorded),
    "recording": (kind_of, open_recording),
    "tokens": (kind_of, open_recording),
    "numbers": (kind_of, open_recording),
    "classes": (kind_of, open_recording),
    "run": (kind_of, open_run, resume_run),
    "event-files": (kind_of, open_event_files),
    "concept": (kind_of, open_concept),
    "spans": (kind_of, open_concept),
    "finding": (kind_of, load_finding),
    "attention": (kind_of, open_attention),
    "attention-archive": (kind_of, open_attention),
    "attention-table": (kind_of, open_attention),
    "stories": (kind_of, read_stories),
    "stories-pack": (kind_of, open_pack),
    "links": (read_links,),
    "bars": (read_bar_pairs,),
    "corpus": (lambda path: read_pairs([path]),),
    "packed-corpus": (lambda path: read_pairs([path]),),
    "ranking": (read_ranking,),
    "probe": (read_probe,),
    "gradients": (open_field,),
    "rows": (read_rows,),
    "state": (load_state,),
    "vectors": (lambda path: read_vectors(path, {"a", "the"}),),
    "archive": (open_archive,),
    "trace": (lambda path: read_trace(path, Plan()),),
}


# Samples


def _model(write: Callable[[Path, examples.Stock], None], name: str) -> Sample:
    def sample(folder: Path) -> Path:
        path = folder / name
        write(path, examples.Stock(embedding=2))
        return path

    return sample


def _keras_folder(folder: Path) -> Path:
    made = folder / "unpacked"
    chain_writers.write_keras_archive(folder / "model.keras", examples.Stock(embedding=2))
    with zipfile.ZipFile(folder / "model.keras") as archive:
        archive.extractall(made)
    return made


def _tfjs_folder(folder: Path) -> Path:
    made = folder / "js"
    made.mkdir()
    chain_writers.write_tfjs(made / "model.json", examples.Stock(embedding=2))
    return made


def _ml5_folder(folder: Path) -> Path:
    return test_ml5.write(folder / "ml5", test_ml5.drawn_arrays())


def _of_arrays(write: Callable[..., Path], drawn: Callable[[], dict], name: str) -> Sample:
    return lambda folder: write(folder / name, drawn())


def _written(name: str, content: bytes) -> Sample:
    def sample(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return sample


def _recording(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    channels = {name: rng.uniform(-1, 1, (3, len(TEXT))) for name in ("hidden", "cell")}
    return record(folder / "a.recording", TEXT, channels).folder


def _tokens(folder: Path) -> Path:
    places = np.array([[0, 2], [4, 8], [8, 8], [9, 12]])
    read = Tokens(
        np.array([1, 0, 2, UNKNOWN_TOKEN], np.uint32), places, Text.of("go  home now", "t"),
        ("home", "go", "</s>"),
    )  # fmt: skip
    made = folder / "tokens.recording"
    writer = RecordingWriter(made, read, layers_of(1, 2, ("hidden",)), None)
    writer.write(0, {"hidden": np.zeros((2, 4))}, {})
    return made


def _numbers(folder: Path) -> Path:
    read = Numbers(np.arange(6, dtype=np.float32).reshape(3, 2), ("speed", "height"), "a flight")
    made = folder / "numbers.recording"
    writer = RecordingWriter(made, read, layers_of(1, 2, ("hidden",)), Predicted(columns=("lift",)))
    wanted = np.ones((3, 1), np.float32)
    writer.write(0, {"hidden": np.zeros((2, 3))}, {"predicted": wanted, "wanted": wanted})
    return made


def _classes(folder: Path) -> Path:
    text = Text(Text.of("abcab").codes, "two", documents=Documents.of_lengths([2, 3]))
    made = folder / "classes.recording"
    about = Classes(classes=("bad", "good"))
    writer = RecordingWriter(made, text, layers_of(1, 2, ("hidden",)), about, "abc")
    out = {"class_p": np.full((5, 2), 0.5), "truth": np.array([1, 1, 0, 1, -1])}
    writer.write(0, {"hidden": np.zeros((2, 5))}, out)
    return made


def _run(folder: Path) -> Path:
    run = finished_run(folder / "run", texts=["/nowhere/a.txt"], batch=4, sequence_length=16)
    run.lock()
    ask(run.directory, "pause")
    (run.directory / "remote.json").write_text(json.dumps({"address": "me@evil.example:/runs/a"}))
    (run.directory / "heartbeat").write_text("running")
    return run.directory


def _event_files(folder: Path) -> Path:
    for name in ("train", "validation"):
        writer = ScalarWriter(folder / "logs" / name, resumed_at=3)
        for step in range(30):
            writer.write(step, {"loss": 1.0 / (step + 1), "lr": 1e-3})
        writer.close()
    return folder / "logs"


def _network(name: str) -> Sample:
    """A file of ours with one of the networks that tests know by these names."""

    def sample(folder: Path) -> Path:
        path = folder / "mine.safetensors"
        save_model(path, SequenceNetwork(described(networks[name][0]), seed=1))
        return path

    return sample


def _shards(folder: Path) -> Path:
    made = folder / "parts"
    made.mkdir()
    weights = examples.Stock(embedding=2).state_dict()
    names = sorted(weights)
    places = {name: _SHARDS[number % 2] for number, name in enumerate(names)}
    for shard in _SHARDS:
        parts = {name: weights[name].clone() for name in names if places[name] == shard}
        save_file(parts, made / shard, {"chars": examples.CHARACTERS})
    (made / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    return made


def _char_rnn(folder: Path) -> Path:
    """The network with its vocabulary in a file beside it, as char-rnn keeps it."""
    made = folder / "cv"
    made.mkdir()
    layers, decoder = test_char_rnn.network("lstm", 1)
    rnn = test_char_rnn.graph([*layers[0], decoder])
    (made / "lm.t7").write_bytes(t7({"protos": {"rnn": rnn}}))
    (made / "vocab.t7").write_bytes(t7(test_char_rnn.vocab()))
    return made


def _keras_weights(folder: Path) -> Path:
    made = folder / "apart"
    made.mkdir()
    stock = examples.Stock(embedding=2)
    chain_writers.write_keras(folder / "whole.h5", stock)
    with h5py.File(folder / "whole.h5") as whole, h5py.File(made / "m.h5", "w") as file:
        group = whole["model_weights"]
        for name in group.attrs:
            file.attrs[name] = group.attrs[name]
        for name in group:
            group.copy(name, file)
    (made / "m.json").write_text(json.dumps(chain_writers.keras_of(stock)[0]))
    return made


def _array(folder: Path) -> Path:
    np.save(folder / "flight.npy", np.arange(24, dtype=np.float32).reshape(12, 2))
    return folder / "flight.npy"


def _in_folder(write: Callable[[Path], Path]) -> Sample:
    def sample(folder: Path) -> Path:
        (folder / "model").mkdir()
        return write(folder / "model")

    return sample


def _arrays_by_hand(folder: Path) -> Path:
    """min-char-rnn, as it is."""
    np.savez(folder / "rnn.npz", **test_arrays_state.drawn_by_hand())
    return folder / "rnn.npz"


def _pickled_object(folder: Path) -> Path:
    """The same in an array of one object, which numpy pickles."""
    content = np.array(test_arrays_state.drawn_by_hand(), dtype=object)
    np.save(folder / "rnn.npy", content, allow_pickle=True)
    return folder / "rnn.npy"


def _named_states(folder: Path) -> Path:
    """A model beside the tokenizer that names its symbols."""
    made = folder / "named"
    made.mkdir()
    size = test_pair_tokenizer.SIZE
    state = {
        "embed.weight": torch.randn(size, 4), "fc.weight": torch.randn(size, 6),
        "fc.bias": torch.zeros(size),
    } | {f"rnn.{name}": one for name, one in nn.GRU(4, 6).state_dict().items()}  # fmt: skip
    save_file(state, made / "model.safetensors")
    (made / "tokenizer.json").write_text(json.dumps(_PAIR_TOKENIZER))
    return made


def _arrays(folder: Path) -> Path:
    np.savez(folder / "flight.npz", x=np.ones((3, 4, 2)), y=np.zeros((3, 4, 1)))
    return folder / "flight.npz"


def _trace(folder: Path) -> Path:
    compute(Plan()).save(folder / "trace.npz")
    return folder / "trace.npz"


def _translator(folder: Path) -> Path:
    save_model(folder / "translator.safetensors", small_translator())
    return folder / "translator.safetensors"


def _tutorial(folder: Path) -> Path:
    return test_tutorial.write(folder / "tutorial", "newer").parent


def _pair(folder: Path) -> Path:
    program = programs.BothWays((len(test_pair.SOURCE), len(test_pair.TARGET)))
    return test_pair.written(folder / "pair.pt", program)


def _letters(folder: Path) -> Path:
    np.savez(folder / "letters.npz", **test_pair.drawn_arrays())
    return folder / "letters.npz"


def _finding(folder: Path) -> Path:
    finding = Finding(
        title="a", channel="hidden", start=3, stop=9, scale=Scale(-1.0, 1.0, "blue-orange"),
        model_path="/nowhere", text_path="/nowhere", score={"auc": 0.9},
    )  # fmt: skip
    return save_finding(folder, finding).path


def _ranking(folder: Path) -> Path:
    recording = Recording(_recording(folder))
    concept = load_concept_file(SAMPLES["concept"](folder))
    write_ranking(rank(recording, [concept])[0], folder / "ranking.json")
    return folder / "ranking.json"


def _probe(folder: Path) -> Path:
    recording = Recording(_recording(folder))
    concept = load_concept_file(SAMPLES["concept"](folder))
    write_probe(probe(recording, concept), folder / "probe.json")
    return folder / "probe.json"


def _field(folder: Path) -> Path:
    facts = FieldFacts(
        model_name="m", model_path="/nowhere", architecture="lstm", text_name="t", layers=1,
        units=3, states=("hidden",), start=0,
    )  # fmt: skip
    targets, distance = np.arange(5, 9), 4
    arrays = {
        "places": np.arange(12), "targets": targets, "losses": np.ones(4),
        "hidden": np.ones((1, 4, distance + 1)), "inputs": np.ones((4, distance + 1)),
        "products": np.ones((4, distance + 1)),
    }  # fmt: skip
    write_field(folder / "field.npz", GradientField(facts, arrays))
    return folder / "field.npz"


def _rows(folder: Path) -> Path:
    np.save(folder / "rows.npy", np.eye(5, dtype=np.float32))
    return folder / "rows.npy"


def _state(folder: Path) -> Path:
    made = folder / "checkpoints"
    made.mkdir()
    facts = {
        "version": 1, "ended": False, "processes": 1, "position": {"start": 3},
        "progress": {"step": 3, "loss_nats": 1.5}, "kept": {"events": 9, "rows": {}},
        "settings": {"learning_rate": 0.1, "clip_threshold": 1.0, "temperatures": [0.8]},
    }  # fmt: skip
    tensors = {"model.a": torch.ones(3), "process0.random": torch.get_rng_state()}
    save_state(made, State(tensors, facts))
    save_file({"a": torch.ones(2)}, made / "latest.safetensors")
    return made


def _archive(folder: Path) -> Path:
    with tarfile.open(folder / "run.tar", "w") as archive:
        for name, size in (("run.json", 100), ("arrays/a-4.f32", 4000), ("checkpoints/b", 999)):
            entry = tarfile.TarInfo(name)
            entry.size = size
            archive.addfile(entry, io.BytesIO(bytes(size)))
    return folder / "run.tar"


_WEIGHTS = {"source": ["le", "chat"], "target": ["the", "cat"], "weights": [[0.75, 0.25], [0, 1]]}


def _attention_archive(folder: Path) -> Path:
    weights = np.full((2, 3, 2, 2), 0.5, np.float32)
    source, target = np.array(_WEIGHTS["source"]), np.array(_WEIGHTS["target"])
    np.savez(folder / "weights.npz", weights=weights, source=source, target=target)
    return folder / "weights.npz"


def _own_stories(folder: Path) -> Stories:
    """One of what ships, one with a model and a text of its own."""
    (folder / "mine.txt").write_text(TEXT)
    examples.write_native(folder / "mine.safetensors", examples.Stock(embedding=2))
    finding = Finding(
        title="a", channel="hidden", start=3, stop=9, scale=Scale(-1.0, 1.0, "blue-orange"),
        model_path=str(folder / "mine.safetensors"), text_path=str(folder / "mine.txt"),
        text_name="mine.txt", score={"auc": 0.9},
    )  # fmt: skip
    mine = Story(title="mine", caption="A cell of mine.", finding=finding)
    return Stories(title="a talk", stories=(*lecture().stories[:1], mine))


def _stories(folder: Path) -> Path:
    write_stories(folder / "talk.json", _own_stories(folder))
    return folder / "talk.json"


def _stories_pack(folder: Path) -> Path:
    write_pack(folder / "talk.rnnviz", _own_stories(folder))
    return folder / "talk.rnnviz"


_VOCABULARY = {word: place for place, word in enumerate(examples.CHARACTERS)}
_SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
_TOKENIZER = {
    "class_name": "Tokenizer",
    "config": {"word_index": json.dumps({f"w{n}": n for n in range(1, 40)}), "num_words": None},
}
_PAIR_TOKENIZER = test_pair_tokenizer.tokenizer()
_PAIRS = "".join(f"the cat {n}\tle chat {n}\n" for n in range(30)).encode()


def _textgenrnn(folder: Path) -> Path:
    made = folder / "apart"
    made.mkdir()
    test_textgenrnn.written(made)
    return made


SAMPLES: dict[str, Sample] = {
    "text": _written("text.txt", TEXT.encode() + "„Gut“, é\r\n".encode()),
    "rnnviz": _model(examples.write_native, "native.safetensors"),
    "safetensors": _model(examples.write_safetensors, "foreign.safetensors"),
    "pytorch": _model(examples.write_pytorch, "model.pt"),
    "pytorch-legacy": _model(examples.write_pytorch_legacy, "legacy.pt"),
    "pytorch-module": _model(examples.write_module, "module.pt"),
    "torchscript": _model(examples.write_torchscript, "script.pt"),
    "arrays-model": _model(examples.write_arrays, "arrays.npz"),
    "arrays-by-hand": _arrays_by_hand,
    "pickled-arrays": _model(examples.write_pickled_arrays, "arrays.pkl"),
    "pickled-object": _pickled_object,
    "torch7": _model(examples.write_torch7, "model.t7"),
    "char-rnn": _char_rnn,
    "shards": _shards,
    "tagger": _network("zoo: both ways"),
    "numbers-model": _network("zoo: deep head"),
    "keras": _model(chain_writers.write_keras, "model.h5"),
    "keras-weights": _keras_weights,
    "keras-archive": _model(chain_writers.write_keras_archive, "model.keras"),
    "textgenrnn": _textgenrnn,
    "keras-folder": _keras_folder,
    "tensorflow-js": _tfjs_folder,
    "ml5": _ml5_folder,
    "onnx": _model(chain_writers.write_onnx, "model.onnx"),
    "rwkv": _of_arrays(written.write_pth, references.drawn_rwkv7, "rwkv.pth"),
    "rwkv-cpp": _of_arrays(written.write_rwkv_cpp, references.drawn_rwkv5, "rwkv.bin"),
    "mamba": _of_arrays(written.write_safetensors, references.drawn_mamba, "mamba.safetensors"),
    "translator": _translator,
    "tutorial": _tutorial,
    "translator-pair": _pair,
    "letters": _letters,
    "classifier": saved_classifier,
    "labelled": _written("labelled.tsv", LABELLED.encode() * 9),
    "tagged": _written("tagged.txt", b"the D\ncat N\nsat V\n\na D\ndog N\n" * 20),
    "table": _written("flight.csv", b"speed,height,lift\n" + b"1,2.5,3\n4,5e-1,6\n" * 9),
    "array": _array,
    "arrays": _arrays,
    "vocabulary": _written("vocabulary.json", json.dumps(_VOCABULARY).encode()),
    "vocabulary-pickle": _written("vocabulary.pkl", pickle.dumps(_VOCABULARY)),
    "vocabulary-lines": _written("vocabulary.txt", "\n".join(_VOCABULARY).encode()),
    "tokenizer": _written("tokenizer.json", json.dumps(_TOKENIZER).encode()),
    "pair-tokenizer": _written("tokenizer.json", json.dumps(_PAIR_TOKENIZER).encode()),
    "pair-vocabulary": _written(
        "vocab.json", json.dumps(_PAIR_TOKENIZER["model"]["vocab"]).encode()
    ),
    "world-list": lambda folder: test_world_list.written(folder, test_world_list.lines()),
    "named-states": _named_states,
    "hugging-face": _in_folder(test_folders.write_hugging_face),
    "allennlp": _in_folder(test_folders.write_allennlp),
    "recorded": lambda folder: test_activation_files.lstmvis(folder / "lstmvis"),
    "recorded-json": _written(
        "mine.json", b'{"activations": {"h1": [[1, 2], [3, 4]]}, "tokens": ["so", "it"]}'
    ),
    "recording": _recording,
    "tokens": _tokens,
    "numbers": _numbers,
    "classes": _classes,
    "run": _run,
    "event-files": _event_files,
    "concept": _written(
        "concept.json",
        b'{"kind": "regular-expression", "pattern": "[0-9]+", "name": "n", "title": "digits"}',
    ),
    "spans": _written("spans.json", b'{"kind": "painted", "spans": [[3, 9], [20, 40]]}'),
    "finding": _finding,
    "attention": _written("weights.json", json.dumps(_WEIGHTS).encode()),
    "attention-archive": _attention_archive,
    "attention-table": _written("weights.csv", b",le,chat\nthe,0.75,0.25\ncat,0.5,0.5\n"),
    "stories": _stories,
    "stories-pack": _stories_pack,
    "links": _written("links.txt", b"0-0 1-2 2p1\n0-1\n\n3-3\n" * 5),
    "bars": _written("bars.txt", b"a b ||| c d\ne ||| f\n" * 5),
    "corpus": _written("pairs.tsv", _PAIRS),
    "packed-corpus": _written("pairs.tsv.gz", gzip.compress(_PAIRS)),
    "ranking": _ranking,
    "probe": _probe,
    "gradients": _field,
    "rows": _rows,
    "state": _state,
    "vectors": _written("vectors.txt", b"2 3\na 0.1 0.2 0.3\nthe 1 2 3\n"),
    "archive": _archive,
    "trace": _trace,
}


def run_code(path: Path) -> None:
    """Not a kind of file: what a test of the harness itself lets go wrong."""
    exec(path.read_text())


def open_all(kind: str, path: Path) -> None:
    """Open a file of this kind in every way that it is opened.

    Raises:
        RnnvizError: it was refused, by the first way that did so; the others were tried too.
    """
    refused: RnnvizError | None = None
    for opener in OPENERS.get(kind, (run_code,)):
        try:
            opener(path)
        except RnnvizError as error:
            if len(str(error)) < 10:
                raise WrongEndError(f"{error!r} is no sentence") from error
            refused = refused or error
    if refused is not None:
        raise refused
