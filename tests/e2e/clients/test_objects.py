"""Small objects, accounts, nodes, events and namespaces through the official Python client."""

from __future__ import annotations

import pytest
from kubernetes import client as k8s
from kubernetes import utils

from drakkar.api.kubernetes_version import GIT_VERSION

from .following import MERGE, STRATEGIC, follow, refused, running, sleeper, until_gone

pytestmark = pytest.mark.e2e


def test_small_objects_accounts_and_questions(api: k8s.ApiClient, namespace: str) -> None:
    core = k8s.CoreV1Api(api)
    core.create_namespaced_secret(namespace, {"metadata": {"name": "s"}, "stringData": {"k": "v"}})
    assert core.read_namespaced_secret("s", namespace).data == {"k": "dg=="}
    made = core.create_namespaced_config_map(
        namespace, {"metadata": {"generateName": "c-"}, "data": {"a": "1"}}
    )
    core.patch_namespaced_config_map(made.metadata.name, namespace, {"data": {"b": "2"}}, _content_type=MERGE)
    assert core.read_namespaced_config_map(made.metadata.name, namespace).data == {"a": "1", "b": "2"}
    service = {"metadata": {"name": "svc"}, "spec": {"selector": {"app": "x"}, "ports": [{"port": 80}]}}
    assert core.create_namespaced_service(namespace, service).spec.cluster_ip.startswith("10.96.")
    token = core.create_namespaced_service_account_token("default", namespace, {"spec": {}})
    other = k8s.ApiClient(k8s.Configuration(host=api.configuration.host))
    other.configuration.ssl_ca_cert = api.configuration.ssl_ca_cert
    other = k8s.ApiClient(other.configuration)
    other.set_default_header("Authorization", f"Bearer {token.status.token}")
    who = k8s.AuthenticationV1Api(other).create_self_subject_review({})
    assert who.status.user_info.username == f"system:serviceaccount:{namespace}:default"
    with refused(403, "Forbidden"):
        k8s.CoreV1Api(other).list_namespaced_secret(namespace)
    asked = {"spec": {"resourceAttributes": {"verb": "list", "resource": "secrets", "namespace": namespace}}}
    assert k8s.AuthorizationV1Api(api).create_self_subject_access_review(asked).status.allowed
    assert not k8s.AuthorizationV1Api(other).create_self_subject_access_review(asked).status.allowed
    rbac = k8s.RbacAuthorizationV1Api(api)
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
    rbac.create_namespaced_role(namespace, {"metadata": {"name": "r"}, "rules": [rule]})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    account = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
    binding = {"metadata": {"name": "b"}, "roleRef": reference, "subjects": [account]}
    rbac.create_namespaced_role_binding(namespace, binding)
    assert k8s.CoreV1Api(other).list_namespaced_secret(namespace).items[0].metadata.name == "s"


def test_nodes_events_and_leases_fit_the_clients_types(api: k8s.ApiClient, namespace: str) -> None:
    core = k8s.CoreV1Api(api)
    (node,) = core.list_node().items
    assert node.status.node_info.kubelet_version == GIT_VERSION
    patched = core.patch_node(
        node.metadata.name, {"metadata": {"labels": {"x": "y"}}}, _content_type=STRATEGIC
    )
    assert patched.metadata.labels["x"] == "y"
    lease = k8s.CoordinationV1Api(api).read_namespaced_lease(node.metadata.name, "kube-node-lease")
    assert lease.spec.holder_identity == node.metadata.name and lease.spec.renew_time.microsecond >= 0
    core.create_namespaced_pod(namespace, sleeper("p"))
    running(core, namespace, "p")
    for event in follow(core.list_namespaced_event, namespace=namespace):
        if event["object"].reason == "Started" and event["object"].involved_object.name == "p":
            break
    else:
        raise AssertionError("no event Started")
    told = {
        "metadata": {"name": "told"},
        "eventTime": "2026-01-01T00:00:00.000001Z",
        "reportingController": "example.com/tests",
        "reportingInstance": "one",
        "action": "Testing",
        "reason": "Tested",
        "type": "Normal",
        "regarding": {"kind": "Pod", "namespace": namespace, "name": "p"},
    }
    assert k8s.EventsV1Api(api).create_namespaced_event(namespace, told).event_time.microsecond == 1
    assert core.read_namespaced_event("told", namespace).involved_object.name == "p"
    core.delete_namespaced_pod("p", namespace, grace_period_seconds=1)
    until_gone(core.list_namespaced_pod, namespace=namespace)


def test_an_object_from_a_manifest(api: k8s.ApiClient, namespace: str) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"k": "v"}}
    utils.create_from_dict(api, manifest, namespace=namespace)
    assert k8s.CoreV1Api(api).read_namespaced_config_map("m", namespace).data == {"k": "v"}


def test_a_namespace_takes_everything_along(api: k8s.ApiClient) -> None:
    core = k8s.CoreV1Api(api)
    core.create_namespace({"metadata": {"name": "leaving"}})
    core.create_namespaced_config_map("leaving", {"metadata": {"name": "m"}})
    core.delete_namespace("leaving")
    until_gone(core.list_namespace, field_selector="metadata.name=leaving")
    with refused(404, "NotFound"):
        core.read_namespace("leaving")
    with refused(404, "NotFound"):
        core.create_namespaced_config_map("leaving", {"metadata": {"name": "late"}})
