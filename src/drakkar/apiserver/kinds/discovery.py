"""The kinds of the group discovery.k8s.io."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind

KINDS = (Kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True, generation=True),)
