"""What can go wrong with a cluster of this machine: all of it is a ClusterError, whose message is for who runs it."""

from __future__ import annotations


class ClusterError(Exception):
    """Any of them."""


class StateError(ClusterError):
    """The directory cannot be used; the message says why and what to do."""


class NotReadyError(ClusterError):
    """The time limit passed; the message says what was still missing."""


class KubeconfigError(ClusterError):
    """The file is there but is no kubeconfig; it is left as it was."""


class NotUpError(ClusterError):
    """The cluster did not come up; the message is what it said, with the ends of its logs."""


class StepError(ClusterError):
    """The cluster did not show what it must."""


class CommandError(ClusterError):
    """A command that had to succeed did not; the message is what it printed."""
