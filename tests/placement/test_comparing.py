"""What nodes are compared by beyond their room: who is near, how pods are spread, which images are there."""

from __future__ import annotations

from typing import Any

import msgspec

from drakkar.api.core import ContainerImage, Node, Pod
from drakkar.api.object import ObjectKey
from drakkar.placement import Snapshot, totals

from .objects import node, pod

ZONE, HOSTNAME = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
MIB = 1024 * 1024


def cluster(*nodes: Node) -> Snapshot:
    snapshot = Snapshot()
    for one in nodes:
        snapshot.set_node(one)
    return snapshot


def zoned(name: str, zone: str = "", **fields: Any) -> Node:
    return node(name, {HOSTNAME: name, **({ZONE: zone} if zone else {})}, **fields)


def put(snapshot: Snapshot, name: str, on: str, labels: dict[str, str], **spec: Any) -> None:
    snapshot.put(ObjectKey("default", name), pod(name, labels, **spec), on)


def ahead(snapshot: Snapshot, one: Pod) -> list[int]:
    """By how much each node that takes the pod is better than the worst."""
    form = snapshot.form(one)
    fits = list(form.fitting())
    found = totals(form, fits, [0] * len(fits))
    return [value - min(found) for value in found]


def weighted(kind: str, app: str, weight: int = 10) -> dict[str, Any]:
    term = {"topologyKey": ZONE, "labelSelector": {"matchLabels": {"app": app}}}
    return {"affinity": {kind: {PREFERRED: [{"weight": weight, "podAffinityTerm": term}]}}}


def test_a_pod_goes_where_those_are_that_it_would_like_near() -> None:
    snapshot = cluster(zoned("n1", "a"), zoned("n2", "b"), zoned("n3", "b"))
    put(snapshot, "one", "n2", {"app": "x"})
    plain = ahead(snapshot, pod())
    near, apart = weighted("podAffinity", "x"), weighted("podAntiAffinity", "x")
    there = [200 + one if at else one for at, one in enumerate(plain)]
    assert ahead(snapshot, pod(**near)) == [one - min(there) for one in there]
    away = [one if at else 200 + one for at, one in enumerate(plain)]
    assert ahead(snapshot, pod(**apart)) == [one - min(away) for one in away]


def test_those_that_are_there_have_a_say_and_what_they_needed_counts_for_one() -> None:
    snapshot = cluster(zoned("n1", "a"), zoned("n2", "b"))
    put(snapshot, "hard", "n1", {}, affinity={"podAffinity": {REQUIRED: [_term("x")]}})
    assert ahead(snapshot, pod(labels={"app": "y"})) == ahead(snapshot, pod())
    assert ahead(snapshot, pod(labels={"app": "x"}))[0] > 100
    put(snapshot, "soft", "n2", {}, **weighted("podAffinity", "x", 2))
    assert ahead(snapshot, pod(labels={"app": "x"}))[1] > 100
    snapshot.take_off(ObjectKey("default", "soft"))
    assert ahead(snapshot, pod(labels={"app": "x"}))[0] > 100


def _term(app: str) -> dict[str, Any]:
    return {"topologyKey": ZONE, "labelSelector": {"matchLabels": {"app": app}}}


def test_spread_that_may_be_missed_prefers_the_emptier_domain() -> None:
    snapshot = cluster(zoned("n1", "a"), zoned("n2", "b"), zoned("n3"))
    constraint = {"maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway"}
    constraint["labelSelector"] = {"matchLabels": {"app": "x"}}
    spread = pod(labels={"app": "x"}, topologySpreadConstraints=[constraint])
    # A node that is in no zone is the worst.
    assert ahead(snapshot, spread) == [200, 200, 0]
    put(snapshot, "one", "n1", {"app": "x"})
    found = ahead(snapshot, spread)
    assert found[1] - found[0] > 150


def test_pods_of_a_service_are_spread_over_nodes_and_zones_and_others_are_not() -> None:
    snapshot = cluster(zoned("n1", "a"), zoned("n2", "a"), zoned("n3", "b"))
    snapshot.groups.set_service(ObjectKey("default", "s"), {"app": "x"})
    put(snapshot, "one", "n1", {"app": "x"})
    plain, together = ahead(snapshot, pod(labels={"app": "y"})), ahead(snapshot, pod(labels={"app": "x"}))
    assert max(plain) < 30
    assert together[2] > together[1] > together[0]
    snapshot.groups.set_service(ObjectKey("default", "s"), None)
    assert ahead(snapshot, pod(labels={"app": "x"})) == plain


def test_images_that_are_there_count_by_their_size_and_how_many_have_them() -> None:
    def having(name: str, *images: tuple[str, int]) -> Node:
        made = node(name)
        found = tuple(ContainerImage(names=(image,), size_bytes=size) for image, size in images)
        return Node(
            metadata=made.metadata,
            spec=made.spec,
            status=type(made.status)(allocatable=made.status.allocatable, images=found),
        )

    snapshot = cluster(having("n1", ("a:1", 1000 * MIB)), having("n2"))
    # Half of the nodes have it: (500 - 23) of (1000 - 23).
    assert ahead(snapshot, pod(image="a:1")) == [48, 0]
    assert ahead(snapshot, pod(image="b:1")) == [0, 0]
    snapshot.set_node(having("n2", ("a:1", 1)))
    assert ahead(snapshot, pod(image="a:1")) == [0, 0]
    snapshot.set_node(having("n1"))
    # What there is of it by now was seen on the first node; nobody else has said how large it is.
    assert ahead(snapshot, pod(image="a:1")) == [0, 48]
    snapshot.set_node(having("n2", ("b:latest", 40 * MIB)))
    assert ahead(snapshot, pod(image="b")) == [0, 0]
    snapshot.set_node(having("n2", ("registry:5000/b:latest", 900 * MIB)))
    assert ahead(snapshot, pod(image="registry:5000/b")) == [0, 43]


def test_a_cordon_does_not_keep_the_pods_of_a_node_from_being_counted() -> None:
    snapshot = cluster(zoned("n1", "a"), zoned("n2", "b", unschedulable=True), zoned("n3", "c"))
    constraint = {
        "maxSkew": 1,
        "topologyKey": ZONE,
        "whenUnsatisfiable": "DoNotSchedule",
        "nodeTaintsPolicy": "Honor",
        "labelSelector": {"matchLabels": {"app": "x"}},
    }
    put(snapshot, "one", "n1", {"app": "x"})
    put(snapshot, "two", "n3", {"app": "x"})
    spread = pod(labels={"app": "x"}, topologySpreadConstraints=[constraint])
    # Nobody is in b, which only the cordon keeps closed, so nobody may be where there is one already.
    assert not list(snapshot.form(spread).fitting())


def test_a_pod_goes_where_the_node_can_do_what_it_needs() -> None:
    able = node("n1")
    status = msgspec.structs.replace(able.status, declared_features=("RestartAllContainersOnContainerExits",))
    snapshot = cluster(able, node("n2"))
    rules = ({"action": "RestartAllContainers"},)
    plain = pod()
    container = msgspec.structs.replace(plain.spec.containers[0], restart_policy_rules=rules)
    spec = msgspec.structs.replace(plain.spec, containers=(container,))
    needing = msgspec.structs.replace(plain, spec=spec)
    assert not list(snapshot.form(needing).fitting())
    [first, _] = snapshot.nodes
    texts = [one.text for one in snapshot.form(needing).objections(first)]
    assert texts == ["node(s) didn't match Pod's required features"]
    snapshot.set_node(msgspec.structs.replace(able, status=status))
    assert [one.name for one in snapshot.form(needing).fitting()] == ["n1"]
    assert len(list(snapshot.form(plain).fitting())) == 2


def test_ports_are_told_before_room_and_names_before_all() -> None:
    snapshot = cluster(node("n1", allocatable={"cpu": "1", "pods": "1"}))
    ports = [{"containerPort": 80, "hostPort": 80}]
    put(snapshot, "one", "n1", {}, ports=ports)
    [there] = snapshot.nodes
    texts = [one.text for one in snapshot.form(pod(cpu="4", ports=ports)).objections(there)]
    assert texts == ["node(s) didn't have free ports for the requested pod ports"]
    field = {"key": "metadata.name", "operator": "In", "values": ["other"]}
    affinity = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchFields": [field]}]}}}
    snapshot.set_node(node("n1", unschedulable=True))
    texts = [one.text for one in snapshot.form(pod(affinity=affinity)).objections(there)]
    assert texts == ["node(s) didn't satisfy plugin(s) [NodeAffinity]"]
