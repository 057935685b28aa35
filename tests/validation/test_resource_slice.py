"""ResourceSlice: the slice itself, where it is, and what may change (dra-semantics 1.3)."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.validation import validate

from .objects import IDENTIFIER, KEY, LABEL, SUBDOMAIN, VALUE, Case, device, lines, slice_of

_ONE_PLACE = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
_S = "spec.nodeSelector.nodeSelectorTerms"
_SKIP = ["NodePrepareResources", "NodeUnprepareResources"]


def _terms(*terms: dict[str, Any]) -> dict[str, Any]:
    return {"nodeSelectorTerms": list(terms)}


def _selecting(*requirements: dict[str, Any], part: str = "matchExpressions") -> dict[str, Any]:
    return slice_of(nodeName=None, nodeSelector=_terms({part: list(requirements)}))


def _needs(operator: str, *values: str, key: str = "zone") -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


def _consuming(name: str = "d0", **fields: Any) -> dict[str, Any]:
    return device(name, consumesCounters=[{"counterSet": "s", "counters": {"m": {"value": "1"}}}], **fields)


CASES = [
    Case("1.3.5 no devices", slice_of(), []),
    Case(
        "1.1.1 driver",
        slice_of(driver=""),
        ["spec.driver: Required value"],
    ),
    Case("1.1.1 driver in upper case", slice_of(driver="D.Example"), []),
    Case(
        "1.1.1 driver that is none",
        slice_of(driver="d_e"),
        [f'spec.driver: Invalid value: "d_e": {SUBDOMAIN}'],
    ),
    Case(
        "1.1.1 long driver",
        slice_of(driver="d" * 64),
        ["spec.driver: Too long: may not be more than 63 bytes"],
    ),
    Case("1.1.2 pool in parts", slice_of(pool={"name": "a/b.c", "resourceSliceCount": 1}), []),
    Case(
        "1.1.2 pool with bad parts",
        slice_of(pool={"name": "a//B", "resourceSliceCount": 1}),
        [
            f'spec.pool.name: Invalid value: "": {SUBDOMAIN}',
            f'spec.pool.name: Invalid value: "B": {SUBDOMAIN}',
        ],
    ),
    Case(
        "1.1.2 long pool",
        slice_of(pool={"name": "p/" + "p" * 252, "resourceSliceCount": 1}),
        ["spec.pool.name: Too long: may not be more than 253 bytes"],
    ),
    Case(
        "1.3.4 pool numbers",
        slice_of(pool={"name": "", "generation": -1, "resourceSliceCount": 0}),
        [
            "spec.pool.name: Required value",
            "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
            "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero",
        ],
    ),
    Case("1.3.2 nowhere", slice_of(nodeName=None), [f"spec: Required value: {_ONE_PLACE}"]),
    Case(
        "1.3.2 in two places",
        slice_of(allNodes=True),
        [f'spec: Invalid value: "{{`nodeName`, `allNodes`}}": {_ONE_PLACE}, but multiple fields are set'],
    ),
    Case(
        "1.3.2 an empty node name",
        slice_of(nodeName="", allNodes=True),
        ['spec.nodeName: Invalid value: "": must be either unset or set to a non-empty string'],
    ),
    Case("1.3.2 a node name", slice_of(nodeName="N"), [f'spec.nodeName: Invalid value: "N": {SUBDOMAIN}']),
    Case(
        "1.3.2 false",
        slice_of(allNodes=False, perDeviceNodeSelection=False),
        [
            "spec.allNodes: Invalid value: false: must be either unset or set to true",
            "spec.perDeviceNodeSelection: Invalid value: false: must be either unset or set to true",
        ],
    ),
    Case(
        "1.3.2 no term",
        slice_of(nodeName=None, nodeSelector=_terms()),
        [
            f"{_S}: Required value: must have at least one node selector term",
            f"{_S}: Invalid value: []: must have exactly one node selector term",
        ],
    ),
    Case(
        "1.3.2 two terms",
        slice_of(nodeName=None, nodeSelector=_terms({"matchExpressions": [_needs("In", "a")]}, {})),
        [
            f'{_S}: Invalid value: [{{"MatchExpressions":[{{"Key":"zone","Operator":"In","Values":["a"]}}],'
            '"MatchFields":null},{"MatchExpressions":null,"MatchFields":null}]: must have exactly one node selector term'
        ],
    ),
    Case("1.3.2 a selector", _selecting(_needs("In", "a", "b"), _needs("Exists"), _needs("Gt", "1")), []),
    Case(
        "1.3.2 requirements",
        _selecting(
            _needs("In"),
            _needs("Exists", "a"),
            _needs("Lt", "1", "2"),
            _needs("Like", "?"),
            _needs("In", "a", key="-"),
        ),
        [
            f"{_S}[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
            f"{_S}[0].matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or "
            "'DoesNotExist'",
            f"{_S}[0].matchExpressions[2].values: Required value: must be specified single value when `operator` is "
            "'Lt' or 'Gt'",
            f'{_S}[0].matchExpressions[3].operator: Invalid value: "Like": not a valid selector operator',
            f'{_S}[0].matchExpressions[3].values[0]: Invalid value: "?": {VALUE}',
            f'{_S}[0].matchExpressions[4].key: Invalid value: "-": {KEY}',
        ],
    ),
    Case("1.3.2 a field", _selecting(_needs("In", "n1", key="metadata.name"), part="matchFields"), []),
    Case(
        "1.3.2 fields",
        _selecting(
            _needs("In", "n1", "N", key="metadata.name"), _needs("Exists", key="spec.x"), part="matchFields"
        ),
        [
            f"{_S}[0].matchFields[0].values: Required value: must be only one value when `operator` is 'In' or 'NotIn' "
            "for node field selector",
            f'{_S}[0].matchFields[0].values[1]: Invalid value: "N": {SUBDOMAIN}',
            f'{_S}[0].matchFields[1].operator: Invalid value: "Exists": not a valid selector operator',
            f'{_S}[0].matchFields[1].key: Invalid value: "spec.x": not a valid field selector key',
        ],
    ),
    Case(
        "1.3.5 devices and counters",
        slice_of(device(), sharedCounters=[{"name": "s", "counters": {"m": {"value": "1"}}}]),
        ['spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed'],
    ),
    Case(
        "1.3.6 two devices of a name",
        slice_of(device(), device("d1"), device()),
        ['spec.devices[2]: Duplicate value: "d0"'],
    ),
    Case(
        "1.3.6 counter sets",
        slice_of(
            sharedCounters=[
                {"name": "s", "counters": {"m": {"value": "1"}}},
                {"name": "s", "counters": {}},
                {"name": "", "counters": {"M": {"value": "1"}}},
            ]
        ),
        [
            'spec.sharedCounters[1]: Duplicate value: {"name":"s"}',
            "spec.sharedCounters[1].counters: Required value",
            "spec.sharedCounters[2].name: Required value",
            f'spec.sharedCounters[2].counters: Invalid value: "M": {LABEL}',
        ],
    ),
    Case(
        "1.2 counter sets",
        slice_of(sharedCounters=[{"name": f"s{at}", "counters": {"m": {"value": "1"}}} for at in range(9)]),
        ["spec.sharedCounters: Too many: 9: must have at most 8 items"],
    ),
    Case(
        "1.2 counters",
        slice_of(sharedCounters=[{"name": "s", "counters": {f"m{at}": {"value": "1"} for at in range(33)}}]),
        ["spec.sharedCounters[0].counters: Too many: 33: must have at most 32 items"],
    ),
    Case("1.2 128 devices", slice_of(*(device(f"d{at}") for at in range(128))), []),
    Case(
        "1.2 devices",
        slice_of(*(device(f"d{at}") for at in range(129))),
        ["spec.devices: Too many: 129: must have at most 128 items"],
    ),
    Case(
        "1.2 devices with taints",
        slice_of(*(device(f"d{at}", taints=[{"key": "k", "effect": "None"}]) for at in range(65))),
        ["spec.devices: Too many: 65: must have at most 64 items"],
    ),
    Case(
        "1.2 devices with counters",
        slice_of(*(_consuming(f"d{at}") for at in range(65))),
        ["spec.devices: Too many: 65: must have at most 64 items"],
    ),
    Case(
        "1.2 devices with lists",
        slice_of(*(device(f"d{at}", attributes={"a": {"ints": [1]}}) for at in range(65))),
        ["spec.devices: Too many: 65: must have at most 64 items"],
    ),
    Case("1.3.17 operations", slice_of(skipNodeOperations=_SKIP), []),
    Case("1.3.17 all operations", slice_of(skipNodeOperations=["*", "NodePrepareResources"]), []),
    Case(
        "1.3.17 prepare only",
        slice_of(skipNodeOperations=_SKIP[:1] * 2 + ["Other"]),
        [
            'spec.skipNodeOperations: Invalid value: ["NodePrepareResources","NodePrepareResources","Other"]: '
            "NodePrepareResources cannot be skipped unless NodeUnprepareResources is also skipped",
            'spec.skipNodeOperations[1]: Duplicate value: "NodePrepareResources"',
            'spec.skipNodeOperations[2]: Unsupported value: "Other": supported values: "*", "NodePrepareResources", '
            '"NodeUnprepareResources"',
        ],
    ),
    Case(
        "1.3.18 partition type",
        slice_of(
            _consuming(attributes={"kind": {"string": "big"}}),
            device("d1"),
            partitionTypeAttribute="d.example/kind",
        ),
        [],
    ),
    Case(
        "1.3.18 partition type without consumers",
        slice_of(device(), partitionTypeAttribute="d.example/kind"),
        [
            'spec.partitionTypeAttribute: Invalid value: "d.example/kind": may only be set on a slice which declares '
            "devices that consume counters"
        ],
    ),
    Case(
        "1.3.18 partition type of devices",
        slice_of(
            _consuming("d0"),
            _consuming("d1", attributes={"d.example/kind": {"int": 1}}),
            partitionTypeAttribute="d.example/kind",
        ),
        [
            "spec.devices[0].attributes[d.example/kind]: Required value: device consumes counters and "
            "`partitionTypeAttribute` names this attribute, so it must be set",
            'spec.devices[1].attributes[d.example/kind]: Invalid value: {"IntValue":1,"BoolValue":null,"StringValue":null,'
            '"VersionValue":null,"IntValues":null,"BoolValues":null,"StringValues":null,"VersionValues":null}: must be a '
            "string value because `partitionTypeAttribute` names this attribute",
        ],
    ),
    Case(
        "1.3.18 partition type that is no name",
        slice_of(_consuming(), partitionTypeAttribute="d.example/1"),
        [f'spec.partitionTypeAttribute: Invalid value: "1": {IDENTIFIER}'],
    ),
    Case(
        "1.3.3 what may not change",
        slice_of(
            driver="e.example", pool={"name": "q", "resourceSliceCount": 1}, nodeName=None, allNodes=True
        ),
        [
            'spec.pool.name: Invalid value: "q": field is immutable',
            'spec.driver: Invalid value: "e.example": field is immutable',
            "spec.nodeName: Invalid value: null: field is immutable",
        ],
        old=slice_of(),
    ),
    Case("1.3.3 what may change", slice_of(device("new")), [], old=slice_of(device("old"))),
]


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_slice(case: Case) -> None:
    assert lines(validate("ResourceSlice", case.obj, case.old)) == case.errors
