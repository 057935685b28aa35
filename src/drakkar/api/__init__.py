"""The objects as typed structs, quantities, versions, selectors and feature gates: data, and nothing that does I/O."""
