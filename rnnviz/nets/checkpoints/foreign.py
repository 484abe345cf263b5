"""What a file that no importer recognises looks like, and what its owner can do about it."""

from __future__ import annotations

import pickletools
import re
import zipfile
from io import BytesIO
from pathlib import Path

from rnnviz.nets.checkpoints.pickle_outline import ITEM_BYTES

_HEAD = 1 << 16
_LARGEST_PICKLE = 1 << 28
_PICKLES_IN_A_FILE = 5
"""torch.save's older form writes as many, one after the other."""
_PICKLE = rb"\x80[\x02-\x05]|(\([dl]?p?\d*\n?)?\(?c[\w.]+\n\w+\n"
"""Protocols 2 to 5 name themselves; the oldest are lines of text, such as `cposix`, `system`."""
_SAVE = "save the model's weights with torch.save(model.state_dict(), 'weights.pt') and open that"
_KERAS = (
    "an HDF5 file, as Keras writes its models (such as textgenrnn's); Keras networks cannot be "
    "opened yet, copy the weights into a PyTorch model and save its state_dict"
)
_MAGIC = (
    (b"\x89HDF\r\n\x1a\n", _KERAS),
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


def describe(path: Path) -> str:
    """A phrase that completes "FILE is ...": what the content looks like and what to do.

    Reads the head of the file and, of a zip, the table of contents; runs nothing.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        return "an empty file; the download or the copy did not finish, fetch it again"
    known = [what for magic, what in _MAGIC if head.startswith(magic)]
    if known:
        return known[0]
    if head.startswith(b"PK"):
        return _zip(path)
    if re.match(_PICKLE, head):
        return _pickle(path.read_bytes() if path.stat().st_size < _LARGEST_PICKLE else head)
    return _binary(head) or _text(head)


def _binary(head: bytes) -> str | None:
    """Formats whose mark is not at the very start."""
    if head[257:262] == b"ustar":
        return (
            "a tar archive; if it is a model of PyTorch before 0.1.10, load it in PyTorch and "
            f"{_SAVE}"
        )
    if head[4:8] == b"TFL3":
        return f"a TensorFlow Lite model, which cannot be opened; where it was made, {_SAVE}"
    if head[:1] == b"\x08" and re.search(rb"onnx|pytorch", head[:4096], re.IGNORECASE):
        return f"an ONNX graph, which cannot be opened; where it was made, {_SAVE}"
    return None


def _zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return (
            "the beginning of a zip archive whose end is missing or damaged, as of a PyTorch file "
            "that was not copied or downloaded whole; fetch it again"
        )
    if any("/code/" in name or name.endswith("constants.pkl") for name in names):
        return (
            "a TorchScript archive, which holds code; it was not run. Load it where it was made "
            "and save its weights with torch.save(scripted.state_dict(), 'weights.pt')"
        )
    if any(name.endswith(".npy") for name in names):
        arrays = ", ".join(name.removesuffix(".npy") for name in names[:6])
        return (
            f"a NumPy archive (.npz) of the arrays {arrays}; it does not say what network they "
            "belong to. Copy them into a PyTorch model and save its state_dict"
        )
    if "config.json" in names and any(name.endswith(".h5") for name in names):
        return f"a Keras model (.keras). {_KERAS}"
    shown = ", ".join(names[:4]) or "nothing"
    return (
        f"a zip archive that is no PyTorch file (it holds {shown}); unpack it if a model is inside"
    )


def _pickle(content: bytes) -> str:
    """Name what a pickle would import; the opcodes are listed, not followed."""
    names: list[str] = []
    strings, stream = ["", ""], BytesIO(content)
    try:
        for _ in range(_PICKLES_IN_A_FILE):
            for opcode, argument, _ in pickletools.genops(stream):
                if opcode.name in ("GLOBAL", "INST"):
                    names.append(str(argument).replace(" ", "."))
                elif opcode.name == "STACK_GLOBAL":
                    names.append(".".join(strings))
                elif isinstance(argument, str):
                    strings = [strings[-1], argument]
    except Exception:  # noqa: BLE001 - damaged bytes may raise anything; the names so far suffice
        stream.close()
    if not names:
        return f"a Python pickle that torch.save did not write; {_SAVE}"
    usual = ("collections.", "numpy.", "torch._utils.", *(f"torch.{name}" for name in ITEM_BYTES))
    name = next((name for name in names if not name.startswith(usual)), names[0])
    return (
        f"a Python pickle that asks for {name[:80]}: pickled code, which could do anything. "
        f"Nothing was run; where the model was made, {_SAVE}"
    )


def _text(head: bytes) -> str:
    start = head[:1024].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml")):
        return "a web page, not a model: the link led to a page; download the file itself"
    try:
        text = head[:4096].decode("utf-8", "strict" if len(head) < 4096 else "ignore")
        plain = sum(character.isprintable() or character in "\r\n\t" for character in text)
        readable = plain >= 0.97 * len(text) and len(text) > 0.9 * min(len(head), 4096) / 4
    except UnicodeDecodeError:
        readable = False
    if readable and start.startswith((b"{", b"[")):
        return "a JSON text, not a model; if it is a vocabulary, open the model first"
    if readable:
        return "a text, not a model; open it as a text"
    return (
        "of no known format. rnnviz models, PyTorch state_dicts, recurrent state_dicts in "
        "safetensors and Torch7 files of torch-rnn can be opened"
    )
