"""Files of PyTorch, pickled, scripted and as safetensors."""
