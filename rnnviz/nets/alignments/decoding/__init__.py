"""From a network to a translation: greedy, beam search, sampling, forced words."""
