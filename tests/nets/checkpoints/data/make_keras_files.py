"""Writes keras.tar.xz: small networks saved by Keras itself, and what Keras says they answer.

    KERAS_BACKEND=torch python make_keras_files.py    (pip install "keras==3.*" h5py torch)

Only this script needs Keras. `NAME.npz` holds what was read (`x`) and what Keras answered (`y`);
what lies under `refused/` cannot be shown.
"""
# mypy: ignore-errors

import tarfile
import tempfile
from pathlib import Path

import keras
import numpy as np
from keras import layers as L  # noqa: N812

V = 9
DRAWN = np.random.default_rng(0)
IDS = DRAWN.integers(1, V, (2, 7))
NUMBERS = DRAWN.normal(size=(2, 7, 5)).astype("float32")
ONE_HOT = np.eye(V, dtype="float32")[IDS]


def stack(*layers, reads=(None,)):
    return keras.Sequential([L.Input(reads), *layers])


def words(*layers):
    return stack(L.Embedding(V, 3), *layers)


def language(layer):
    return words(layer, L.Dense(V, activation="softmax"))


def functional():
    read = L.Input((None,))
    x = L.Embedding(V, 3, mask_zero=True)(read)
    x = L.Bidirectional(L.LSTM(4, return_sequences=True))(x)
    return keras.Model(read, L.TimeDistributed(L.Dense(5, activation="softmax"))(x))


def nested():
    inner = keras.Sequential([L.Input((None, 3)), L.LSTM(4, return_sequences=True), L.LSTM(4)])
    read = L.Input((None,))
    return keras.Model(read, L.Dense(2, activation="softmax")(inner(L.Embedding(V, 3)(read))))


def two_inputs():
    one, other = L.Input((None, 5)), L.Input((None, 5))
    both = L.concatenate([L.LSTM(3)(one), L.LSTM(3)(other)])
    return keras.Model([one, other], L.Dense(2)(both))


def forked():
    read = L.Input((None, 5))
    both = L.concatenate([L.LSTM(3)(read), L.GRU(3)(read)])
    return keras.Model(read, L.Dense(2)(both))


def adapted():
    layer = L.Normalization()
    layer.adapt(NUMBERS * 3 + 1)
    return layer


TRUE = {"return_sequences": True}
OPENED = {
    "lstm": (language(L.LSTM(4, **TRUE)), IDS),
    "lstm-hard": (language(L.LSTM(4, recurrent_activation="hard_sigmoid", **TRUE)), IDS),
    "lstm-relu": (language(L.LSTM(4, activation="relu", use_bias=False, **TRUE)), IDS),
    "gru-after": (language(L.GRU(4, **TRUE)), IDS),
    "gru-before": (language(L.GRU(4, reset_after=False, **TRUE)), IDS),
    "gru-relu": (language(L.GRU(4, activation="relu", **TRUE)), IDS),
    "rnn": (language(L.SimpleRNN(4, **TRUE)), IDS),
    "rnn-relu": (language(L.SimpleRNN(4, activation="relu", **TRUE)), IDS),
    "both-ways": (
        stack(
            L.Embedding(V, 3, mask_zero=True),
            L.SpatialDropout1D(0.2),
            L.Bidirectional(L.LSTM(4, **TRUE)),
            L.Bidirectional(L.GRU(5)),
            L.Dropout(0.3),
            L.Dense(6, activation="relu"),
            L.BatchNormalization(),
            L.Dense(1, activation="sigmoid"),
        ),
        IDS,
    ),
    "both-ways-added": (
        words(
            L.Bidirectional(L.LSTM(4, **TRUE), merge_mode="sum"),
            L.Bidirectional(L.GRU(5), merge_mode="ave"),
            L.Dense(3, activation="softmax"),
        ),
        IDS,
    ),
    "backwards": (
        words(L.LSTM(4, go_backwards=True, **TRUE), L.GRU(5), L.Dense(3, activation="softmax")),
        IDS,
    ),
    "backwards-twice": (
        words(
            L.LSTM(4, go_backwards=True, **TRUE),
            L.GRU(5, go_backwards=True, **TRUE),
            L.Dense(3, activation="softmax"),
        ),
        IDS,
    ),
    "maximum": (
        stack(
            L.TimeDistributed(L.Dense(4, activation="tanh")),
            L.LSTM(4, **TRUE),
            L.GlobalMaxPooling1D(),
            L.Dense(3, activation="softmax"),
            reads=(None, 5),
        ),
        NUMBERS,
    ),
    "normalised": (
        stack(
            L.BatchNormalization(),
            L.LSTM(4, **TRUE),
            L.BatchNormalization(),
            L.GRU(3, **TRUE),
            L.LayerNormalization(epsilon=1e-5),
            L.GlobalAveragePooling1D(),
            L.Dense(3),
            L.Activation("tanh"),
            reads=(None, 5),
        ),
        NUMBERS,
    ),
    "numbers": (
        stack(L.LSTM(4, **TRUE), L.Dense(6), L.LSTM(3), L.Dense(2), reads=(7, 5)),
        NUMBERS,
    ),
    "window": (stack(L.LSTM(6), L.Dense(V), L.Activation("softmax"), reads=(7, V)), ONE_HOT),
    "tagger": (functional(), IDS),
    "nested": (nested(), IDS),
    "side-by-side": (
        stack(
            L.Embedding(V, 3),
            L.Bidirectional(L.LSTM(4, **TRUE)),
            L.Dropout(0.2),
            L.Flatten(),
            L.BatchNormalization(),
            L.Dense(V, activation="softmax"),
            reads=(7,),
        ),
        IDS,
    ),
    "side-by-side-dense": (
        stack(
            L.Masking(),
            L.GRU(4, **TRUE),
            L.TimeDistributed(L.Dense(3, activation="relu")),
            L.Reshape((21,)),
            L.Dense(4, activation="tanh"),
            L.Dense(6),
            L.Reshape((3, 2)),
            reads=(7, 5),
        ),
        NUMBERS,
    ),
    "rescaled": (
        stack(
            L.Rescaling(1 / 3, 0.25),
            L.LSTM(4, **TRUE),
            L.Rescaling(2.0),
            L.GRU(3),
            L.Dense(2),
            reads=(7, 5),
        ),
        NUMBERS,
    ),
    "reshaped": (stack(L.Reshape((7, 5)), L.SimpleRNN(4), L.Dense(2), reads=(35,)), NUMBERS),
    "standardised": (stack(adapted(), L.LSTM(4), L.Dense(2), reads=(7, 5)), NUMBERS),
}
REFUSED = {
    "Conv1D": words(L.Conv1D(4, 3), L.LSTM(3), L.Dense(2)),
    "RepeatVector": stack(
        L.LSTM(3), L.RepeatVector(4), L.LSTM(3, **TRUE), L.Dense(5), reads=(4, 5)
    ),
    "Flatten": stack(L.Embedding(V, 3), L.Flatten(), L.Dense(2), reads=(4,)),
    "Reshape": stack(L.LSTM(4), L.Reshape((2, 2)), L.LSTM(3), L.Dense(2), reads=(4, 5)),
    "merge-mul": words(L.Bidirectional(L.LSTM(3), merge_mode="mul"), L.Dense(2)),
    "elu": words(L.LSTM(3, activation="elu"), L.Dense(2)),
    "no-recurrence": words(L.GlobalAveragePooling1D(), L.Dense(2)),
    "no-output": words(L.LSTM(3)),
    "two-inputs": two_inputs(),
    "fork": forked(),
    "Lambda": words(L.LSTM(3), L.Lambda(lambda x: x * 2), L.Dense(2)),
}


def draw(model):
    for weight in model.weights:
        if "seed" not in weight.path and not weight.path.startswith("normalization"):
            drawn = DRAWN.normal(0, 0.5, weight.shape)
            drawn = abs(drawn) + 0.1 if "variance" in weight.path else drawn
            weight.assign(drawn.astype("float32"))


def answered(model, read):
    shape = model.input_shape[1:]
    given = read if None in shape else read.reshape(len(read), *shape)
    return model.predict(given, verbose=0)


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, (model, read) in OPENED.items():
            draw(model)
            model.save(folder / f"{name}.h5")
            model.save(folder / f"{name}.keras")
            beside = folder / f"{name}-weights"
            beside.mkdir()
            model.save_weights(beside / f"{name}.weights.h5")
            (beside / f"{name}.json").write_text(model.to_json())
            np.savez(folder / f"{name}.npz", x=read, y=answered(model, read))
        (folder / "refused").mkdir()
        for name, model in REFUSED.items():
            model.save(folder / "refused" / f"{name}.keras")
        target = Path(__file__).with_name("keras.tar.xz")
        with tarfile.open(target, "w:xz") as archive:
            for path in sorted(folder.iterdir()):
                archive.add(path, path.name)


if __name__ == "__main__":
    main()
