"""What is not collected: the scripts that wrote `data/` need Keras or a writer of ONNX."""

collect_ignore_glob = ["data/make_*.py"]
