"""A minimal case for each quirk of dra-semantics 12, or a few, with what upstream and what the default mode answers."""

from __future__ import annotations

from typing import Any, NamedTuple

from .allocator_cases import DEFAULTS

Object = dict[str, Any]
FRACTIONAL = (*DEFAULTS, "FractionalCapacityRange")
DERIVED = (*DEFAULTS, "DerivedAttributes")
LISTS = (*DEFAULTS, "ListTypeAttributes")
OPERATIONS = (*DEFAULTS, "OptionalNodeOperations")


def device(name: str, **fields: Any) -> Object:
    """A device; fields that the API does not have are attributes, lists of texts among them."""
    made: Object = {"name": name}
    for key, value in fields.items():
        if key in ("g", "k", "kind"):
            typed = "strings" if isinstance(value, list) else "int" if isinstance(value, int) else "string"
            made.setdefault("attributes", {})[key] = {typed: value}
        else:
            made[key] = value
    return made


def uses(counter_set: str, amount: int) -> list[Object]:
    return [{"counterSet": counter_set, "counters": {"m": {"value": str(amount)}}}]


def slices(
    *devices: Object, name: str = "s", pool: str = "p", generation: int = 1, count: int = 1, **spec: Any
) -> Object:
    where = {} if spec.keys() & {"nodeName", "perDeviceNodeSelection"} else {"nodeName": "n1"}
    pools = {"name": pool, "generation": generation, "resourceSliceCount": count}
    return {
        "metadata": {"name": name},
        "spec": {"driver": "d.example", "pool": pools, "devices": list(devices), **where, **spec},
    }


def counters(count: int, *names: str, capacity: int = 1, **options: Any) -> Object:
    sets = [{"name": name, "counters": {"m": {"value": str(capacity)}}} for name in names]
    made = slices(name="c", count=count, sharedCounters=sets, **options)
    del made["spec"]["devices"]
    return made


def request(name: str = "r", count: int = 1, **fields: Any) -> Object:
    mode = {"allocationMode": "All"} if count == 0 else {"allocationMode": "ExactCount", "count": count}
    selector = fields.pop("cel", None)
    if selector:
        fields["selectors"] = [{"cel": {"expression": selector}}]
    return {"name": name, "exactly": {"deviceClassName": "c", **mode, **fields}}


def first_available(*parts: Object) -> Object:
    return {"name": "r", "firstAvailable": [{"name": part["name"], **part["exactly"]} for part in parts]}


def claim(*requests: Object, name: str = "claim", **devices: Any) -> Object:
    meta = {"name": name, "namespace": "ns", "uid": name}
    return {"metadata": meta, "spec": {"devices": {"requests": list(requests), **devices}}}


def allocated(*names: str, **result: Any) -> list[Object]:
    results = [
        {"request": "r", "driver": "d.example", "pool": "p", "device": name, **result} for name in names
    ]
    return [{**claim(request(), name="other"), "status": {"allocation": {"devices": {"results": results}}}}]


class Quirk(NamedTuple):
    """`upstream` and `ours` are the chosen devices' names, or the kind of answer; `ours` is that of the default mode."""

    name: str
    slices: list[Object]
    claims: list[Object]
    upstream: str
    ours: str
    allocated: tuple[Object, ...] | list[Object] = ()
    features: tuple[str, ...] = DEFAULTS


ADMIN: Object = {"adminAccess": True}
MATCH = [{"matchAttribute": "d.example/g"}]
SHARE = "00000000-0000-4000-8000-000000000001"
MEM = {"mem": {"value": "10"}}
RANGE = {
    "mem": {"value": "80Gi", "requestPolicy": {"default": "1Gi", "validRange": {"min": "1Gi", "step": "1Gi"}}}
}
BEYOND = {"mem": {"value": "80", "requestPolicy": {"default": "30", "validRange": {"min": "1", "max": "20"}}}}
TWO_SETS = [
    counters(2, "x", "y"),
    slices(
        device("a", consumesCounters=uses("x", 1)),
        device("b", consumesCounters=uses("x", 1)),
        device("z", consumesCounters=uses("y", 1)),
        count=2,
    ),
]
HALF = slices(device("h"), name="half", pool="q", count=2)
THREE = slices(device("a", g="x", k=1), device("b", g="y", k=1), device("c", g="y", k=2))
K_IS = "device.attributes['d.example'].k == "
OTHER_NODE = (device("a", nodeName="n2"), device("b", kind="x", nodeName="n1"))
TERM = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["z1"]}]}
NO_TERM = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["nowhere"]}]}
TWO_TERMS = {"nodeSelectorTerms": [TERM, NO_TERM]}
NONSENSE_TERMS = {
    "nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "Like", "values": ["z1"]}]}]
}
GROUPED = [{**uses("x", 1)[0], "compatibilityGroups": ["one"]}]


READS_G = [{"name": "d.example/derived", "expression": "device.attributes['d.example'].g"}]
NONSENSE = [{"name": "d.example/derived", "expression": "device.nope"}]


def mem(amount: str) -> Object:
    return {"capacity": {"requests": {"mem": amount}}}


QUIRKS = [
    Quirk(
        "K1 a stale generation that is complete on the node is used",
        [
            slices(device("a")),
            slices(device("z"), name="t", generation=2, count=2, nodeName="n2"),
        ],
        [claim(request())],
        "a",
        "none",
    ),
    Quirk(
        "K2 the first slice says how many there are",
        [slices(device("a"), count=2), slices(device("b"), name="t", count=5)],
        [claim(request())],
        "a",
        "a",
    ),
    Quirk(
        "K2 the other way round",
        [slices(device("b"), name="t", count=5), slices(device("a"), count=2)],
        [claim(request())],
        "none",
        "a",
    ),
    Quirk(
        "K3 all devices while another pool is incomplete",
        [slices(device("a")), HALF],
        [claim(request(count=0, cel="device.driver == 'd.example'"))],
        "fatal",
        "fatal",
    ),
    Quirk(
        "K3 an alternative for all devices that is not needed",
        [slices(device("a")), HALF],
        [claim(first_available(request("one"), request("all", 0)))],
        "fatal",
        "a",
    ),
    Quirk(
        "K3 one device while another pool is incomplete",
        [slices(device("a")), HALF],
        [claim(request())],
        "a",
        "a",
    ),
    Quirk(
        "K4 a constraint on all devices ends the search",
        [THREE],
        [claim(request("one", cel=K_IS + "1"), request("all", 0, cel=K_IS + "2"), constraints=MATCH)],
        "fatal",
        "b c",
    ),
    Quirk(
        "K4 and the next alternative is not tried",
        [slices(device("a", g="x"), device("b", g="y"))],
        [claim(first_available(request("all", 0), request("one")), constraints=MATCH)],
        "fatal",
        "a",
    ),
    Quirk(
        "K5 an overdrawn counter blocks all", TWO_SETS, [claim(request())], "none", "z", allocated("a", "b")
    ),
    Quirk("K5 one that is used up does not", TWO_SETS, [claim(request())], "z", "z", allocated("a")),
    Quirk(
        "K6 admin access pays counters twice",
        [counters(2, "x"), slices(device("a", consumesCounters=uses("x", 1)), count=2)],
        [claim(request(**ADMIN))],
        "none",
        "a",
        allocated("a"),
    ),
    Quirk(
        "K6 admin access needs capacity that is left",
        [slices(device("a", allowMultipleAllocations=True, capacity=MEM))],
        [claim(request(**ADMIN))],
        "none",
        "a",
        allocated("a", shareID=SHARE, consumedCapacity={"mem": "10"}),
    ),
    Quirk(
        "K7 admin access first",
        [slices(device("a"))],
        [claim(request(**ADMIN), name="one"), claim(request(), name="two")],
        "none",
        "a a",
    ),
    Quirk(
        "K7 admin access last",
        [slices(device("a"))],
        [claim(request(), name="one"), claim(request(**ADMIN), name="two")],
        "a a",
        "a a",
    ),
    Quirk(
        "K7 in one claim, admin access first",
        [slices(device("a"))],
        [claim(request("one", **ADMIN), request("two"))],
        "none",
        "none",
    ),
    Quirk(
        "K7 in one claim, admin access last",
        [slices(device("a"))],
        [claim(request("one"), request("two", **ADMIN))],
        "none",
        "none",
    ),
    Quirk(
        "K8 a list is distinct as the first only",
        [slices(device("a", g=["x"]), device("b", g="x"))],
        [claim(request(count=2), constraints=[{"distinctAttribute": "d.example/g"}])],
        "a b",
        "a b",
    ),
    Quirk(
        "K8 a list is distinct as the second not",
        [slices(device("b", g="x"), device("a", g=["x"]))],
        [claim(request(count=2), constraints=[{"distinctAttribute": "d.example/g"}])],
        "none",
        "b a",
    ),
    Quirk(
        "K9 a share of a device that is no longer shared",
        [slices(device("a"))],
        [claim(request())],
        "a",
        "none",
        allocated("a", shareID=SHARE),
    ),
    Quirk(
        "K9 with capacity, and nothing asked of it",
        [slices(device("a", capacity=MEM))],
        [claim(request())],
        "none",
        "none",
        allocated("a", shareID=SHARE, consumedCapacity={"mem": "1"}),
    ),
    Quirk(
        "K9 with capacity, and no more asked than is left",
        [slices(device("a", capacity=MEM))],
        [claim(request(**mem("5")))],
        "a",
        "none",
        allocated("a", shareID=SHARE, consumedCapacity={"mem": "1"}),
    ),
    Quirk(
        "K10 node operations that nobody can skip",
        [slices(device("a"), skipNodeOperations=["*"])],
        [claim(request())],
        "a",
        "none",
    ),
    Quirk(
        "K10 unless another feature brings in the newest allocator",
        [slices(device("a"), skipNodeOperations=["*"])],
        [claim(request())],
        "none",
        "none",
        features=LISTS,
    ),
    Quirk(
        "K10 nor on a node that does not say it can",
        [slices(device("a"), skipNodeOperations=["*"])],
        [claim(request())],
        "none",
        "none",
        features=OPERATIONS,
    ),
    Quirk(
        "K11 a selector fails on a device of another node",
        [slices(*OTHER_NODE, perDeviceNodeSelection=True)],
        [claim(request(cel="device.attributes['d.example'].kind == 'x'"))],
        "fatal",
        "b",
    ),
    Quirk(
        "K11 unless that comes later",
        [slices(*reversed(OTHER_NODE), perDeviceNodeSelection=True)],
        [claim(request(cel="device.attributes['d.example'].kind == 'x'"))],
        "b",
        "b",
    ),
    Quirk(
        "K12 a device for nodes by two terms",
        [slices(device("a", nodeSelector=TWO_TERMS), perDeviceNodeSelection=True)],
        [claim(request())],
        "fatal",
        "a",
    ),
    Quirk(
        "K13 a request beyond milli-units",
        [
            slices(
                device("a", allowMultipleAllocations=True, capacity=RANGE),
                device("b", capacity={"mem": {"value": "20Pi"}}),
            )
        ],
        [claim(request(**mem("10Pi")))],
        "fatal",
        "b",
        features=FRACTIONAL,
    ),
    Quirk(
        "K13 a request beyond whole units",
        [
            slices(
                device("a", allowMultipleAllocations=True, capacity=RANGE),
                device("b", capacity={"mem": {"value": "20Ei"}}),
            )
        ],
        [claim(request(**mem("16Ei")))],
        "fatal",
        "b",
    ),
    Quirk(
        "K13 an amount below zero makes no sense for any device",
        [slices(device("a", capacity=MEM), device("b"))],
        [claim(request(**mem("-1")))],
        "fatal",
        "fatal",
    ),
    Quirk(
        "K13 without fractions",
        [
            slices(
                device("a", allowMultipleAllocations=True, capacity=RANGE),
                device("b", capacity={"mem": {"value": "20Pi"}}),
            )
        ],
        [claim(request(**mem("10Pi")))],
        "b",
        "b",
    ),
    Quirk(
        "K14 a derived attribute that one device has no value for",
        [slices(device("a", k=1), device("b", g="x"))],
        [claim(request(derivedAttributes=READS_G), constraints=[{"matchAttribute": "d.example/derived"}])],
        "fatal",
        "b",
        features=DERIVED,
    ),
    Quirk(
        "K14 a derived attribute that means nothing",
        [slices(device("a", g="x"))],
        [claim(request(derivedAttributes=NONSENSE), constraints=[{"matchAttribute": "d.example/derived"}])],
        "fatal",
        "none",
        features=DERIVED,
    ),
    Quirk(
        "K15 the default beyond the range",
        [slices(device("a", allowMultipleAllocations=True, capacity=BEYOND))],
        [claim(request(**mem("30")))],
        "a",
        "a",
    ),
    Quirk(
        "K15 the default in another form",
        [slices(device("a", allowMultipleAllocations=True, capacity=BEYOND))],
        [claim(request(**mem("30000m")))],
        "none",
        "a",
    ),
    Quirk(
        "K16 without any feature capacity is passed over",
        [slices(device("a", capacity={"mem": {"value": "1"}}))],
        [claim(request(**mem("99")))],
        "a",
        "fatal",
        features=(),
    ),
    Quirk(
        "K17 a slice with groups beside a counter slice",
        [counters(2, "x"), slices(device("a", consumesCounters=GROUPED), count=2)],
        [claim(request(count=0))],
        "fatal",
        "fatal",
    ),
    Quirk(
        "K17 a slice with groups alone, of a pool that is not seen then",
        [slices(device("a", consumesCounters=GROUPED)), slices(device("b"), name="t", pool="q")],
        [claim(request(count=0))],
        "b",
        "b",
    ),
    Quirk(
        "K19 a pool with binding conditions comes last",
        [
            slices(device("a"), device("a2", bindingConditions=["ready"]), pool="p1"),
            slices(device("b"), name="t", pool="p2"),
        ],
        [claim(request())],
        "b",
        "b",
    ),
    Quirk(
        "K20 two capacities below zero",
        [slices(device("a", capacity={"x": {"value": "1"}, "y": {"value": "1"}}))],
        [claim(request(capacity={"requests": {"x": "-1", "y": "-1"}}))],
        "fatal",
        "fatal",
    ),
    Quirk(
        "K21 a device in use is gone, and nobody knows what it takes",
        [counters(2, "x"), slices(device("b", consumesCounters=uses("x", 1)), count=2)],
        [claim(request())],
        "b",
        "none",
        allocated("a"),
    ),
    Quirk(
        "K21 a device without counters beside it",
        [counters(2, "x"), slices(device("b", consumesCounters=uses("x", 1)), device("z"), count=2)],
        [claim(request())],
        "b",
        "z",
        allocated("a"),
    ),
    Quirk(
        "K21 shares hold a capacity that is gone",
        [slices(device("a", allowMultipleAllocations=True, capacity=MEM))],
        [claim(request())],
        "a",
        "none",
        allocated("a", shareID=SHARE, consumedCapacity={"bandwidth": "1"}),
    ),
    Quirk(
        "K22 an attribute without a value",
        [slices(device("a", attributes={"k": {}}), device("b", k=1))],
        [claim(request(cel="device.driver == 'd.example'"))],
        "fatal",
        "b",
    ),
    Quirk(
        "K22 a slice's node selector that cannot be read",
        [
            slices(device("a"), nodeName=None, nodeSelector=NONSENSE_TERMS),
            slices(device("b"), name="t", pool="q"),
        ],
        [claim(request())],
        "fatal",
        "b",
    ),
    Quirk(
        "K22 a device's node selector that cannot be read",
        [
            slices(
                device("a", nodeSelector=NONSENSE_TERMS),
                device("b", allNodes=True),
                perDeviceNodeSelection=True,
            )
        ],
        [claim(request())],
        "fatal",
        "b",
    ),
]
