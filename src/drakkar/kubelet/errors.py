"""Why a node is not served at all: all of it is a KubeletError. What goes wrong with a pod is told of the pod."""

from __future__ import annotations


class KubeletError(Exception):
    """Any of them."""


class NodeTakenError(KubeletError):
    """Another process serves the node's directory; the message says which."""
