"""resource.k8s.io/v1 through the official Python client: every verb, every kind of patch, for every kind of object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from kubernetes import client as k8s
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic import exceptions as dynamic_errors

from .following import APPLY, JSON, MERGE, STRATEGIC, Object, follow, refused

pytestmark = pytest.mark.e2e
DRIVER = "clients.example.com"


@dataclass(frozen=True)
class Kind:
    """How the typed client calls the methods of a kind, and an object of it."""

    kind: str
    method: str
    namespaced: bool
    spec: Object


# Whole, for a list that is applied by two managers conflicts where defaults make it another than the stored one.
_EXACTLY = {"deviceClassName": "gpu.example.com", "allocationMode": "ExactCount", "count": 1}
_REQUEST = {"name": "gpu", "exactly": _EXACTLY}
_SLICE = {
    "driver": DRIVER,
    "nodeName": "elsewhere",
    "pool": {"name": "pool", "generation": 1, "resourceSliceCount": 1},
    "devices": [
        {"name": "gpu-0", "attributes": {"index": {"int": 0}}, "capacity": {"memory": {"value": "1Gi"}}}
    ],
}
KINDS = [
    Kind("DeviceClass", "device_class", False, {"selectors": [{"cel": {"expression": "true"}}]}),
    Kind("ResourceSlice", "resource_slice", False, _SLICE),
    Kind("ResourceClaim", "namespaced_resource_claim", True, {"devices": {"requests": [_REQUEST]}}),
    Kind(
        "ResourceClaimTemplate",
        "namespaced_resource_claim_template",
        True,
        {"spec": {"devices": {"requests": [_REQUEST]}}},
    ),
    Kind("DeviceTaintRule", "device_taint_rule", False, {"taint": {"key": "k", "effect": "NoSchedule"}}),
]


class Caller:
    """The typed client's methods for one kind, by verb."""

    def __init__(self, api: k8s.ApiClient, kind: Kind, namespace: str) -> None:
        self._resource = k8s.ResourceV1Api(api)
        self._kind = kind
        self.where = {"namespace": namespace} if kind.namespaced else {}

    def method(self, verb: str) -> Callable[..., Any]:
        found: Callable[..., Any] = getattr(self._resource, f"{verb}_{self._kind.method}")
        return found

    def __call__(self, verb: str, *arguments: Any, **options: Any) -> Any:
        names = ("name",) if arguments and isinstance(arguments[0], str) else ()
        given = dict(zip((*names, "body"), arguments, strict=False))
        return self.method(verb)(**given, **self.where, **options)

    def body(self, name: str, **labels: str) -> Object:
        return {
            "apiVersion": "resource.k8s.io/v1",
            "kind": self._kind.kind,
            "metadata": {"name": name, "labels": {"test": "clients", **labels}},
            "spec": self._kind.spec,
        }


@pytest.fixture(params=KINDS, ids=lambda kind: kind.kind)
def call(request: pytest.FixtureRequest, api: k8s.ApiClient, namespace: str) -> Iterator[Caller]:
    caller = Caller(api, request.param, namespace)
    yield caller
    caller("delete_collection", label_selector="test=clients")


def test_create_read_list_and_replace(call: Caller) -> None:
    made = call("create", call.body("one"))
    assert made.metadata.uid and made.metadata.resource_version and made.spec is not None
    with refused(409, "AlreadyExists"):
        call("create", call.body("one"))
    assert call("read", "one") == made
    call("create", call.body("two", second="yes"))
    listed = call("list", label_selector="test=clients")
    assert [item.metadata.name for item in listed.items] == ["one", "two"]
    assert [i.metadata.name for i in call("list", label_selector="second in (yes)").items] == ["two"]
    assert [i.metadata.name for i in call("list", field_selector="metadata.name=one").items] == ["one"]
    page = call("list", label_selector="test=clients", limit=1)
    rest = call("list", label_selector="test=clients", limit=1, _continue=page.metadata._continue)
    assert [i.metadata.name for i in (*page.items, *rest.items)] == ["one", "two"]
    stale = call("read", "one")
    made.metadata.labels["replaced"] = "yes"
    replaced = call("replace", "one", made)
    assert replaced.metadata.labels["replaced"] == "yes"
    with refused(409, "Conflict"):
        call("replace", "one", stale)
    with refused(404, "NotFound"):
        call("read", "three")


def test_every_kind_of_patch(call: Caller) -> None:
    call("create", call.body("one"))
    labels = {"metadata": {"labels": {"merged": "yes"}}}
    patched = call("patch", "one", labels, _content_type=MERGE)
    assert patched.metadata.labels == {"test": "clients", "merged": "yes"}
    labels = {"metadata": {"annotations": {"a": "1"}, "labels": {"merged": None}}}
    patched = call("patch", "one", labels, _content_type=STRATEGIC)
    assert patched.metadata.labels == {"test": "clients"} and patched.metadata.annotations == {"a": "1"}
    operations = [
        {"op": "test", "path": "/metadata/annotations/a", "value": "1"},
        {"op": "replace", "path": "/metadata/annotations/a", "value": "2"},
        {"op": "add", "path": "/metadata/labels/added", "value": "yes"},
    ]
    patched = call("patch", "one", operations, _content_type=JSON)
    assert patched.metadata.annotations == {"a": "2"} and patched.metadata.labels["added"] == "yes"
    with refused(422, "Invalid"):
        call("patch", "one", operations, _content_type=JSON)
    tried = call("patch", "one", [{"op": "remove", "path": "/metadata/annotations"}], dry_run="All")
    assert tried.metadata.annotations is None
    assert call("read", "one").metadata.annotations == {"a": "2"}


def test_server_side_apply_makes_owns_and_gives_up(call: Caller) -> None:
    apply = {"_content_type": APPLY, "field_manager": "first"}
    body = call.body("one", mine="1")
    made = call("patch", "one", body, **apply)
    (entry,) = [entry for entry in made.metadata.managed_fields if entry.manager == "first"]
    assert entry.operation == "Apply" and "f:labels" in entry.fields_v1["f:metadata"]
    theirs = call.body("one", mine="2")
    with refused(409, "Conflict"):
        call("patch", "one", theirs, _content_type=APPLY, field_manager="second")
    taken = call("patch", "one", theirs, _content_type=APPLY, field_manager="second", force=True)
    assert taken.metadata.labels["mine"] == "2"
    del body["metadata"]["labels"]["mine"]
    call("patch", "one", body, **apply)
    # The first let go of it, the second still holds it.
    assert call("read", "one").metadata.labels["mine"] == "2"
    del theirs["metadata"]["labels"]["mine"]
    left = call("patch", "one", theirs, _content_type=APPLY, field_manager="second")
    assert "mine" not in left.metadata.labels


def test_watch_tells_what_happens_and_a_collection_goes_at_once(call: Caller) -> None:
    version = call("list").metadata.resource_version
    made = call("create", call.body("one"))
    call("patch", "one", {"metadata": {"labels": {"changed": "yes"}}}, _content_type=MERGE)
    gone = call("delete", "one")
    assert gone is not None
    seen = []
    where = call.where
    # The client's watch looks for ResourceClaim's type by a name that the client gave it no more.
    options = {"resource_version": version, "label_selector": "test=clients", **where}
    for event in follow(call.method("list"), type(made), **options):
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            break
    assert seen == [("ADDED", "one"), ("MODIFIED", "one"), ("DELETED", "one")]
    for name in ("two", "three"):
        call("create", call.body(name))
    call("delete_collection", label_selector="test=clients")
    assert not call("list", label_selector="test=clients").items


def test_unknown_and_wrong_fields_are_named(call: Caller, dynamic: DynamicClient) -> None:
    # The typed client checks what it sends by itself; the dynamic one leaves that to the server.
    body, where = call.body("one"), call.where
    resource = dynamic.resources.get(api_version="resource.k8s.io/v1", kind=body["kind"])
    body["spec"] = {**body["spec"], "nonsense": 1}
    with pytest.raises(dynamic_errors.BadRequestError, match=r"unknown field .*spec\.nonsense"):
        resource.create(body=body, query_params=[("fieldValidation", "Strict")], **where)
    made = resource.create(body=body, query_params=[("fieldValidation", "Ignore")], **where)
    assert "nonsense" not in made.to_dict()["spec"]
    change = {"metadata": {"labels": {"l": "v"}}, "nonsense": 1}
    for kind in (MERGE, STRATEGIC):
        with refused(422, "Invalid"):
            call("patch", "one", change, _content_type=kind, field_validation="Strict")
    with refused(422, "Invalid"):
        call("create", call.body("Not A Name"))


def test_a_claims_status_is_written_by_itself(api: k8s.ApiClient, namespace: str) -> None:
    resource = k8s.ResourceV1Api(api)
    claim = {"metadata": {"name": "claim"}, "spec": {"devices": {"requests": [_REQUEST]}}}
    resource.create_namespaced_resource_claim(namespace, claim)
    picked = {"request": "gpu", "driver": DRIVER, "pool": "pool", "device": "gpu-0"}
    allocation = {"devices": {"results": [picked]}}
    user = {"apiGroup": "example.com", "resource": "things", "name": "p", "uid": "1"}
    status = {"status": {"allocation": allocation, "reservedFor": [user]}}
    patched = resource.patch_namespaced_resource_claim_status(
        "claim", namespace, status, _content_type=STRATEGIC
    )
    assert patched.status.allocation.devices.results[0].device == "gpu-0"
    device = {
        "driver": DRIVER,
        "pool": "pool",
        "device": "gpu-0",
        "data": {"any": "thing"},
        "networkData": {"interfaceName": "eth0", "ips": ["10.0.0.1/24"]},
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "Is",
                "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }
        ],
    }
    applied = resource.patch_namespaced_resource_claim_status(
        "claim",
        namespace,
        {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceClaim",
            "metadata": {"name": "claim"},
            "status": {"devices": [device]},
        },
        _content_type=APPLY,
        field_manager="driver",
    )
    assert applied.status.devices[0].network_data.ips == ["10.0.0.1/24"]
    assert applied.status.reserved_for[0].name == "p"
    applied.status.devices = None
    applied.status.reserved_for = None
    applied.status.allocation = None
    assert (
        resource.replace_namespaced_resource_claim_status("claim", namespace, applied).status.allocation
        is None
    )
    read = resource.read_namespaced_resource_claim_status("claim", namespace)
    assert read.spec.devices.requests[0].name == "gpu"
    with refused(422, "Invalid"):
        change = [{"op": "replace", "path": "/spec/devices/requests/0/name", "value": "other"}]
        resource.patch_namespaced_resource_claim("claim", namespace, change)


def test_discovery_offers_what_conformance_asks_for(api: k8s.ApiClient) -> None:
    groups = {group.name: group for group in k8s.ApisApi(api).get_api_versions().groups}
    assert groups["resource.k8s.io"].preferred_version.version == "v1"
    served = {item.name: item for item in k8s.ResourceV1Api(api).get_api_resources().resources}
    verbs = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
    for name in ("deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"):
        assert set(served[name].verbs) == verbs
    assert set(served["resourceclaims/status"].verbs) == {"get", "patch", "update"}
    assert k8s.VersionApi(api).get_code().git_version.startswith("v1.37")


def test_older_versions_tell_of_the_same_object(api: k8s.ApiClient, namespace: str) -> None:
    stored = k8s.ResourceV1Api(api).create_namespaced_resource_claim(
        namespace, {"metadata": {"name": "claim"}, "spec": {"devices": {"requests": [_REQUEST]}}}
    )
    second = k8s.ResourceV1beta2Api(api).read_namespaced_resource_claim("claim", namespace)
    assert second.spec.devices.requests[0].exactly.count == 1
    first = k8s.ResourceV1beta1Api(api)
    read = first.read_namespaced_resource_claim("claim", namespace)
    assert read.metadata.uid == second.metadata.uid == stored.metadata.uid
    assert read.spec.devices.requests[0].device_class_name == "gpu.example.com"
    labels = {"metadata": {"labels": {"from": "v1beta1"}}}
    first.patch_namespaced_resource_claim("claim", namespace, labels, _content_type=STRATEGIC)
    listed = k8s.ResourceV1Api(api).list_resource_claim_for_all_namespaces(label_selector="from=v1beta1")
    assert [item.spec.devices.requests[0].exactly.device_class_name for item in listed.items] == [
        "gpu.example.com"
    ]


def test_a_slice_with_everything_in_it_comes_back_as_it_went(api: k8s.ApiClient) -> None:
    resource = k8s.ResourceV1Api(api)
    spec = {
        "driver": DRIVER,
        "pool": {"name": "all", "generation": 3, "resourceSliceCount": 2},
        "perDeviceNodeSelection": True,
        "devices": [
            {
                "name": "part",
                "nodeName": "elsewhere",
                "attributes": {
                    "flag": {"bool": False},
                    "index": {"int": 0},
                    "text": {"string": ""},
                    "version": {"version": "1.2.3-rc.1"},
                },
                "capacity": {"memory": {"value": "1536Mi"}},
                "consumesCounters": [{"counterSet": "set", "counters": {"memory": {"value": "1Gi"}}}],
                "taints": [
                    {"key": "k", "value": "v", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z"}
                ],
            }
        ],
    }
    made = resource.create_resource_slice({"metadata": {"generateName": "all-"}, "spec": spec})
    try:
        came = api.sanitize_for_serialization(made.spec)
        # The client writes UTC in its own way.
        taint = came["devices"][0]["taints"][0]
        taint["timeAdded"] = taint["timeAdded"].replace("+00:00", "Z")
        assert came == spec
        again = resource.read_resource_slice(made.metadata.name)
        again.spec.pool.generation = 4
        assert resource.replace_resource_slice(made.metadata.name, again).spec.pool.generation == 4
    finally:
        gone = resource.delete_resource_slice(made.metadata.name)
    assert gone is not None
    with refused(404, "NotFound"):
        resource.read_resource_slice(made.metadata.name)
