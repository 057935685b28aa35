"""The kinds of the group discovery.k8s.io."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.left_out import fill_in
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.network import ENDPOINT_SLICES
from drakkar.validation.endpoint_slice import (
    endpoint_slice_changes,
    endpoint_slice_problems,
    endpoint_slice_warnings,
)


def _endpoint_slice(obj: Object) -> None:
    for port in obj.get("ports") or ():
        port.setdefault("name", "")
        fill_in(port, protocol="TCP")


_SLICES = Strategy(
    columns=ENDPOINT_SLICES,
    default=_endpoint_slice,
    rules=endpoint_slice_problems,
    changes=endpoint_slice_changes,
    warns=endpoint_slice_warnings,
    counts=("labels",),
)
KINDS = (
    Kind(
        "discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True, generation=True, strategy=_SLICES
    ),
)
