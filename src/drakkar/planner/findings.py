"""What was found out about pods and claims: per node, request and device. Plain data, ready to be written as JSON."""

from __future__ import annotations

import msgspec


class _Data(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How every struct here is laid out."""


class Holder(_Data, frozen=True, kw_only=True):
    """A claim that has a device, and the pods that use the claim."""

    claim: str
    pods: tuple[str, ...] = ()


class Reason(_Data, frozen=True, kw_only=True):
    """One thing that stands against a device. `holders` use up what is short, `used` how much: `3 of 4`.

    `kind` is taken, selector, selectorError, constraint, counter, capacity, taint, node or other.
    """

    kind: str
    text: str
    holders: tuple[Holder, ...] = ()
    used: str = ""


class Rejection(_Data, frozen=True, kw_only=True):
    """Devices that do not do for a request, all for the same reasons; the fields are those of the first, as of Reason.

    `also` are the others: each would stand against the devices if the first did not. `passed_over` are devices that are
    none of those that a request for all devices asks for.
    """

    kind: str
    text: str
    devices: tuple[str, ...]
    holders: tuple[Holder, ...] = ()
    used: str = ""
    also: tuple[Reason, ...] = ()
    passed_over: bool = False


class RequestFinding(_Data, frozen=True, kw_only=True):
    """One request, or one alternative of it (`request/alternative`), looked at by itself on one node."""

    claim: str
    request: str
    device_class: str
    # How many devices are asked for; every_device asks for all that are selected.
    count: int = 0
    every_device: bool = False
    devices: int = 0
    usable: tuple[str, ...] = ()
    rejected: tuple[Rejection, ...] = ()

    @property
    def enough(self) -> bool:
        """Whether the request could be met if it were the only one."""
        if self.every_device:
            return bool(self.usable) and all(one.passed_over for one in self.rejected)
        return len(self.usable) >= self.count


class PoolFault(_Data, frozen=True, kw_only=True):
    """A pool whose devices are not offered."""

    driver: str
    pool: str
    fault: str


class Conflict(_Data, frozen=True, kw_only=True):
    """Two devices that a constraint keeps apart, each of which would do by itself."""

    claim: str
    constraint: int
    attribute: str
    requests: tuple[str, str]
    devices: tuple[str, str]
    values: tuple[str, str]
    text: str


class Change(_Data, frozen=True, kw_only=True):
    """One thing that would have to be otherwise; `text` goes on from "would fit if".

    `kind` is count, capacity, capacityRequest, toleration, selector, constraint, holder, holders, pool, classSelector,
    feature, nodeFeature or request. `claim` and `request` are whose manifest it is in, `holders` who has the `devices`.
    `subject` is the position of a selector or constraint, or the name of what it is about (a taint, a capacity, a class,
    a pool, a feature), and `amount` what would be asked for instead.
    """

    kind: str
    text: str
    claim: str = ""
    request: str = ""
    subject: str = ""
    amount: str = ""
    holders: tuple[Holder, ...] = ()
    devices: tuple[str, ...] = ()


class NodeFinding(_Data, frozen=True, kw_only=True):
    """Why a node does not take a pod; nothing set means that it would."""

    node: str
    # What stands against it whatever the devices: taints, selectors, resources, claims allocated elsewhere.
    reasons: tuple[str, ...] = ()
    pools: tuple[PoolFault, ...] = ()
    requests: tuple[RequestFinding, ...] = ()
    # Why what each request could have by itself cannot be had together.
    together: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    failure: str = ""
    # The smallest set of changes with which the claims get their devices here: asked of the allocator, so it is true.
    would_fit_if: tuple[Change, ...] = ()
    # Why there is no such set; empty where there is nothing to change.
    no_change: str = ""

    @property
    def fits(self) -> bool:
        """Whether the pod could run there."""
        return not (self.reasons or self.requests or self.failure)


class ChosenDevice(_Data, frozen=True, kw_only=True):
    """A device that a claim gets."""

    request: str
    driver: str
    pool: str
    device: str
    share_id: str = msgspec.field(default="", name="shareID")
    consumed_capacity: dict[str, str] = {}
    admin_access: bool = False


class ClaimFinding(_Data, frozen=True, kw_only=True):
    """A claim of a pod, and its devices if it has some."""

    entry: str
    claim: str
    template: str = ""
    # Whether the claim had its devices before the plan began or before this pod came.
    shared: bool = False
    devices: tuple[ChosenDevice, ...] = ()


class PodFinding(_Data, frozen=True, kw_only=True):
    """What a plan comes to for one pod; a pod that could not be placed has no node."""

    namespace: str
    name: str
    origin: str = ""
    node: str = ""
    # Whether the pod had its node before the plan began.
    running: bool = False
    claims: tuple[ClaimFinding, ...] = ()
    # The pods that have to leave the node for it.
    victims: tuple[str, ...] = ()
    reason: str = ""
    # Why no less important pods are to leave for it, where there are some and it goes nowhere.
    preemption: str = ""
    nodes: tuple[NodeFinding, ...] = ()
    # A pod that asks for the same and goes nowhere for the same reason, with the nodes told there.
    same_as: str = ""
    # What the scheduler of a live pod could not do at its last try, in its own words.
    scheduler_error: str = ""
    # The one that is to place the pod, where it is not the default one.
    other_scheduler: str = ""

    @property
    def placed(self) -> bool:
        """Whether the pod found a node."""
        return bool(self.node)


class Plan(_Data, frozen=True, kw_only=True):
    """All pods that were to be placed, in the order in which they were tried."""

    pods: tuple[PodFinding, ...] = ()
    notes: tuple[str, ...] = ()
    nodes: int = 0

    @property
    def complete(self) -> bool:
        """Whether every pod found a node."""
        return all(pod.placed for pod in self.pods)


class ClaimState(_Data, frozen=True, kw_only=True):
    """A claim by itself: what it has, who uses it, and what each node could give it if it has nothing."""

    claim: str
    template: str = ""
    devices: tuple[ChosenDevice, ...] = ()
    users: tuple[str, ...] = ()
    nodes: tuple[NodeFinding, ...] = ()


class Explanation(_Data, frozen=True, kw_only=True):
    """The answer to one question: a claim if it was about one, and pods."""

    claim: ClaimState | None = None
    pods: tuple[PodFinding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether everything that was asked about has, or could have, its place and devices."""
        if not all(pod.placed for pod in self.pods):
            return False
        if self.claim is None or self.claim.devices or self.pods:
            return True
        return any(node.fits for node in self.claim.nodes)
