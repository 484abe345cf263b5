"""Networks of linear recurrences: RWKV and Mamba, whatever file their weights lie in."""
