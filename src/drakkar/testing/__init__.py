"""What tests of the parts stand on: the API server itself, in memory and without a network."""

from drakkar.testing.fates import Fates
from drakkar.testing.memory_api import MemoryApi

__all__ = ["Fates", "MemoryApi"]
