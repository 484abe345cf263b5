"""Recording what anybody's own PyTorch model does, while it runs or as a program wrote it down."""

from rnnviz.nets.capturing.capture import Capture, capture

__all__ = ["Capture", "capture"]
