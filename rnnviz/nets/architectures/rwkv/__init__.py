"""The layers of RWKV, of versions 4 to 7: time mixing of each, channel mixing of all."""
