"""The exact form of a checked expression: run node by node, with the errors that are absorbed and what everything costs."""
