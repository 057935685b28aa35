"""What a user wants explained: a pod, the pods of a workload, or a claim; found by name, and then explained."""

from __future__ import annotations

from drakkar.api.features import Features
from drakkar.api.object import ObjectKey
from drakkar.collector import nothing_collected
from drakkar.planner.findings import ClaimFinding, ClaimState, Explanation, PodFinding
from drakkar.planner.plan.planner import Planner, chosen
from drakkar.planner.world.members import Claim, Pod
from drakkar.planner.world.world import World

_KINDS = {
    "pod": "Pod",
    "pods": "Pod",
    "po": "Pod",
    "claim": "ResourceClaim",
    "resourceclaim": "ResourceClaim",
    "resourceclaims": "ResourceClaim",
    "deployment": "Deployment",
    "deploy": "Deployment",
    "replicaset": "ReplicaSet",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "job": "Job",
}


class SubjectNotFoundError(Exception):
    """Nothing has the name, or too much has; the message says what there is."""


def _in(namespace: str | None, keys: list[ObjectKey]) -> list[ObjectKey]:
    return [key for key in keys if namespace in (None, key[0])]


def _one(kind: str, name: str, keys: list[ObjectKey]) -> ObjectKey:
    if len(keys) > 1:
        raise SubjectNotFoundError(
            f"{kind} {name} is in namespaces {', '.join(sorted(k[0] for k in keys))}: say which with -n"
        )
    return keys[0]


class _Search:
    """Looks for the name among what the world has, pods before claims before workloads."""

    def __init__(self, world: World, text: str, namespace: str | None) -> None:
        prefix, slash, name = text.rpartition("/")
        kind = _KINDS.get(prefix.lower())
        if slash and kind is None:
            raise SubjectNotFoundError(
                f"{prefix!r} is no kind to explain: want pod/NAME, claim/NAME or the name alone"
            )
        self._world, self._kind, self._name, self._namespace = world, kind, name, namespace

    def pods(self) -> list[Pod]:
        """The pods to place that are meant: one, or those of a workload."""
        found = [pod for pod in self._world.pods if pod.name == self._name]
        if self._wants("Pod"):
            keys = _in(self._namespace, [ObjectKey(pod.namespace, pod.name) for pod in found])
            if keys:
                key = _one("pod", self._name, keys)
                return [pod for pod in found if pod.namespace == key[0]]
        return []

    def bound(self) -> ObjectKey | None:
        """A pod that has its node."""
        keys = _in(self._namespace, [key for key in self._world.bound if key[1] == self._name])
        return _one("pod", self._name, keys) if keys and self._wants("Pod") else None

    def claim(self) -> Claim | None:
        """A claim, also one that a pod's template will make."""
        keys = _in(self._namespace, [key for key in self._world.claims if key[1] == self._name])
        if not keys or not self._wants("ResourceClaim"):
            return None
        return self._world.claims[_one("claim", self._name, keys)]

    def of_workload(self) -> list[Pod]:
        """The pods that a workload of the name will make."""
        found = [
            workload
            for workload in self._world.workloads
            if workload.key.name == self._name
            and self._kind in (None, workload.kind)
            and self._namespace in (None, workload.key.namespace)
        ]
        if not found:
            return []
        _one("workload", self._name, [workload.key for workload in found])
        names = set(self._world.workloads[found[0]])
        return [
            pod for pod in self._world.pods if pod.name in names and pod.namespace == found[0].key.namespace
        ]

    def missing(self) -> SubjectNotFoundError:
        """The error with names that the user may have meant."""
        known = sorted({pod.name for pod in self._world.pods} | {key[1] for key in self._world.claims})
        where = f" in namespace {self._namespace}" if self._namespace else ""
        there = f"; there are {', '.join(known[:8])}{' ...' if len(known) > 8 else ''}" if known else ""
        kind = self._kind or "pod or claim"
        broken = self._world.faults.named(self._name)
        if broken:
            return SubjectNotFoundError(f"{self._name} cannot be used: {broken[0]}")
        return SubjectNotFoundError(f"no {kind} {self._name}{where} in the input{there}")

    def _wants(self, kind: str) -> bool:
        return self._kind in (None, kind)


@nothing_collected()
def explain(
    world: World, text: str, namespace: str | None = None, features: Features | None = None
) -> Explanation:
    """Explain what `text` names: `pod/NAME`, `claim/NAME`, `deployment/NAME` and the like, or a name alone.

    Everything that the scheduler would place before it is placed before it. NotFound when there is no such thing.
    """
    search = _Search(world, text, namespace)
    pods = search.pods()
    if not pods:
        key = search.bound()
        if key is not None:
            return Explanation(pods=(_bound(world, key),), notes=tuple(world.notes))
    claim = None if pods else search.claim()
    if claim is not None:
        pods = _users(world, claim)
    elif not pods:
        pods = search.of_workload()
        if not pods:
            raise search.missing()
    wanted = {pod.label for pod in pods}
    planner = Planner(world, features, wanted)
    found = _placed(planner, world, wanted)
    state = None if claim is None else _state(planner, world, claim, used=bool(pods))
    return Explanation(claim=state, pods=found, notes=tuple(world.notes))


def _users(world: World, claim: Claim) -> list[Pod]:
    """The pods to place that name the claim."""
    return [
        pod
        for pod in world.pods
        if any(one.claim is not None and one.claim.uid == claim.uid for one in pod.claims)
    ]


def _placed(planner: Planner, world: World, wanted: set[str]) -> tuple[PodFinding, ...]:
    """What comes of the wanted pods; those before them in the queue are placed before them."""
    found: list[PodFinding] = []
    for pod in world.pods:
        if len(found) == len(wanted):
            break
        finding = planner.place(pod, tell=pod.label in wanted)
        if pod.label in wanted:
            found.append(finding)
    return tuple(found)


def _state(planner: Planner, world: World, claim: Claim, used: bool) -> ClaimState:
    allocation = planner.allocation(claim)
    return ClaimState(
        claim=claim.label,
        template=claim.template,
        devices=chosen(allocation),
        users=tuple(world.users.get(claim.uid, ())),
        nodes=planner.explain_claim(claim) if allocation is None and not used else (),
    )


def _bound(world: World, key: ObjectKey) -> PodFinding:
    node, claims = world.bound[key]
    return PodFinding(
        namespace=key[0],
        name=key[1],
        node=node,
        running=True,
        claims=tuple(
            ClaimFinding(
                entry=one.entry,
                claim=one.claim.label,
                template=one.claim.template,
                shared=True,
                devices=chosen(one.claim.allocation),
            )
            for one in claims
            if one.claim is not None
        ),
    )
