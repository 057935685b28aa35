"""The scheduler: places pods on nodes and allocates the devices their claims ask for."""

from drakkar.scheduler.run import run

__all__ = ["run"]
