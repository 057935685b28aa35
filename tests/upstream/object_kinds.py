"""A small legal object of each kind that both servers store, and what may be wrong with any object's metadata."""

from __future__ import annotations

from typing import Any

import certificate_bodies

from drakkar.apiserver.kinds.built_in import KINDS
from drakkar.apiserver.kinds.kind import Kind

Object = dict[str, Any]
_LABELS = {"app": "x"}
_TEMPLATE = {"metadata": {"labels": _LABELS}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
_SELECTED = {"selector": {"matchLabels": _LABELS}, "template": _TEMPLATE}
_JOB = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}
_ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
_REQUESTS = {"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "c"}}]}}
_OLD_REQUESTS = {"devices": {"requests": [{"name": "r", "deviceClassName": "c"}]}}
_SLICE = {
    "driver": "d.example",
    "nodeName": "n",
    "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1},
    "devices": [{"name": "d"}],
}
_VOLUME = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/tmp"}}
_OBJECT = {"kind": "Pod", "namespace": "default", "name": "p", "apiVersion": "v1"}
_BODIES: dict[str, Object] = {
    "/configmaps": {"data": {"k": "v"}},
    "/endpoints": {"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}]},
    "/events": {
        "involvedObject": _OBJECT,
        "reason": "R",
        "message": "m",
        "type": "Normal",
        "source": {"component": "c"},
    },
    "/limitranges": {"spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}},
    "/persistentvolumeclaims": {
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    },
    "/persistentvolumes": {"spec": _VOLUME},
    "/pods": {"spec": {"containers": [{"name": "c", "image": "i"}]}},
    "/podtemplates": {"template": _TEMPLATE},
    "/replicationcontrollers": {"spec": {"selector": _LABELS, "template": _TEMPLATE}},
    "/resourcequotas": {"spec": {"hard": {"pods": "1"}}},
    "/secrets": {"data": {"k": "dg=="}},
    "/services": {"spec": {"ports": [{"port": 80}], "selector": _LABELS}},
    "apps/controllerrevisions": {"revision": 1, "data": {}},
    "apps/daemonsets": {"spec": _SELECTED},
    "apps/deployments": {"spec": _SELECTED},
    "apps/replicasets": {"spec": _SELECTED},
    "apps/statefulsets": {"spec": {**_SELECTED, "serviceName": "s"}},
    "batch/cronjobs": {"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": _JOB}}},
    "batch/jobs": {"spec": _JOB},
    "rbac.authorization.k8s.io/clusterrolebindings": {"roleRef": _ROLE, "subjects": []},
    "rbac.authorization.k8s.io/rolebindings": {"roleRef": _ROLE, "subjects": []},
    "certificates.k8s.io/certificatesigningrequests": {
        "spec": {"signerName": "a.example/s", "usages": ["client auth"]}
    },
    "certificates.k8s.io/clustertrustbundles": {"spec": {}},
    "certificates.k8s.io/podcertificaterequests": {
        "spec": {
            "signerName": "a.example/s",
            "podName": "p",
            "podUID": "1",
            "serviceAccountName": "s",
            "serviceAccountUID": "2",
            "nodeName": "n",
            "nodeUID": "3",
        }
    },
    "flowcontrol.apiserver.k8s.io/flowschemas": {"spec": {"priorityLevelConfiguration": {"name": "exempt"}}},
    "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": {
        "spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Queue", "queuing": {}}}}
    },
    "networking.k8s.io/servicecidrs": {"spec": {"cidrs": ["10.7.0.0/16"]}},
    "storage.k8s.io/volumeattributesclasses": {"driverName": "d.example", "parameters": {"a": "b"}},
    "storagemigration.k8s.io/storageversionmigrations": {"spec": {"resource": {"resource": "things"}}},
    "storage.k8s.io/csidrivers": {"spec": {"attachRequired": False}},
    "storage.k8s.io/csinodes": {"spec": {"drivers": []}},
    "storage.k8s.io/csistoragecapacities": {"storageClassName": "s"},
    "storage.k8s.io/storageclasses": {"provisioner": "p.example"},
    "storage.k8s.io/volumeattachments": {
        "spec": {"attacher": "a.example", "nodeName": "n", "source": {"persistentVolumeName": "v"}}
    },
    "admissionregistration.k8s.io/validatingadmissionpolicies": {
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": ["x.example"],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["things"],
                    }
                ]
            },
            "validations": [{"expression": "true"}],
        }
    },
    "admissionregistration.k8s.io/validatingadmissionpolicybindings": {
        "spec": {"policyName": "p", "validationActions": ["Deny"]}
    },
    "networking.k8s.io/ingressclasses": {"spec": {"controller": "example.com/c"}},
    "networking.k8s.io/ingresses": {
        "spec": {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}
    },
    "networking.k8s.io/networkpolicies": {"spec": {"podSelector": {"matchLabels": _LABELS}}},
    "autoscaling/horizontalpodautoscalers": {
        "spec": {
            "maxReplicas": 3,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
        }
    },
    "policy/poddisruptionbudgets": {"spec": {"minAvailable": 1, "selector": {"matchLabels": _LABELS}}},
    "scheduling.k8s.io/priorityclasses": {"value": 1},
    "coordination.k8s.io/leases": {"spec": {}},
    "node.k8s.io/runtimeclasses": {"handler": "h"},
    "discovery.k8s.io/endpointslices": {"addressType": "IPv4", "endpoints": []},
    "resource.k8s.io/deviceclasses": {"spec": {}},
    "resource.k8s.io/resourceclaims": {"spec": _REQUESTS},
    "resource.k8s.io/resourceclaimtemplates": {"spec": {"spec": _REQUESTS}},
    "resource.k8s.io/resourceslices": {"spec": _SLICE},
    "resource.k8s.io/devicetaintrules": {
        "spec": {"deviceSelector": {"driver": "d.example"}, "taint": {"key": "k", "effect": "NoSchedule"}}
    },
}
_BODIES |= {
    "admissionregistration.k8s.io/mutatingadmissionpolicies": {
        "spec": {
            **_BODIES["admissionregistration.k8s.io/validatingadmissionpolicies"]["spec"],
            "mutations": [
                {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}}
            ],
            "reinvocationPolicy": "Never",
        }
    },
    "admissionregistration.k8s.io/mutatingadmissionpolicybindings": {"spec": {"policyName": "p"}},
}
del _BODIES["admissionregistration.k8s.io/mutatingadmissionpolicies"]["spec"]["validations"]
# Every resource once, in the version in which it is stored. The names of some are made of their spec, or are
# addresses, so that they can be no others.
STORED = [
    kind
    for kind in KINDS
    if kind.stored
    and not kind.stored_as
    and kind.version == ("v2" if kind.group == "autoscaling" else "v1")
    and kind.plural not in ("apiservices", "customresourcedefinitions", "ipaddresses")
]


def path_of(kind: Kind) -> str:
    """Where objects of a kind are made."""
    root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.version}"
    return f"{root}/namespaces/default/{kind.plural}" if kind.namespaced else f"{root}/{kind.plural}"


def _with_keys(kind: Kind, body: Object) -> Object:
    """The body with what is made of keys, which must be good."""
    more: dict[str, Object] = {
        "certificatesigningrequests": {"request": certificate_bodies.request()},
        "clustertrustbundles": {"trustBundle": certificate_bodies.certificate(authority=True)},
        "podcertificaterequests": {"stubPKCS10Request": certificate_bodies.stub()},
    }
    return {"spec": {**body["spec"], **more[kind.plural]}} if kind.plural in more else body


def legal(kind: Kind, name: str = "some-name") -> Object:
    """An object of the kind that both servers take."""
    body = _with_keys(kind, _BODIES.get(kind.resource, {}))
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name}, **body}


_OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "1"}
_MANAGED = {
    "manager": "m",
    "operation": "Update",
    "apiVersion": "v1",
    "fieldsType": "FieldsV1",
    "fieldsV1": {},
}
# Metadata beside or instead of the name: some of it is well.
METADATA: dict[str, Object] = {
    "nothing wrong": {"labels": {"a": "b", "x.y/z": ""}, "annotations": {"A": "b"}, "finalizers": ["a.b/c"]},
    "no name": {"name": ""},
    "a name in capitals": {"name": "UPPER"},
    "a name with an underscore": {"name": "under_score"},
    "a name with dots": {"name": "some.dotted.name"},
    "a name with a colon": {"name": "some:name"},
    "a name with a slash": {"name": "some/name"},
    "a name of two dots": {"name": ".."},
    "a name with a per cent sign": {"name": "per%cent"},
    "a name that starts with a figure": {"name": "1name"},
    "a name that ends in a hyphen": {"name": "name-"},
    "a name with a blank": {"name": "some name"},
    "a name with a line end": {"name": "name\n"},
    "a name of 64": {"name": "a" * 64},
    "a name of 254": {"name": "a" * 254},
    "a prefix": {"name": "", "generateName": "some-"},
    "a prefix in capitals": {"name": "", "generateName": "UPPER-"},
    "a prefix beside a name": {"generateName": "UPPER_"},
    "a label's key": {"labels": {"a b": "c"}},
    "a label's key with two slashes": {"labels": {"a/b/c": "d"}},
    "a label's key without a prefix": {"labels": {"/a": "b"}},
    "a label's key without a name": {"labels": {"a/": "b"}},
    "a label's key of 64": {"labels": {"a" * 64: "b"}},
    "a label's prefix in capitals": {"labels": {"A.b/c": "d"}},
    "a label's value": {"labels": {"a": "b c"}},
    "a label's value of 64": {"labels": {"a": "b" * 64}},
    "labels of all kinds": {"labels": {"": "-", "-": "x"}},
    "an annotation's key": {"annotations": {"a b": "c"}},
    "an annotation's prefix in capitals": {"annotations": {"A.b/c": "d"}},
    "annotations of 256 KiB": {"annotations": {"a": "b" * (256 * 1024 - 1)}},
    "annotations of more": {"annotations": {"a": "b" * 256 * 1024}},
    "annotations of more in bytes": {"annotations": {"a": "\u00e4" * 131073}},
    "an owner": {"ownerReferences": [_OWNER]},
    "an owner without an id": {"ownerReferences": [{**_OWNER, "uid": ""}]},
    "an owner without anything": {"ownerReferences": [{}]},
    "an owner of a version that is none": {"ownerReferences": [{**_OWNER, "apiVersion": "a/b/c"}]},
    "an owner of a group without a version": {"ownerReferences": [{**_OWNER, "apiVersion": "a/"}]},
    "an event that owns": {"ownerReferences": [{**_OWNER, "kind": "Event"}]},
    "one that controls": {"ownerReferences": [{**_OWNER, "controller": True}, {**_OWNER, "uid": "2"}]},
    "two that control": {
        "ownerReferences": [
            {**_OWNER, "controller": True},
            {**_OWNER, "name": "q", "uid": "2", "controller": True, "blockOwnerDeletion": True},
        ]
    },
    "three that control": {
        "ownerReferences": [
            {**_OWNER, "uid": uid, "name": uid, "controller": True} for uid in ("1", "2", "3")
        ]
    },
    "a bare finalizer": {"finalizers": ["cleanup"]},
    "a finalizer that is no name": {"finalizers": ["a b/c", ""]},
    "finalizers that are known": {"finalizers": ["kubernetes", "orphan"]},
    "finalizers that exclude each other": {"finalizers": ["orphan", "foregroundDeletion"]},
    "a generation": {"generation": 7},
    "a generation below zero": {"generation": -1},
    "a grace period": {"deletionGracePeriodSeconds": -5, "deletionTimestamp": "2020-01-01T00:00:00Z"},
    "an id and a time": {"uid": "mine", "creationTimestamp": "2020-01-01T00:00:00Z", "selfLink": "/x"},
    "a namespace": {"namespace": "elsewhere"},
    "a namespace that is none": {"namespace": "No_Namespace"},
    "a version": {"resourceVersion": "1"},
    "managed fields": {"managedFields": [_MANAGED]},
    "managed fields without an operation": {"managedFields": [{**_MANAGED, "operation": ""}]},
    "managed fields of another operation": {"managedFields": [{**_MANAGED, "operation": "Delete"}]},
    "managed fields of another type": {"managedFields": [{**_MANAGED, "fieldsType": "FieldsV2"}]},
    "a manager of 129": {"managedFields": [{**_MANAGED, "manager": "m" * 129}]},
    "a manager that cannot be printed": {"managedFields": [{**_MANAGED, "manager": "m\u0007"}]},
    "fields that are none": {"managedFields": [{**_MANAGED, "fieldsV1": {"x": 1}}]},
    "a subresource of 257": {"managedFields": [{**_MANAGED, "subresource": "s" * 257}]},
}
