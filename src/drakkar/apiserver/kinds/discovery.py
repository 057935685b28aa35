"""The kinds of the group discovery.k8s.io."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.network import ENDPOINT_SLICES


def _endpoint_slice(obj: Object) -> None:
    for port in obj.get("ports") or ():
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")


_SLICES = Strategy(columns=ENDPOINT_SLICES, default=_endpoint_slice, counts=("labels",))
KINDS = (
    Kind(
        "discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True, generation=True, strategy=_SLICES
    ),
)
