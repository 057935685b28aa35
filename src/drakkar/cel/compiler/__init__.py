"""The quick form of a checked expression: Python source, which leaves to `run` whatever it cannot answer."""
