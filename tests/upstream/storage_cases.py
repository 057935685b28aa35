"""Volumes, and what provides and attaches them, new and changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .object_answers import Change, Creation

Object = dict[str, Any]
_STORAGE = "/apis/storage.k8s.io/v1"
_VOLUMES = "/api/v1/persistentvolumes"


def _new(path: str, *parts: Object) -> Iterator[Creation]:
    for one in parts:
        yield Creation(path, {"metadata": {"name": "x"}, **one})


def _changed(path: str, parts: Object, *merged: Object, below: str = "") -> Iterator[Change]:
    for one in merged:
        yield Change(path, {"metadata": {"name": "x"}, **parts}, one, below)


def _volumes() -> Iterator[Creation | Change]:
    own: Object = {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "1Gi"},
        "hostPath": {"path": "/a"},
    }
    local = {k: v for k, v in own.items() if k != "hostPath"}
    affinity = {
        "required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}
    }
    for spec in (
        {},
        own,
        {**own, "accessModes": []},
        {**own, "accessModes": ["Often"]},
        {**own, "accessModes": ["ReadWriteOncePod", "ReadOnlyMany"]},
        {**own, "capacity": {}},
        {**own, "capacity": {"cpu": "1"}},
        {**own, "capacity": {"storage": "1Gi", "cpu": "1"}},
        {**own, "capacity": {"storage": "0"}},
        {**own, "capacity": {"storage": "-1"}},
        {**own, "persistentVolumeReclaimPolicy": "Burn"},
        {**own, "persistentVolumeReclaimPolicy": "Recycle"},
        {**own, "hostPath": {"path": "/"}, "persistentVolumeReclaimPolicy": "Recycle"},
        {**own, "hostPath": {"path": ""}},
        {**own, "hostPath": {"path": "/a/../b"}},
        {**own, "hostPath": {"path": "/a", "type": "Pipe"}},
        {**own, "nfs": {"server": "s", "path": "/p"}},
        {**local, "nfs": {"server": "", "path": "p"}},
        {**own, "storageClassName": "A b"},
        {**own, "volumeMode": "Stream"},
        {**own, "volumeMode": "Block"},
        {**own, "volumeAttributesClassName": "a"},
        {**own, "volumeAttributesClassName": ""},
        {**own, "nodeAffinity": {}},
        {**own, "nodeAffinity": {"required": {"nodeSelectorTerms": []}}},
        {**local, "local": {"path": "/a"}},
        {**local, "local": {"path": "/a"}, "nodeAffinity": affinity},
        {**local, "local": {"path": ""}, "nodeAffinity": affinity},
        {**local, "csi": {"driver": "d", "volumeHandle": "h"}},
        {**local, "csi": {"driver": "", "volumeHandle": ""}},
        {**local, "csi": {"driver": "A b", "volumeHandle": "h"}},
        {**local, "csi": {"driver": "d", "volumeHandle": "h", "nodePublishSecretRef": {"name": "A b"}}},
        {**local, "csi": {"driver": "d", "volumeHandle": "h"}, "volumeAttributesClassName": "a"},
        {**local, "iscsi": {"targetPortal": "", "iqn": "x", "lun": 300}},
        {**local, "fc": {}},
        {**local, "rbd": {"monitors": [], "image": ""}},
        {**local, "cephfs": {"monitors": ["m"]}},
    ):
        yield from _new(_VOLUMES, {"spec": spec})
    noted = {"name": "x", "annotations": {"volume.beta.kubernetes.io/mount-options": "ro"}}
    yield Creation(_VOLUMES, {"metadata": noted, "spec": own})
    yield from _changed(
        _VOLUMES,
        {"spec": own},
        {"spec": {"hostPath": {"path": "/b"}}},
        {"spec": {"volumeMode": "Block"}},
        {"spec": {"capacity": {"storage": "2Gi"}}},
        {"spec": {"persistentVolumeReclaimPolicy": "Delete"}},
        {"spec": {"claimRef": {"namespace": "default", "name": "c"}}},
        {"spec": {"nodeAffinity": affinity}},
        {"spec": {"storageClassName": "a"}},
        {"spec": {"hostPath": None, "nfs": {"server": "s", "path": "/p"}}},
    )


def _classes() -> Iterator[Creation | Change]:
    path, own = f"{_STORAGE}/storageclasses", {"provisioner": "example.com/p"}
    for parts in (
        {},
        own,
        {"provisioner": "A b"},
        {"provisioner": "Example.com/P"},
        {**own, "reclaimPolicy": "Recycle"},
        {**own, "volumeBindingMode": "Later"},
        {**own, "parameters": {"": "a"}},
        {**own, "parameters": {f"k{at}": "v" for at in range(513)}},
        {**own, "parameters": {"a": "x" * (256 * 1024)}},
        {**own, "allowedTopologies": [{}]},
        {**own, "allowedTopologies": [{"matchLabelExpressions": [{"key": "a", "values": []}]}]},
        {**own, "allowedTopologies": [{"matchLabelExpressions": [{"key": "a b", "values": ["c", "c"]}]}]},
        {**own, "allowedTopologies": [{"matchLabelExpressions": [{"key": "a", "values": ["c"]}] * 2}]},
        {**own, "allowedTopologies": [{"matchLabelExpressions": [{"key": "a", "values": ["c"]}]}] * 2},
        {
            **own,
            "allowedTopologies": [
                {
                    "matchLabelExpressions": [
                        {"key": "failure-domain.beta.kubernetes.io/zone", "values": ["c"]}
                    ]
                }
            ],
        },
    ):
        yield from _new(path, parts)
    yield from _changed(
        path,
        own,
        {"provisioner": "example.com/q"},
        {"parameters": {"a": "b"}},
        {"reclaimPolicy": "Retain"},
        {"volumeBindingMode": "WaitForFirstConsumer"},
        {"allowVolumeExpansion": True},
        {"mountOptions": ["ro"]},
    )


def _drivers() -> Iterator[Creation | Change]:
    path = f"{_STORAGE}/csidrivers"
    for spec in (
        {},
        {"fsGroupPolicy": "Always"},
        {"volumeLifecycleModes": ["Ephemeral", "Forever"]},
        {"tokenRequests": [{"audience": "a"}, {"audience": "a"}]},
        {"tokenRequests": [{"audience": "a", "expirationSeconds": 5}]},
        {"tokenRequests": [{"audience": "a", "expirationSeconds": 2**32 + 1}]},
        {"tokenRequests": [{"audience": "a", "expirationSeconds": 600}]},
        {"nodeAllocatableUpdatePeriodSeconds": 5},
        {"nodeAllocatableUpdatePeriodSeconds": 10},
        {"serviceAccountTokenInSecrets": True},
        {"attachRequired": False, "storageCapacity": True},
    ):
        yield from _new(path, {"spec": spec})
    yield from _changed(
        path,
        {"spec": {}},
        {"spec": {"attachRequired": False}},
        {"spec": {"volumeLifecycleModes": ["Ephemeral"]}},
        {"spec": {"fsGroupPolicy": "File"}},
        {"spec": {"podInfoOnMount": True}},
        {"spec": {"storageCapacity": True}},
        {"spec": {"tokenRequests": [{"audience": "a"}]}},
    )


def _nodes() -> Iterator[Creation | Change]:
    path, own = f"{_STORAGE}/csinodes", {"name": "d.example.com", "nodeID": "n", "topologyKeys": ["a"]}
    for driver in (
        own,
        {**own, "name": ""},
        {**own, "name": "A b"},
        {**own, "name": "a" * 64},
        {**own, "nodeID": ""},
        {**own, "nodeID": "n" * 257},
        {**own, "topologyKeys": ["a", "a"]},
        {**own, "topologyKeys": ["", "a b"]},
        {**own, "allocatable": {"count": -1}},
    ):
        yield from _new(path, {"spec": {"drivers": [driver]}})
    yield from _new(path, {"spec": {"drivers": []}}, {"spec": {"drivers": [own, own]}})
    yield from _changed(
        path,
        {"spec": {"drivers": [own]}},
        {"spec": {"drivers": [{**own, "nodeID": "m"}]}},
        {"spec": {"drivers": [{**own, "allocatable": {"count": 3}}]}},
        {"spec": {"drivers": []}},
        {"spec": {"drivers": [own, {**own, "name": "e"}]}},
    )


def _attachments() -> Iterator[Creation | Change]:
    path = f"{_STORAGE}/volumeattachments"
    own: Object = {"attacher": "d", "nodeName": "n", "source": {"persistentVolumeName": "v"}}
    for spec in (
        {},
        own,
        {**own, "attacher": ""},
        {**own, "attacher": "A b"},
        {**own, "attacher": "a" * 64},
        {**own, "nodeName": "A b"},
        {**own, "source": {}},
        {**own, "source": {"persistentVolumeName": ""}},
        {**own, "source": {"persistentVolumeName": "A b"}},
        {**own, "source": {"inlineVolumeSpec": {}}},
        {**own, "source": {"inlineVolumeSpec": {}, "persistentVolumeName": "v"}},
        {
            **own,
            "source": {
                "inlineVolumeSpec": {
                    "accessModes": ["ReadWriteOnce"],
                    "csi": {"driver": "d", "volumeHandle": "h"},
                    "capacity": {"storage": "1Gi"},
                }
            },
        },
    ):
        yield from _new(path, {"spec": spec})
    yield from _changed(
        path, {"spec": own}, {"spec": {"nodeName": "m"}}, {"metadata": {"labels": {"a": "b"}}}
    )
    yield from _changed(
        path,
        {"spec": own},
        {"status": {"attached": True, "attachError": {"message": "x" * 1025}}},
        {"status": {"attached": True, "attachmentMetadata": {"a": "x" * (256 * 1024)}}},
        {"status": {"attached": False, "detachError": {"message": "x", "errorCode": -1}}},
        below="/status",
    )


def _capacities() -> Iterator[Creation | Change]:
    path = f"{_STORAGE}/namespaces/default/csistoragecapacities"
    own = {"storageClassName": "a", "capacity": "1Gi", "nodeTopology": {"matchLabels": {"a": "b"}}}
    yield from _new(
        path,
        {},
        own,
        {**own, "storageClassName": "A b"},
        {**own, "capacity": "-1"},
        {**own, "maximumVolumeSize": "-1"},
        {**own, "nodeTopology": {"matchLabels": {"a b": "c"}}},
    )
    yield from _changed(
        path,
        own,
        {"storageClassName": "b"},
        {"nodeTopology": {"matchLabels": {"a": "c"}}},
        {"nodeTopology": None},
        {"capacity": "2Gi"},
    )


CASES: list[Creation | Change] = [
    case for cases in (_volumes, _classes, _drivers, _nodes, _attachments, _capacities) for case in cases()
]
