"""The controllers of a cluster: workloads, claims, namespaces, garbage collection."""

from drakkar.controllers.run import run

__all__ = ["run"]
