"""Where objects come from: documents that a person wrote, a live cluster, the pods that workloads would make."""

from drakkar.sources.source import InputError, Object, Sourced

__all__ = ["InputError", "Object", "Sourced"]
