"""What the server fills in and refuses when objects are made: pods, services, jobs, claims."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.kinds import pods
from drakkar.apiserver.kinds.pods import pull_policy, qos_class

PODS = "/api/v1/namespaces/a/pods"
SERVICES = "/api/v1/namespaces/a/services"
JOBS = "/apis/batch/v1/namespaces/a/jobs"
MERGE = {"content-type": "application/merge-patch+json"}


def pod(name: str = "p", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "busybox"}], **spec}}


@pytest.mark.parametrize(
    ("image", "wanted"),
    [
        ("busybox", "Always"),
        ("busybox:latest", "Always"),
        ("busybox:1.37", "IfNotPresent"),
        ("host:5000/busybox", "Always"),
        ("busybox@sha256:0", "IfNotPresent"),
    ],
)
def test_pull_policy(image: str, wanted: str) -> None:
    assert pull_policy(image) == wanted


def test_the_image_of_a_volume_has_a_pull_policy(client: TestClient) -> None:
    volumes = [{"name": name, "image": {"reference": f"busybox:{name}"}} for name in ("latest", "v1")]
    made = client.post(PODS, json=pod(volumes=volumes)).json()["spec"]["volumes"]
    assert [one["image"]["pullPolicy"] for one in made[:2]] == ["Always", "IfNotPresent"]


@pytest.mark.parametrize(
    ("resources", "wanted"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
        ({"requests": {"nvidia.com/gpu": "1"}}, "BestEffort"),
    ],
)
def test_qos_class(resources: dict[str, Any], wanted: str) -> None:
    assert qos_class({"containers": [{"resources": resources}]}) == wanted


def test_a_gated_pod_says_why_it_waits(client: TestClient) -> None:
    gates = [{"name": "a.b/c"}]
    made = client.post(PODS, json=pod("gated", schedulingGates=gates)).json()["status"]["conditions"]
    assert [(one["type"], one["status"], one["reason"]) for one in made] == [
        ("PodScheduled", "False", "SchedulingGated")
    ]
    assert "conditions" not in client.post(PODS, json=pod("open")).json()["status"]
    said = {"type": "PodScheduled", "status": "False", "reason": "Mine"}
    held = client.post(
        PODS, json={**pod("said", schedulingGates=gates), "status": {"conditions": [said]}}
    ).json()
    # What somebody says of its status at first is nobody's, as always.
    assert held["status"]["conditions"][0]["reason"] == "SchedulingGated"


def test_a_pod_is_completed(client: TestClient) -> None:
    made = client.post(PODS, json=pod()).json()
    spec = made["spec"]
    assert made["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    assert made["metadata"]["generation"] == 1
    assert spec["serviceAccountName"] == "default" and spec["restartPolicy"] == "Always"
    assert spec["priority"] == 0 and spec["preemptionPolicy"] == "PreemptLowerPriority"
    assert [t["tolerationSeconds"] for t in spec["tolerations"]] == [300, 300]
    (volume,) = spec["volumes"]
    assert volume["name"].startswith("kube-api-access-")
    assert volume["projected"]["sources"][0]["serviceAccountToken"]["expirationSeconds"] == 3607
    mount = spec["containers"][0]["volumeMounts"][0]
    assert mount["name"] == volume["name"] and mount["readOnly"]
    bare = client.post(PODS, json=pod("bare", automountServiceAccountToken=False)).json()
    assert "volumes" not in bare["spec"]


def test_a_pod_is_refused_for_what_is_not_there(client: TestClient) -> None:
    no_account = client.post(PODS, json=pod(serviceAccountName="nope"))
    assert no_account.status_code == 403
    assert no_account.json()["message"] == (
        'pods "p" is forbidden: error looking up service account a/nope: serviceaccount "nope" not found'
    )
    no_class = client.post(PODS, json=pod(priorityClassName="nope"))
    assert no_class.json()["message"] == 'pods "p" is forbidden: no PriorityClass with name nope was found'


def test_priority_comes_from_the_class(client: TestClient) -> None:
    path = "/apis/scheduling.k8s.io/v1/priorityclasses"
    made = client.post(path, json={"metadata": {"name": "high"}, "value": 7, "globalDefault": False}).json()
    assert "globalDefault" not in made and made["metadata"]["generation"] == 1
    spec = client.post(PODS, json=pod(priorityClassName="high")).json()["spec"]
    assert spec["priority"] == 7
    client.patch(f"{path}/high", content=b'{"globalDefault":true}', headers=MERGE)
    assert client.post(PODS, json=pod("q")).json()["spec"]["priorityClassName"] == "high"
    assert client.patch(f"{path}/high", content=b'{"value":8}', headers=MERGE).status_code == 422


def test_the_spec_of_a_pod_stays(client: TestClient) -> None:
    client.post(PODS, json=pod())
    image = json.dumps([{"op": "replace", "path": "/spec/containers/0/image", "value": "busybox:2"}])
    headers = {"content-type": "application/json-patch+json"}
    changed = client.patch(f"{PODS}/p", content=image, headers=headers)
    assert changed.status_code == 200 and changed.json()["metadata"]["generation"] == 2
    name = client.patch(f"{PODS}/p", content=b'{"spec":{"nodeName":"n"}}', headers=MERGE)
    assert name.status_code == 422
    ignored = client.patch(f"{PODS}/p", content=b'{"status":{"phase":"Running"}}', headers=MERGE)
    assert ignored.json()["status"]["phase"] == "Pending"


def test_services_get_addresses_and_ports_and_keep_them(client: TestClient) -> None:
    spec = {"type": "NodePort", "ports": [{"port": 80}]}
    made = client.post(SERVICES, json={"metadata": {"name": "s"}, "spec": spec}).json()
    held = made["spec"]
    assert held["clusterIP"].startswith("10.96.") and held["clusterIPs"] == [held["clusterIP"]]
    (port,) = held["ports"]
    assert 30000 <= port["nodePort"] <= 32767 and port["targetPort"] == 80 and port["protocol"] == "TCP"
    assert held["externalTrafficPolicy"] == "Cluster" and "generation" not in made["metadata"]
    again = client.put(f"{SERVICES}/s", json={"metadata": {"name": "s"}, "spec": spec}).json()
    assert again["spec"] == held
    taken = {"ports": [{"port": 1}], "clusterIP": held["clusterIP"]}
    refused = client.post(SERVICES, json={"metadata": {"name": "t"}, "spec": taken})
    assert refused.status_code == 422 and "already allocated" in refused.json()["message"]
    moved = client.patch(f"{SERVICES}/s", content=b'{"spec":{"clusterIP":"10.96.9.9"}}', headers=MERGE)
    assert moved.status_code == 422
    headless = {"ports": [{"port": 1}], "clusterIP": "None"}
    assert client.post(SERVICES, json={"metadata": {"name": "h"}, "spec": headless}).status_code == 201


def test_jobs_are_tied_to_their_pods(client: TestClient) -> None:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i:1"}]}}
    made = client.post(JOBS, json={"metadata": {"name": "j"}, "spec": {"template": template}}).json()
    uid = made["metadata"]["uid"]
    spec = made["spec"]
    assert spec["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    assert spec["template"]["metadata"]["labels"]["job-name"] == "j"
    assert (spec["completions"], spec["parallelism"], spec["backoffLimit"]) == (1, 1, 6)
    assert client.patch(f"{JOBS}/j", content=b'{"spec":{"suspend":true}}', headers=MERGE).status_code == 200
    other = b'{"spec":{"template":{"spec":{"hostNetwork":true}}}}'
    client.patch(f"{JOBS}/j", content=b'{"spec":{"suspend":false}}', headers=MERGE)
    assert client.patch(f"{JOBS}/j", content=other, headers=MERGE).status_code == 422


def test_deployments_and_generations(client: TestClient) -> None:
    path = "/apis/apps/v1/namespaces/a/deployments"
    spec = {
        "selector": {"matchLabels": {"l": "m"}},
        "template": {
            "metadata": {"labels": {"l": "m"}},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        },
    }
    made = client.post(path, json={"metadata": {"name": "d"}, "spec": spec, "status": {"replicas": 9}}).json()
    assert made["status"] == {} and made["spec"]["replicas"] == 1
    assert made["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": "25%", "maxUnavailable": "25%"}
    labelled = client.patch(f"{path}/d", content=b'{"metadata":{"labels":{"x":"y"}}}', headers=MERGE).json()
    assert labelled["metadata"]["generation"] == 1
    scaled = client.patch(f"{path}/d", content=b'{"spec":{"replicas":2}}', headers=MERGE).json()
    assert scaled["metadata"]["generation"] == 2
    status = client.patch(
        f"{path}/d/status", content=b'{"spec":{"replicas":5},"status":{"replicas":2}}', headers=MERGE
    )
    assert status.json()["spec"]["replicas"] == 2 and status.json()["status"] == {"replicas": 2}
    assert status.json()["metadata"]["generation"] == 2
    moved = client.patch(
        f"{path}/d", content=b'{"spec":{"selector":{"matchLabels":{"l":"n"}}}}', headers=MERGE
    )
    assert moved.status_code == 422


def test_secrets_and_names(client: TestClient) -> None:
    path = "/api/v1/namespaces/a/secrets"
    made = client.post(path, json={"metadata": {"generateName": "s-"}, "stringData": {"k": "v"}}).json()
    assert made["data"] == {"k": "dg=="} and made["type"] == "Opaque" and "stringData" not in made
    assert made["metadata"]["name"].startswith("s-") and len(made["metadata"]["name"]) == 7
    bad = client.post(path, json={"metadata": {"name": "No_Name"}})
    assert bad.status_code == 422 and bad.json()["details"]["kind"] == "Secret"
    none = client.post(path, json={"metadata": {}})
    assert "name or generateName is required" in none.json()["message"]
    label = client.post(path, json={"metadata": {"name": "l", "labels": {"a": "b c"}}})
    assert label.status_code == 422


def test_quantities_are_written_in_one_way(client: TestClient) -> None:
    resources = {"requests": {"cpu": 0.5, "memory": "1024Mi"}, "limits": {"cpu": "1000m"}}
    body = pod()
    body["spec"]["containers"][0]["resources"] = resources
    made = client.post(PODS, json=body).json()["spec"]["containers"][0]["resources"]
    assert made == {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": "1"}}
    body["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "much"}}
    assert client.post(PODS, json={**body, "metadata": {"name": "q"}}).status_code == 400


def test_ports_of_the_hosts_network_are_filled_in_in_a_pod_and_not_in_a_template() -> None:
    spec = {
        "hostNetwork": True,
        "containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}]}],
    }
    one: dict[str, Any] = {"spec": copy.deepcopy(spec)}
    pods.pod(one)
    assert one["spec"]["containers"][0]["ports"] == [{"containerPort": 80, "protocol": "TCP", "hostPort": 80}]
    holder: dict[str, Any] = {"template": {"spec": copy.deepcopy(spec)}}
    pods.template(holder)
    assert holder["template"]["spec"]["containers"][0]["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
