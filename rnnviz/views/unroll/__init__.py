"""The Unroll workspace: the lecture's network with every number, one step at a time."""
