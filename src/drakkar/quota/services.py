"""What services use: their number, node ports, load balancers."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, objects
from drakkar.quota.amounts import whole
from drakkar.quota.counted import count_name
from drakkar.quota.evaluator import ONE, Evaluator, Measured, World

_COUNT = count_name("", "services")
_NODE_PORTS, _LOAD_BALANCERS = "services.nodeports", "services.loadbalancers"


class ServiceEvaluator(Evaluator):
    """What a service is may change."""

    def __init__(self) -> None:
        super().__init__(_COUNT, "services", _NODE_PORTS, _LOAD_BALANCERS)

    def measure(self, obj: Object, world: World) -> Measured:
        """What a service uses: as many node ports as it wants, for they may not be given yet."""
        spec = mapping(obj.get("spec"))
        ports = objects(spec.get("ports"))
        balanced = spec.get("type") == "LoadBalancer"
        given = len(ports) if balanced or spec.get("type") == "NodePort" else 0
        if balanced and spec.get("allocateLoadBalancerNodePorts") is False:
            given = sum(1 for port in ports if port.get("nodePort"))
        return Measured(
            {
                _COUNT: ONE,
                "services": ONE,
                _NODE_PORTS: whole(given),
                _LOAD_BALANCERS: whole(int(balanced)),
            }
        )

    def concerns(self, new: Object, old: Object | None, subresource: str) -> bool:
        """Any write of the whole."""
        return not subresource

    def frees(self, new: Object, old: Object) -> bool:
        """It is of another type, or has other ports."""
        fields = ("type", "ports", "allocateLoadBalancerNodePorts")
        one, other = mapping(new.get("spec")), mapping(old.get("spec"))
        return any(one.get(field) != other.get(field) for field in fields)
