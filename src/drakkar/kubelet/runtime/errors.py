"""What can go wrong in a runtime. Messages are for the pod's user."""

from __future__ import annotations


class ContainerRuntimeError(Exception):
    """The runtime could not do what was asked."""


class UnknownContainerError(ContainerRuntimeError):
    """A container id that the runtime has nothing of: never made, or removed."""


class NotRunningError(ContainerRuntimeError):
    """A container that has to run for what was asked, and does not."""


class StillRunningError(ContainerRuntimeError):
    """A container that has to have ended for what was asked, and has not."""


class ImageUnavailableError(ContainerRuntimeError):
    """An image that cannot be had as things are; asking again later may help."""


class NotPermittedError(ContainerRuntimeError):
    """A container that must not run on this node as it is asked for, or whose restrictions the runtime cannot keep."""
