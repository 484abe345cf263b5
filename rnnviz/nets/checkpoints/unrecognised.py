"""What a file that no importer recognises looks like, and what its owner can do about it."""

from __future__ import annotations

import pickletools
import re
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from rnnviz.core.errors import ModelFileError
from rnnviz.core.sequences.texts.decoding import begins_as_text
from rnnviz.nets.checkpoints.pytorch.inert_pickle import Followed, Instance, follow, resolved

_HEAD = 1 << 16
_LARGEST_PICKLE = 1 << 28
_USUAL = ("collections.", "numpy.", "torch._utils.", "builtins.", "_codecs.", "copy")
"""How names begin that any pickle may ask for."""
_TF_INDEX = (0xDB4775248B80FB57).to_bytes(8, "little")
"""The last bytes of the index of a TensorFlow checkpoint, and of no other file."""
_PICKLE = rb"\x80[\x02-\x05]|(\([dl]?p?\d*\n?)?\(?c[\w.]+\n\w+\n"
"""Protocols 2 to 5 name themselves; the oldest are lines of text, such as `cposix`, `system`."""
_SAVE = "save the model's weights with torch.save(model.state_dict(), 'weights.pt') and open that"
_PLAIN_PICKLE = f"a Python pickle that torch.save did not write; {_SAVE}"
_KERAS_NAMES = ("keras.", "tensorflow.", "tf_keras.")
_KERAS = (
    "where it was made, save the Keras model with model.save('model.keras') or "
    "model.save('model.h5') and open that"
)
_NO_NETWORK = (
    (("sklearn.", "xgboost.", "lightgbm.", "catboost."), "an object of {}, which holds no network"),
    (("gensim.",), "a model of gensim ({}): vectors of words, or topics, and no network"),
    (("pandas.",), "a table of pandas ({}) and no network"),
)
"""What libraries pickle that holds no recurrent network; nothing that its owner does makes one."""
_BINARY_VECTORS = re.compile(rb"\d{1,9} \d{1,5}\n[^\n ]{1,200} ")
_TEXT_VECTORS = re.compile(
    rb"(\d{1,9} \d{1,5}\r?\n)?([^\s]+(( -?\d+\.?\d*(e-?\d+)?){8,}) ?\r?\n){2}"
)
_TF_GRAPH = re.compile(
    rb"\x12[\x04-\x20](Placeholder|Const|VariableV2|VarHandleOp|NoOp|Assign|Abs|Add)", re.DOTALL
)
_FRAME_GRAPH = (b"node {", b"meta_info_def {", b"graph_def {")
_EXPORTED = re.compile(r"[^/]+/(archive_format|models/model\.json|data/weights/.*)")
_BY_NAME = {
    ".mlmodel": "a model of Core ML, a program; open the model that it was made from",
    ".msgpack": "weights of Flax (JAX), which cannot be opened; write them with safetensors",
    ".params": "weights of MXNet, which cannot be opened; write its arrays with numpy.savez",
}
"""Formats without a mark of their own, where nothing opened the file."""
_MAGIC = (
    (b"\xba\x16\x4f\x2f", "a model of fastText: vectors of words and no recurrent network"),
    (
        b"MATLAB ",
        "a file of MATLAB; read it with scipy.io.loadmat and write it with numpy.savez(Wxh=..., …)",
    ),
    (b"GGUF", "a GGUF file, which holds a Transformer for llama.cpp and no recurrent network"),
    (b"\x93NUMPY", "a NumPy array (.npy), whose numbers do not say what network they belong to"),
    (b"\x89PNG", "a PNG image, not a model"),
    (b"\xff\xd8\xff", "a JPEG image, not a model"),
    (b"GIF8", "a GIF image, not a model"),
    (b"%PDF", "a PDF document, not a model"),
    (b"\x1f\x8b", "a gzip archive; unpack it and open the model inside"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it and open the model inside"),
    (b"BZh", "a bzip2 archive; unpack it and open the model inside"),
    (b"\xfd7zXZ", "an xz archive; unpack it and open the model inside"),
    (b"4\n1\n3\nV 1\n", "a Torch7 file in ASCII form; save it in Torch's binary form"),
    (b"3\n1\n", "a Torch7 file in ASCII form; save it in Torch's binary form"),
    (b"version https://git-lfs", "a Git LFS pointer, not the model: run `git lfs pull` first"),
    (b"\x7fELF", "a program, not a model; it was not run"),
    (b"MZ", "a Windows program, not a model; it was not run"),
)


def describe(path: Path, formats: str = "") -> str:
    """A phrase that completes "FILE is ...": what the content looks like and what to do.

    Reads the head of the file and, of a zip, the table of contents; runs nothing.

    Args:
        formats: what can be opened, for people.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(0, path.stat().st_size - len(_TF_INDEX)))
        tail = file.read()
    if not head:
        return "an empty file; the download or the copy did not finish, fetch it again"
    return (
        _BY_NAME.get(path.suffix)
        or _of_saved_model(path)
        or next((what for magic, what in _MAGIC if head.startswith(magic)), None)
        or _packed(path, head)
        or _of_checkpoint(path, tail)
        or _compressed(head)
        or _vectors(head)
        or _binary(head)
        or _text(head, formats)
    )


def _packed(path: Path, head: bytes) -> str | None:
    """A zip archive or a pickle."""
    if head.startswith(b"PK"):
        return _zip(path)
    if re.match(_PICKLE, head):
        return _pickle(path.read_bytes() if path.stat().st_size < _LARGEST_PICKLE else head)
    return None


def _of_checkpoint(path: Path, tail: bytes) -> str | None:
    if tail == _TF_INDEX:
        return _tensorflow("the index")
    return _tensorflow("a part") if re.search(r"\.data-\d{5}-of-\d{5}$", path.name) else None


def _of_saved_model(path: Path) -> str | None:
    other = path.suffix == ".pb" and path.name != "saved_model.pb"
    if other and (path.parent / "saved_model.pb").exists():
        return f"a part of a SavedModel of TensorFlow, which is not run; {_KERAS}"
    return None


def _vectors(head: bytes) -> str | None:
    """Vectors of words, in the two forms of word2vec and in that of GloVe."""
    if _TEXT_VECTORS.match(head):
        return (
            "a list of words with their vectors (GloVe, or word2vec's text form) and no network; a "
            "training can begin with them: rnnviz train ... --embeddings FILE"
        )
    if _BINARY_VECTORS.match(head) and not begins_as_text(head):
        return (
            "a list of words with their vectors in word2vec's binary form, and no network; as text "
            "(in gensim: vectors.save_word2vec_format(name, binary=False)) a training can begin "
            "with them"
        )
    return None


def _tensorflow(what: str) -> str:
    return (
        f"{what} of a TensorFlow checkpoint (files .index and .data-00000-of-00001), which cannot "
        "be opened; where it was made, save the Keras model as .keras or .h5 and open that"
    )


def _binary(head: bytes) -> str | None:
    """Formats whose mark is not at the very start."""
    if head[257:262] == b"ustar":
        return (
            "a tar archive; if it is a model of PyTorch before 0.1.10, load it in PyTorch and "
            f"{_SAVE}"
        )
    if head[4:8] == b"TFL3":
        return f"a TensorFlow Lite model, a program for small devices; {_KERAS}"
    if head[:3] == b"\x08\x01\x12":
        return f"the program of a SavedModel of TensorFlow, which is not run; {_KERAS}"
    if head[:1] == b"\n" and _TF_GRAPH.search(head):
        return f"a graph of TensorFlow, a program (frozen, or beside a checkpoint); {_KERAS}"
    return None


def _compressed(head: bytes) -> str | None:
    """What zlib packed, as joblib does where it is told to compress."""
    if head[:1] != b"\x78" or int.from_bytes(head[:2], "big") % 31:
        return None
    try:
        begin = zlib.decompressobj().decompress(head, _HEAD)
    except zlib.error:
        return None
    what = "a pickle" if re.match(_PICKLE, begin) else "a file"
    return (
        f"{what} that is compressed, as joblib.dump(..., compress=...) does; save it without that"
    )


def _zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return (
            "the beginning of a zip archive whose end is missing or damaged, as of a PyTorch file "
            "that was not copied or downloaded whole; fetch it again"
        )
    if any(name.endswith(".npy") for name in names):
        arrays = ", ".join(name.removesuffix(".npy") for name in names[:6])
        return (
            f"a NumPy archive (.npz) of the arrays {arrays}; it does not say what network they "
            "belong to. Copy them into a PyTorch model and save its state_dict"
        )
    if any(_EXPORTED.fullmatch(name) for name in names):
        return (
            "a program of torch.export (.pt2), which is not run; write its weights with "
            "torch.save(torch.export.load('model.pt2').state_dict, 'weights.pt') and open that"
        )
    shown = ", ".join(names[:4]) or "nothing"
    return (
        f"a zip archive that is no PyTorch file (it holds {shown}); unpack it if a model is inside"
    )


def _pickle(content: bytes) -> str:
    """What a pickle that torch.save did not write holds; it is followed, and nothing is called."""
    try:
        followed = follow(BytesIO(content), "it")
    except ModelFileError:
        return _begun_pickle(content)
    if followed.harmful:
        return (
            f"a Python pickle that asks for {followed.harmful[:80]}: pickled code, which could do "
            f"anything. Nothing was run; where the model was made, {_SAVE}"
        )
    try:
        held = resolved(followed, "it")
    except ModelFileError:
        held = None
    if (words := _word_list_in_words(held)) is not None:
        return f"a Python pickle with {words}; open the model first, and give this file with it"
    return _of_libraries(followed) or _of_arrays(followed, held) or _PLAIN_PICKLE


def _of_libraries(followed: Followed) -> str | None:
    """Objects of a library, and what can be done with them."""
    named = [name for name in followed.names if not name.startswith(_USUAL)]
    for begins, what in _NO_NETWORK:
        if own := next((name for name in named if name.startswith(begins)), ""):
            return f"a Python pickle of {what.format(own[:80])}; nothing in it can be shown"
    if any(name.startswith(_KERAS_NAMES) for name in named):
        return f"a Python pickle of a Keras model; {_KERAS}"
    if not named:
        return None
    return (
        f"a Python pickle of {named[0][:80]}, which torch.save did not write and of which no "
        f"network is known here; where the model was made, {_SAVE}"
    )


def _of_arrays(followed: Followed, held: object) -> str | None:
    if "numpy" not in " ".join(followed.names) or not isinstance(held, list | tuple | dict):
        return None
    return (
        "a Python pickle of arrays without names that tell which is which; write them with "
        "numpy.savez under the names of a state_dict or of a program in plain NumPy, such as "
        "Wxh=..., Whh=..., Why=..., bh=..., by=..."
    )


def _begun_pickle(content: bytes) -> str:
    """A pickle that cannot be followed to its end: what it asks for before that."""
    names: list[str] = []
    strings, stream = ["", ""], BytesIO(content)
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            if opcode.name in ("GLOBAL", "INST"):
                names.append(str(argument).replace(" ", "."))
            elif opcode.name == "STACK_GLOBAL":
                names.append(".".join(strings))
            elif isinstance(argument, str):
                strings = [strings[-1], argument]
    except Exception:  # noqa: BLE001 - damaged bytes may raise anything; the names so far suffice
        stream.close()
    asks = f" that asks for {names[0][:80]}" if names else ""
    return f"a Python pickle{asks} and is damaged or cut short; nothing was run. Fetch it again"


def _word_list_in_words(held: object) -> str | None:
    """`a list of 2,804 words`, where a pickle or a JSON text holds that and little else."""
    fields = held.fields if isinstance(held, Instance) else held
    if not isinstance(fields, dict) or not fields:
        return None
    inside = [fields, *(one for one in fields.values() if isinstance(one, dict))]
    for one in inside:
        numbered = [isinstance(k, str) and type(v) is int for k, v in one.items()]
        named = [type(k) is int and isinstance(v, str) for k, v in one.items()]
        if len(one) > 1 and (all(numbered) or all(named)):
            return f"a list of {len(one):,} words or characters"
    return None


def _text(head: bytes, formats: str) -> str:
    start = head[:1024].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return _programs_as_text(start) or _plain_text(head, start, formats)


def _programs_as_text(start: bytes) -> str | None:
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        return "a web page, not a model: the link led to a page; download the file itself"
    if start.startswith(_FRAME_GRAPH):
        return f"a graph of TensorFlow as text, a program; {_KERAS}"
    if start.startswith(b"model_checkpoint_path:"):
        return _tensorflow("the list of checkpoints, `checkpoint`,")
    return None


def _plain_text(head: bytes, start: bytes, formats: str) -> str:
    try:
        text = head[:4096].decode("utf-8", "strict" if len(head) < 4096 else "ignore")
        plain = sum(character.isprintable() or character in "\r\n\t" for character in text)
        readable = plain >= 0.97 * len(text) and len(text) > 0.9 * min(len(head), 4096) / 4
    except UnicodeDecodeError:
        readable = False
    if readable and b'"weight_map"' in head:
        return (
            "the index of a model that was saved in several files, none of which can be opened by "
            "it; put the files that it names beside it"
        )
    if readable and start.startswith((b"{", b"[")):
        return "a JSON text, not a model; if it is a vocabulary, open the model first"
    if readable or (b"\0" in head and begins_as_text(head)):
        return "a text, not a model; open it as a text"
    return f"of no known format{f'. These can be opened: {formats}' if formats else ''}"
