"""The layers of RWKV, of versions 4 to 7, as facts."""
