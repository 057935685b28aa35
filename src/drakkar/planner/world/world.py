"""What the planner plans in: nodes, devices, claims and pods from objects of any origin. Built once, then only read."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator

import msgspec

from drakkar.allocator import Inventory, Ledger, Node
from drakkar.api import core
from drakkar.api.features import Features
from drakkar.api.gates import Gates
from drakkar.api.held_devices import held_devices
from drakkar.api.label_keys import written_out
from drakkar.api.meta import ObjectMeta
from drakkar.api.node_selector import NodeSelectorError
from drakkar.api.object import Object, ObjectKey, Uid, key_of
from drakkar.api.pod_claims import entries
from drakkar.api.quantity import QuantityError
from drakkar.api.resource import (
    DecodeError,
    DeviceClass,
    DeviceTaintRule,
    ResourceClaim,
    ResourceSlice,
    decode,
)
from drakkar.api.storage import StorageClass, Volume, VolumeClaim
from drakkar.api.workloads import DisruptionBudget
from drakkar.collector import nothing_collected
from drakkar.placement import COMPARING, KINDS, Needs, Snapshot
from drakkar.planner.world.catalog import Catalog
from drakkar.planner.world.members import Claim, Pod, PodClaim, WorkloadKey
from drakkar.planner.world.salvage import seat_of
from drakkar.planner.world.unplanned import not_considered
from drakkar.sources.source import InputError, Sourced
from drakkar.sources.workloads import MOST_PODS, WORKLOADS, expand

_log = logging.getLogger(__name__)
_ENDED = ("Succeeded", "Failed")


class World:
    """Objects of any origin, related to one another. What makes no sense is left out, see `faults`; InputError if there is
    too much to plan."""

    @nothing_collected()
    def __init__(self, sources: Iterable[Sourced], gates: Gates | None = None) -> None:
        on = Gates.default() if gates is None else gates
        catalog = Catalog(sources, Features.from_gates(on))
        self._catalog = catalog
        self.faults = catalog.faults
        self.notes: list[str] = []
        self.inventory = Inventory()
        # The nodes with the pods that are on them.
        self._comparing = COMPARING in on
        self.snapshot = Snapshot(self._comparing)
        self._take_devices(catalog)
        self._read_nodes(catalog)
        self._read_surroundings(catalog)
        self.places = {node.name: Node.of(node.node) for node in self.snapshot.nodes}
        self.claims = self._read_claims(catalog)
        self._templates = catalog.of("ResourceClaimTemplate")
        self._priorities = catalog.of("PriorityClass")
        # Who uses a claim: by claim uid the labels of pods that run or are to be placed.
        self.users: dict[Uid, list[str]] = {}
        # The pods of a workload: those that are there and those it will make.
        self.workloads: dict[WorkloadKey, list[str]] = {}
        # Of the pods that have their node, how important the least important is.
        self.least_priority = 0
        # Pods that have their node, with their claims.
        self.bound: dict[ObjectKey, tuple[str, list[PodClaim]]] = {}
        self.pods = self._read_pods(catalog)
        # Claims that are left out but have devices.
        self.salvaged = self._salvage()
        self._remark(catalog)
        self.notes += [f"left out: {line}" for line in self.faults.listed()]

    def ledger(self) -> Ledger:
        """A new ledger of what is allocated in this world."""
        ledger = Ledger()
        for claim in (*self.claims.values(), *self.salvaged):
            if claim.allocation is not None:
                ledger.set_claim(claim.uid, claim.allocation)
        return ledger

    def _take_devices(self, catalog: Catalog) -> None:
        def take(kind: str, into: Callable[[Sourced], object]) -> None:
            for key, source in list(catalog.of(kind).items()):
                with self._costing_itself(kind, key, source):
                    into(source)

        def take_class(source: Sourced) -> None:
            found = decode(DeviceClass, source.obj)
            self.inventory.set_class(found)
            self.snapshot.set_class(found)

        take("DeviceClass", take_class)
        take("ResourceSlice", lambda source: self.inventory.set_slice(decode(ResourceSlice, source.obj)))
        for entry in self.inventory.slices():
            for fault in entry.faults:
                source = catalog.of("ResourceSlice")[ObjectKey("", entry.name)]
                self.faults.add(source, None, [f"{source.where}: {fault}"])
        take("DeviceTaintRule", lambda source: self.inventory.set_rule(decode(DeviceTaintRule, source.obj)))

    @contextlib.contextmanager
    def _costing_itself(self, kind: str, key: ObjectKey, source: Sourced) -> Iterator[None]:
        """Whatever is wrong with an object in here, it is left out and told, and nothing else is."""
        try:
            yield
        except InputError as error:
            why = "; ".join(error.problems)
        except (DecodeError, QuantityError, NodeSelectorError) as error:
            why = str(error)
        except Exception as error:
            # What no rule foresaw in it must not cost the others.
            _log.debug("%s", source.where, exc_info=error)
            why = f"cannot be read: {type(error).__name__}"
        else:
            return
        self._catalog.drop(kind, key, [f"{source.where}: {why}"])

    def _read_nodes(self, catalog: Catalog) -> None:
        for key, source in sorted(catalog.of("Node").items()):
            with self._costing_itself("Node", key, source):
                self.snapshot.set_node(decode(core.Node, source.obj))
        if self.snapshot.nodes:
            return
        named = {source.obj["spec"].get("nodeName") for source in catalog.of("ResourceSlice").values()}
        invented = sorted(name for name in named if name)
        if invented:
            self.notes.append(
                f"no Node is given: the {len(invented)} that ResourceSlices name are taken to exist,"
                " without labels or taints and with room for every pod"
            )
        for name in invented:
            self.snapshot.set_node(core.Node(metadata=core.Metadata(name=name)), boundless=True)

    def _read_surroundings(self, catalog: Catalog) -> None:
        """What else decides where pods go, besides nodes and the pods that are there."""
        for key, source in catalog.of("Namespace").items():
            self.snapshot.set_namespace(key.name, decode(core.Named, source.obj).metadata.labels)
        for kind in KINDS:
            for key, source in catalog.of(kind).items():
                self.snapshot.groups.tell(kind, key, source.obj)
        for key, source in catalog.of("PersistentVolumeClaim").items():
            self.snapshot.volumes.set_claim(key, decode(VolumeClaim, source.obj))
        for key, source in catalog.of("PersistentVolume").items():
            self.snapshot.volumes.set_volume(key.name, decode(Volume, source.obj))
        for key, source in catalog.of("StorageClass").items():
            self.snapshot.volumes.set_class(key.name, decode(StorageClass, source.obj))
        for key, source in list(catalog.of("PodDisruptionBudget").items()):
            with self._costing_itself("PodDisruptionBudget", key, source):
                self.snapshot.budgets.put(key, decode(DisruptionBudget, source.obj))

    def _read_claims(self, catalog: Catalog) -> dict[ObjectKey, Claim]:
        found = {}
        for key, source in list(catalog.of("ResourceClaim").items()):
            with self._costing_itself("ResourceClaim", key, source):
                struct = decode(ResourceClaim, source.obj)
                found[key] = Claim(
                    struct.metadata.uid or Uid(f"claim {key[0]}/{key[1]}"),
                    struct,
                    allocation=struct.status.allocation,
                    deleting=struct.metadata.deletion_timestamp is not None,
                )
        return found

    def _read_pods(self, catalog: Catalog) -> list[Pod]:
        waiting: list[tuple[str, ObjectKey, Sourced]] = []
        there = []
        for key, source in list(catalog.of("Pod").items()):
            pod = source.obj
            if (pod.get("status") or {}).get("phase") in _ENDED:
                continue
            if pod["spec"].get("nodeName"):
                with self._costing_itself("Pod", key, source):
                    self._bind(pod)
            elif not pod["metadata"].get("deletionTimestamp"):
                waiting.append(("Pod", key, source))
            there.append(pod)
        waiting += self._expanded(catalog, there)
        if len(waiting) > MOST_PODS:
            raise InputError([f"{len(waiting)} pods to place; the planner stops at {MOST_PODS}"])
        made: list[Pod] = []
        for kind, key, source in waiting:
            if key in catalog.of(kind):
                with self._costing_itself(kind, key, source):
                    made.append(self._pod(source.obj))
        # As the scheduler's queue: by priority, then by age; what does not exist yet comes last.
        return sorted(
            made, key=lambda pod: (-pod.priority, pod.obj["metadata"].get("creationTimestamp") or "~")
        )

    def _bind(self, pod: Object) -> None:
        label = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        struct = self._struct(pod)
        claims = self._pod_claims(struct)
        key = key_of(pod)
        self.snapshot.put(key, struct, struct.spec.node_name)
        self.least_priority = min(self.least_priority, struct.spec.priority or 0)
        self.bound[key] = (pod["spec"]["nodeName"], claims)
        for entry in claims:
            if entry.claim is None:
                continue
            if self._uses(label, entry.claim) and entry.claim.allocation is None:
                self.notes.append(
                    f"pod {label} names its node, so no scheduler allocates its claim {entry.claim.label}"
                )

    def _uses(self, pod: str, claim: Claim) -> bool:
        """Note a pod at its claim; False for one that names the claim a second time."""
        users = self.users.setdefault(claim.uid, [])
        if pod in users[-1:]:
            return False
        users.append(pod)
        return True

    def _expanded(self, catalog: Catalog, there: list[Object]) -> list[tuple[str, ObjectKey, Sourced]]:
        owned: dict[WorkloadKey, list[Object]] = {}
        for pod in there:
            owner = _controller(pod)
            if owner is not None and owner.kind == "ReplicaSet":
                known = catalog.of("ReplicaSet").get(owner.key)
                above = _controller(known.obj) if known is not None else None
                if above is not None and above.key in catalog.of(above.kind):
                    owner = above
            if owner is not None:
                owned.setdefault(owner, []).append(pod)
        made: list[tuple[str, ObjectKey, Sourced]] = []
        for kind in WORKLOADS:
            for key, source in list(catalog.of(kind).items()):
                above = _controller(source.obj)
                if above is not None and above.key in catalog.of(above.kind):
                    continue
                have = owned.get(WorkloadKey(kind, key), [])
                with self._costing_itself(kind, key, source):
                    new = expand(source.obj, self._node_structs, have, self._comparing)
                    made += [(kind, key, Sourced(pod, source.where, source.stored)) for pod in new]
                    self.workloads[WorkloadKey(kind, key)] = [
                        pod["metadata"]["name"] for pod in (*have, *new)
                    ]
        return made

    def _pod(self, pod: Object) -> Pod:
        metadata, spec = pod["metadata"], pod["spec"]
        namespace, name = metadata["namespace"], metadata["name"]
        owner = _controller(pod)
        struct = self._struct(written_out(pod))
        # QuantityError, where it makes no sense.
        needs = Needs(struct)
        if struct.status.nominated_node_name:
            self.snapshot.nominate(key_of(pod), struct, struct.status.nominated_node_name, needs)
        blocked = [
            f"scheduling gate {gate.get('name', '')} holds the pod back"
            for gate in spec.get("schedulingGates") or []
        ]
        claims, priority = tuple(self._pod_claims(struct)), struct.spec.priority or 0
        for entry in claims:
            if entry.claim is None:
                blocked.append(entry.problem)
                continue
            self._uses(f"{namespace}/{name}", entry.claim)
            blocked += self._claim_problems(entry.claim)
        origin = f"{owner.kind} {owner.key.name}" if owner else ""
        return Pod(pod, namespace, name, origin, claims, struct, priority, tuple(blocked))

    @property
    def _node_structs(self) -> list[core.Node]:
        return [one.node for one in self.snapshot.nodes]

    def _claim_problems(self, claim: Claim) -> list[str]:
        if claim.deleting:
            return [f"ResourceClaim {claim.label} is being deleted"]
        if claim.allocation is not None:
            return []
        problems = []
        for request in claim.struct.spec.devices.requests:
            exactly = [("", request.exactly.device_class_name)] if request.exactly is not None else []
            alternatives = [(f"/{part.name}", part.device_class_name) for part in request.first_available]
            for part, class_ in (*exactly, *alternatives):
                if class_ not in self.inventory.classes:
                    missing = self._missing("DeviceClass", ObjectKey("", class_))
                    problems.append(
                        f"{missing}; claim {claim.label} names it in request {request.name}{part}"
                    )
        return problems

    def _pod_claims(self, pod: core.Pod) -> list[PodClaim]:
        namespace = pod.metadata.namespace
        found = []
        for entry in entries(pod):
            if entry.is_nameless:
                problem = f"resourceClaims entry {entry.name} names neither a claim nor a template"
                found.append(PodClaim(entry.name, None, problem))
            elif entry.claim:
                claim = self.claims.get(ObjectKey(namespace, entry.claim))
                problem = "" if claim else self._missing("ResourceClaim", ObjectKey(namespace, entry.claim))
                found.append(PodClaim(entry.name, claim, problem))
            elif entry.unmade:
                found.append(self._from_template(pod.metadata, entry.name, entry.template))
        return found

    def _from_template(self, metadata: core.Metadata, entry: str, template: str) -> PodClaim:
        namespace, pod = metadata.namespace, metadata.name
        source = self._templates.get(ObjectKey(namespace, template))
        if source is None:
            return PodClaim(
                entry, None, self._missing("ResourceClaimTemplate", ObjectKey(namespace, template))
            )
        key = ObjectKey(namespace, f"{pod}-{entry}")
        uid = Uid(f"claim of {namespace}/{pod} for {entry}")
        made = {
            "metadata": {"namespace": namespace, "name": key[1], "uid": uid},
            "spec": source.obj["spec"].get("spec") or {},
        }
        claim = Claim(uid, decode(ResourceClaim, made), template)
        # A claim of that name that is there already belongs to somebody else; the real name ends in letters anyway.
        self.claims.setdefault(key, claim)
        return PodClaim(entry, claim)

    def _salvage(self) -> list[Claim]:
        found = []
        for kind, (namespace, name), obj in self.faults.objects:
            if kind == "Pod":
                seat = seat_of(obj)
                if seat is not None:
                    self.snapshot.put(ObjectKey(namespace, name), seat[1], seat[0])
            elif kind == "ResourceClaim":
                uid = Uid(f"claim {namespace}/{name} that is left out")
                struct = ResourceClaim(metadata=ObjectMeta(namespace=namespace, name=name, uid=uid))
                found.append(Claim(uid, struct, allocation=held_devices(obj)))
        return [claim for claim in found if claim.allocation is not None]

    def _missing(self, kind: str, key: ObjectKey) -> str:
        label = "/".join(part for part in key if part)
        why = self.faults.why(kind, key)
        return f"{kind} {label} cannot be used: {why}" if why else f"{kind} {label} does not exist"

    def _struct(self, pod: Object) -> core.Pod:
        """The pod as admission would have it: with the priority of its class, and whether it makes others go."""
        found = decode(core.Pod, pod)
        spec = found.spec
        if spec.priority is not None:
            return found
        for (_, known), source in self._priorities.items():
            named = spec.priority_class_name
            if known == named or (not named and source.obj.get("globalDefault")):
                value = int(source.obj.get("value") or 0)
                policy = spec.preemption_policy or source.obj.get("preemptionPolicy") or ""
                told = msgspec.structs.replace(spec, priority=value, preemption_policy=policy)
                return msgspec.structs.replace(found, spec=told)
        return found

    def _remark(self, catalog: Catalog) -> None:
        for kind, count in sorted(catalog.unexpanded.items()):
            self.notes.append(f"{kind}: the pods of {count} such object(s) are not planned")
        for kind, (_, name), job in (("Job", key, s.obj) for key, s in catalog.of("Job").items()):
            parallel, completions = job["spec"].get("parallelism", 1), job["spec"].get("completions")
            if completions is not None and completions > parallel:
                self.notes.append(f"{kind} {name}: {parallel} of its {completions} pods run at a time")
        left_out = not_considered(pod.struct for pod in self.pods)
        if left_out:
            self.notes.append("not considered, though pods ask for it: " + ", ".join(left_out))


def _controller(obj: Object) -> WorkloadKey | None:
    """The workload that manages an object."""
    metadata = obj["metadata"]
    for owner in metadata.get("ownerReferences") or []:
        if owner.get("controller"):
            return WorkloadKey(owner["kind"], ObjectKey(metadata["namespace"], owner["name"]))
    return None
