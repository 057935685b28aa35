"""The kinds of the group events.k8s.io."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind

KINDS = (Kind("events.k8s.io", "v1", "events", "Event", True, ("ev",), stored_as="/events"),)
