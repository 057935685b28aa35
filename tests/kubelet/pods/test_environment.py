"""A container's variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kubelet.fake_api import KubeletApi, Object, pod
from work_units import work

from drakkar.api.resource import decode
from drakkar.api.run_pod import ResourceFieldRef, RunContainer, RunPod
from drakkar.api.workloads import Service
from drakkar.client.resources import CONFIGMAPS, SECRETS
from drakkar.kubelet.pods.environment import (
    Around,
    NodeFacts,
    TooLongError,
    build,
    expand,
    expand_all,
    expand_known,
    expand_path,
    service_variables,
)
from drakkar.kubelet.pods.references import References, UnresolvedReferenceError, pod_field, resource_field

FACTS = NodeFacts("127.0.0.1", 6443, "127.0.0.1", {"cpu": "4", "memory": "8Gi"}, Path("/node/bin"))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$(A)", "1"),
        ("x$(A)y$(A)", "x1y1"),
        ("$(B)", "$(B)"),
        ("$$(A)", "$(A)"),
        ("$A", "$A"),
        ("$(A", "$(A"),
        ("end$", "end$"),
        ("$$", "$"),
    ],
)
def test_expand(text: str, result: str) -> None:
    assert expand(text, {"A": "1"}) == result


def test_expand_only_what_has_a_value() -> None:
    env = {"A": "1", "EMPTY": ""}
    assert expand_known("$(A)/x/$$(B)", env) == "1/x/$(B)"
    with pytest.raises(UnresolvedReferenceError, match="missing value for B, EMPTY"):
        expand_known("$(B)/$(EMPTY)/$(A)", env)


@pytest.mark.parametrize("tail", ["", ")"])
def test_names_that_are_not_closed_are_looked_through_once(tail: str) -> None:
    text = "$(" * 1_000_000 + tail
    with work() as done:
        assert expand(text, {}) == text
    assert done.units < 500


def doubled(times: int) -> list[dict[str, str]]:
    env = [{"name": "V0", "value": "x" * 64}]
    return env + [{"name": f"V{i}", "value": f"$(V{i - 1})$(V{i - 1})"} for i in range(1, times)]


async def test_what_doubles_is_bounded() -> None:
    client = KubeletApi()
    assert len((await built(client, {"env": doubled(14)}))["V13"]) == 64 << 13
    with pytest.raises(
        TooLongError, match="variables of the container, up to V14, are more than 2097152 char"
    ):
        await built(client, {"env": doubled(1000)})
    # Nor may one be made again and again.
    once = [*doubled(12), *({"name": "W", "value": "$(V11)"} for _ in range(20))]
    with pytest.raises(TooLongError, match="up to W"):
        await built(client, {"env": once})
    data = {"k": "x" * 700_000}
    client.put(CONFIGMAPS, {"metadata": {"name": "cm", "namespace": "ns"}, "data": data})
    with pytest.raises(TooLongError):
        await built(client, {"envFrom": [{"configMapRef": {"name": "cm"}}] * 3})


def test_words_and_paths_are_bounded() -> None:
    env = {"A": "x" * 1_000_000}
    assert len(expand_all(["$(A)", "$(A)"], env)[1]) == 1_000_000
    with pytest.raises(TooLongError, match="stands for more than"):
        expand_all(["$(A)"] * 3, env)
    with pytest.raises(TooLongError, match=r"'\$\(A\)\$\(A\).*'\.\.\. stands for more than"):
        expand("$(A)" * 1_000_000, env)
    for expanded in (expand_path, expand_known):
        with pytest.raises(TooLongError, match="more than 4096 characters"):
            expanded("/$(A)", env)


def service(name: str, namespace: str, ip: str, port: int) -> Service:
    spec = {"clusterIP": ip, "ports": [{"port": port, "name": "http", "protocol": "TCP"}]}
    return decode(Service, {"metadata": {"name": name, "namespace": namespace}, "spec": spec})


def test_services() -> None:
    services = [
        service("my-db", "ns", "10.0.0.5", 5432),
        service("other", "elsewhere", "10.0.0.6", 1),
        service("headless", "ns", "None", 1),
        service("kubernetes", "default", "10.96.0.1", 443),
    ]
    env = service_variables("ns", services, True, FACTS)
    assert env["MY_DB_SERVICE_HOST"] == "10.0.0.5"
    assert env["MY_DB_PORT"] == env["MY_DB_PORT_5432_TCP"] == "tcp://10.0.0.5:5432"
    assert env["MY_DB_SERVICE_PORT_HTTP"] == "5432"
    # Where the server is really reached, not the cluster's own address.
    assert (env["KUBERNETES_SERVICE_HOST"], env["KUBERNETES_SERVICE_PORT"]) == ("127.0.0.1", "6443")
    assert not any(name.startswith(("OTHER", "HEADLESS")) for name in env)
    assert not any(n.startswith("MY_DB") for n in service_variables("ns", services, False, FACTS))


async def built(client: KubeletApi, container: Object, **more: Any) -> dict[str, str]:
    references = References(client, "ns")
    image, devices = more.get("image", {}), {"GPU": "g"}
    around = Around(decode(RunPod, pod()), "127.9.9.9", FACTS, references, [], image, devices)
    return await build(decode(RunContainer, {"name": "c", **container}), around)


async def test_references_and_order() -> None:
    client = KubeletApi()
    client.put(CONFIGMAPS, {"metadata": {"name": "cm", "namespace": "ns"}, "data": {"a": "1", "b c": "2"}})
    client.put(SECRETS, {"metadata": {"name": "s", "namespace": "ns"}, "data": {"k": "c2VjcmV0"}})
    env = await built(
        client,
        {
            "envFrom": [{"configMapRef": {"name": "cm"}, "prefix": "P_"}],
            "env": [
                {"name": "S", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                {"name": "NOT", "valueFrom": {"secretKeyRef": {"name": "s", "key": "z", "optional": True}}},
                {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                {"name": "URL", "value": "http://$(IP)/$(P_a)"},
                {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                {"name": "HOST", "value": "mine"},
                {"name": "GPU", "value": "cannot replace a device's"},
            ],
        },
        image={"HOST": "image", "AT": "$(POD_IP):1"},
    )
    assert env["P_a"] == "1" and "P_b c" not in env and "NOT" not in env
    assert env["S"] == "secret" and env["URL"] == "http://127.9.9.9/1" and env["CPU"] == "4"
    assert env["HOST"] == "mine" and env["AT"] == "127.9.9.9:1" and env["GPU"] == "g"
    assert env["PATH"].startswith("/node/bin:")


async def test_what_is_missing_is_named() -> None:
    client = KubeletApi()
    ask = {"env": [{"name": "S", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}
    with pytest.raises(UnresolvedReferenceError, match='secret "s" not found'):
        await built(client, ask)
    client.put(SECRETS, {"metadata": {"name": "s", "namespace": "ns"}, "data": {}})
    with pytest.raises(UnresolvedReferenceError, match="couldn't find key k in Secret ns/s"):
        await built(client, ask)


def test_pod_fields() -> None:
    obj = pod()
    obj["metadata"]["labels"] = {"b": "2", "a": 'say "1"'}
    made = decode(RunPod, obj)
    at = {"podIP": "127.1.1.1", "hostIP": "127.0.0.1"}
    assert pod_field(made, "metadata.labels['b']", at) == "2"
    assert pod_field(made, "metadata.labels", at) == 'a="say \\"1\\""\nb="2"'
    with pytest.raises(UnresolvedReferenceError, match="unsupported fieldPath"):
        pod_field(made, "spec.secret", at)


@pytest.mark.parametrize(
    ("resource", "divisor", "value"),
    [
        ("limits.memory", "1Mi", "128"),
        ("requests.cpu", "1", "1"),
        ("requests.cpu", "1m", "250"),
        ("limits.cpu", "0", "4"),
        ("requests.memory", "1", "0"),
    ],
)
def test_resource_fields(resource: str, divisor: str, value: str) -> None:
    container = {"name": "c", "resources": {"limits": {"memory": "128Mi"}, "requests": {"cpu": "250m"}}}
    ref = ResourceFieldRef(resource=resource, divisor=divisor)
    found = resource_field(decode(RunPod, pod()), decode(RunContainer, container), ref, FACTS.allocatable)
    assert found == value
