"""A `tokenizer.json` of byte-level pairs (GPT-2): its tokens, if they are cut as is done here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.vocabulary.found import PADDED
from rnnviz.nets.sequence.symbols.byte_pairs import in_order, is_byte_level

_PASSED_OVER = ("dropout", "continuing_subword_prefix", "end_of_word_suffix",
                "byte_fallback", "ignore_merges")  # fmt: skip
"""What GPT-2's model has not."""


def is_pair_tokenizer(content: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether this is a `tokenizer.json` whose tokens are byte-level pairs."""
    model = content.get("model") if isinstance(content, Mapping) else None
    if not isinstance(model, Mapping) or not isinstance(model.get("vocab"), Mapping):
        return False
    merges = isinstance(model.get("merges"), list)
    return model.get("type", "BPE") == "BPE" and merges and is_byte_level(list(model["vocab"]))


def byte_pair_tokens(content: Mapping[str, Any], file: str, size: int) -> list[str | None]:
    """The tokens in the order of their ids, None where an embedding of `size` was made longer.

    Raises:
        ModelFileError: damaged, or it cuts a text in another way than GPT-2.
    """
    model = content["model"]
    vocabulary: dict[str, object] = dict(model["vocab"])
    more = content.get("added_tokens") or []
    for added in more if isinstance(more, list) else [None]:
        if not isinstance(added, Mapping) or not isinstance(added.get("content"), str):
            raise _damaged(file)
        vocabulary[added["content"]] = added.get("id")
    by_id = {number: token for token, number in vocabulary.items() if type(number) is int}
    if sorted(by_id) != list(range(len(vocabulary))):
        raise _damaged(file)
    tokens = [by_id[number] for number in range(len(by_id))]
    merges = [tuple(one.split(" ") if isinstance(one, str) else one) for one in model["merges"]
              if isinstance(one, str | list)]  # fmt: skip
    if len(merges) != len(model["merges"]) or not all(
        len(pair) == 2 and all(isinstance(one, str) for one in pair) for pair in merges
    ):
        raise _damaged(file)
    if not _cuts_as_gpt_2(content):
        raise ModelFileError(
            f"{file} cuts a text before it merges bytes in another way than GPT-2; only GPT-2's is "
            "read"
        )
    if not in_order(tokens, merges):
        raise ModelFileError(
            f"{file} merges pairs in another order than that of their ids; it is not read here"
        )
    more = size - len(tokens)
    return [*tokens, *[None] * (more if more < PADDED else 0)]


def _cuts_as_gpt_2(content: Mapping[str, Any]) -> bool:
    before, normal = content.get("pre_tokenizer"), content.get("normalizer")
    if not isinstance(before, Mapping) or before.get("type") != "ByteLevel":
        return False
    own = before.get("use_regex", True) and not before.get("add_prefix_space", True)
    # almost all texts are in NFC already
    composed = normal is None or (isinstance(normal, Mapping) and normal.get("type") == "NFC")
    return bool(own) and composed and not any(content["model"].get(one) for one in _PASSED_OVER)


def _damaged(file: str) -> ModelFileError:
    return ModelFileError(f"{file} is a tokenizer whose tokens have no ids in order: it is damaged")
