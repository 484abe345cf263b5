"""Small things are computed by one thread, and what was before comes back."""

from __future__ import annotations

import torch

from rnnviz.nets.walking.threads import one_thread_each


def test_inside_each_thread_computes_alone_and_the_outermost_gives_the_threads_back() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread_each:
            with one_thread_each:
                assert torch.get_num_threads() == 1
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
