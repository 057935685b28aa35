"""Where objects come from: documents that a person wrote, a live cluster, the pods that workloads would make."""

from drakkar.api.object import Object
from drakkar.sources.source import InputError, Sourced

__all__ = ["InputError", "Object", "Sourced"]
