from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.resource import (
    AllocationResult,
    DecodeError,
    Device,
    ResourceClaim,
    ResourceSlice,
    decode,
    encode,
)

SLICE: dict[str, Any] = {
    "apiVersion": "resource.k8s.io/v1",
    "kind": "ResourceSlice",
    "metadata": {"name": "s", "unknownToUs": 1},
    "spec": {
        "driver": "gpu.example.com",
        "nodeName": "w",
        "pool": {"name": "w", "generation": 1, "resourceSliceCount": 1},
        "devices": [
            {
                "name": "gpu-0",
                "attributes": {
                    "index": {"int": 0},
                    "ok": {"bool": False},
                    "driverVersion": {"version": "1.0.0"},
                },
                "capacity": {"memory": {"value": "80Gi"}},
            }
        ],
    },
}


def test_a_slice_is_read_with_its_attributes_each_of_its_type() -> None:
    device = decode(ResourceSlice, SLICE).spec.devices[0]
    assert device.attributes["index"].int_value == 0
    assert device.attributes["ok"].bool_value is False
    assert device.attributes["driverVersion"].version == "1.0.0"
    assert device.capacity["memory"].value == "80Gi"


def test_absent_and_empty_are_told_apart_where_it_matters() -> None:
    assert decode(Device, {"name": "a"}).binding_conditions is None
    assert decode(Device, {"name": "a", "bindingConditions": []}).binding_conditions == ()


def test_null_means_absent() -> None:
    claim = decode(ResourceClaim, {"spec": {"devices": {"requests": None, "config": None}}, "status": None})
    assert claim.spec.devices.requests == () and claim.status.allocation is None


def test_a_wrong_shape_is_an_error_with_its_path() -> None:
    with pytest.raises(DecodeError, match=r"\$\.devices\.results\[0\]\.device"):
        decode(
            AllocationResult,
            {"devices": {"results": [{"request": "r", "driver": "d", "pool": "p", "device": 1}]}},
        )


def test_what_is_written_has_the_names_of_the_wire() -> None:
    written = {
        "devices": {
            "results": [{"request": "r", "driver": "d", "pool": "p", "device": "x", "shareID": "s"}],
            "config": [{"source": "FromClaim", "opaque": {"driver": "d", "parameters": {"a": None}}}],
        },
        "nodeSelector": {
            "nodeSelectorTerms": [
                {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["w"]}]}
            ]
        },
    }
    plain = encode(decode(AllocationResult, written))
    assert plain["devices"]["results"][0]["shareID"] == "s"
    assert list(plain["nodeSelector"]["nodeSelectorTerms"][0]["matchFields"][0]["values"]) == ["w"]
