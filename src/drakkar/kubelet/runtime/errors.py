"""What can go wrong in a runtime. Messages are for the pod's user."""

from __future__ import annotations


class RuntimeFailure(Exception):
    """The runtime could not do what was asked."""


class UnknownContainer(RuntimeFailure):
    """A container id that the runtime has nothing of: never made, or removed."""


class NotRunning(RuntimeFailure):
    """A container that has to run for what was asked, and does not."""


class StillRunning(RuntimeFailure):
    """A container that has to have ended for what was asked, and has not."""


class ImageUnavailable(RuntimeFailure):
    """An image that cannot be had as things are; asking again later may help."""


class NotPermitted(RuntimeFailure):
    """A container that must not run on this node as it is asked for, or whose restrictions the runtime cannot keep."""
