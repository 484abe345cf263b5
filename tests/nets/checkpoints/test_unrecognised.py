import os
import pickle
import zipfile

import numpy as np
import pytest

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints import open_model

CONTENTS = {
    b"": "empty file",
    b"Once upon a time there was a text.\n" * 9: "a text, not a model",
    "Жил, ждёт, пишет.\n".encode() * 400: "a text, not a model",
    b'{"a": 0, "b": 1}': "JSON",
    b"\n <!DOCTYPE html><html><body>Sign in</body></html>": "web page",
    b"\x89PNG\r\n\x1a\n" + bytes(64): "PNG image",
    b"\xff\xd8\xff\xe0" + bytes(64): "JPEG",
    b"\x89HDF\r\n\x1a\n" + bytes(64): "HDF5.*damaged",
    b"GGUF\x03\x00\x00\x00" + bytes(64): "GGUF",
    b"\x08\x07\x12\x07pytorch\x1a\x052.0.1:\x8d\x01": "ONNX",
    b"\x1f\x8b\x08" + bytes(32): "gzip",
    b"4\n1\n3\nV 1\n16\nnn.LanguageModel\n": "ASCII form",
    b"version https://git-lfs.github.com/spec/v1\n": "Git LFS",
    b"cposix\nsystem\n(S'true'\ntR.": r"posix\.system.*Nothing was run",
    b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.": r"posix\.system",
    b"\x80\x03]q\x00.": "a Python pickle that torch.save did not write",
    b"PK\x03\x04" + bytes(200): "zip archive whose end is missing",
    b"3 8\nthe " + bytes(range(128, 160)) + b"\n" + bytes(99): "word2vec's binary form",
    b"the" + b" 0.25" * 10 + b"\nof" + b" -1.5e-2" * 10 + b"\n": "words with their vectors",
    b"\xba\x16\x4f\x2f\x0c\0\0\0" + bytes(64): "fastText",
    b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(99): "scipy.io.loadmat",
    b"\n\x1f\n\x05input\x12\x0bPlaceholder*\t" + bytes(64): "a graph of TensorFlow",
    b'node {\n  name: "x"\n  op: "Placeholder"\n}\n' * 9: "a graph of TensorFlow as text",
    b"\x80\x04\x8c\x10sklearn.pipeline\x8c\x08Pipeline\x93)\x81.": "sklearn.* no network; nothing",
    b"\x80\x04\x8c\x1bgensim.models.keyedvectors\x8c\x0cKeyedVectors\x93)\x81.".replace(
        b"\x1b", b"\x1a"
    ): "gensim.* no network",
    b"\x80\x04\x8c\x0ckeras.models\x8c\nSequential\x93)\x81.": r"Keras model; .*model\.keras",
    bytes(257) + b"ustar" + bytes(400): "tar archive",
    bytes(range(256)) * 8: "no known format",
}


@pytest.mark.parametrize("content", CONTENTS)
def test_a_file_that_is_no_model_is_named(content, tmp_path):
    path = tmp_path / "model.safetensors"  # the name must not matter
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=rf"^model\.safetensors is .*{CONTENTS[content]}"):
        open_model(path)


def test_numpy_archives_name_their_arrays(tmp_path):
    np.savez(tmp_path / "weights.npz", enc_w_hh=np.ones(3))
    with pytest.raises(ModelFileError, match=r"NumPy archive .* enc_w_hh"):
        open_model(tmp_path / "weights.npz")


def test_other_zip_archives_name_what_is_inside(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pt", "w") as archive:
        archive.writestr("photo.jpg", b"")
    with pytest.raises(ModelFileError, match=r"zip archive that is no PyTorch file .*photo\.jpg"):
        open_model(tmp_path / "a.pt")


def test_what_cannot_be_read_says_why(tmp_path):
    with pytest.raises(ModelFileError, match="is a folder"):
        open_model(tmp_path)
    with pytest.raises(ModelFileError, match="No such file"):
        open_model(tmp_path / "absent.pt")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="a pipe, not a file"):
        open_model(tmp_path / "pipe")


def test_a_program_of_torch_export_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.pt2", "w") as archive:
        archive.writestr("m/archive_format", b"pt2")
    with pytest.raises(ModelFileError, match=r"torch\.export .*state_dict"):
        open_model(tmp_path / "m.pt2")


def test_a_pickle_of_arrays_without_names_says_how_to_name_them(tmp_path):
    with (tmp_path / "m.pkl").open("wb") as file:
        pickle.dump([np.ones((3, 3)), np.ones(3)], file)
    with pytest.raises(ModelFileError, match=r"arrays without names .*numpy\.savez"):
        open_model(tmp_path / "m.pkl")
