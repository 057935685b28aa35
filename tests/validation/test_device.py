"""Devices of a slice: attributes, counters, taints, places, conditions (dra-semantics 1.3.8 to 1.3.19)."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.validation import validate

from .objects import IDENTIFIER, KEY, LABEL, SUBDOMAIN, VALUE, Case, device, lines, slice_of

_D = "spec.devices[0]"
_A = f"{_D}.attributes[a]"
_KINDS = "`int`, `bool`, `string`, `version`, `ints`, `bools`, `strings`, `versions`"
_PLACE = (
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true "
    "in the ResourceSlice spec"
)


def _one(**fields: Any) -> dict[str, Any]:
    return slice_of(device(**fields))


def _attribute(**value: Any) -> dict[str, Any]:
    return _one(attributes={"a": value})


def _placed(**fields: Any) -> dict[str, Any]:
    return slice_of(device(**fields), nodeName=None, perDeviceNodeSelection=True)


def _native(name: str = "cpu", **entry: Any) -> dict[str, Any]:
    return _one(capacity={"cores": {"value": "1"}}, nodeAllocatableResources={name: entry})


_N = f"{_D}.nodeAllocatableResources[cpu]"

CASES = [
    Case("1.1.3 name", slice_of(device("")), [f'{_D}.name: Invalid value: "": {LABEL}']),
    Case(
        "1.1.4 keys",
        _one(
            attributes={
                "a": {"int": 1},
                "d.example/a": {"int": 1},
                "a/b/c": {"int": 1},
                "1": {"int": 1},
                "/a": {"int": 1},
                "d_e/": {"int": 1},
                "a" * 33: {"int": 1},
            }
        ),
        [
            f'{_D}.attributes: Invalid value: "1": {IDENTIFIER}',
            f'{_D}.attributes: Invalid value: "": the domain must not be empty',
            f'{_D}.attributes: Invalid value: "d_e": {SUBDOMAIN}',
            f'{_D}.attributes: Invalid value: "": the name must not be empty',
            f"{_D}.attributes: Too long: may not be more than 32 bytes",
        ],
    ),
    Case(
        "1.1.4 keys of capacities",
        _one(capacity={"-": {"value": "1"}}),
        [f'{_D}.capacity: Invalid value: "-": {IDENTIFIER}'],
    ),
    Case("1.1.5 a version", _attribute(version="1.2.3-rc.1+b.2"), []),
    Case(
        "1.1.5 a version that is none",
        _attribute(version="v1.2.3"),
        [f'{_A}.version: Invalid value: "v1.2.3": must be a string compatible with semver.org spec 2.0.0'],
    ),
    Case(
        "1.1.5 a long string",
        _attribute(string="x" * 65),
        [f"{_A}.string: Too long: may not be more than 64 bytes"],
    ),
    Case(
        "1.1.5 lists",
        _one(attributes={"a": {"strings": ["x" * 65]}, "b": {"versions": ["1.0.0", "1"]}}),
        [
            f"{_A}.strings[0]: Too long: may not be more than 64 bytes",
            f'{_D}.attributes[b].versions[1]: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
        ],
    ),
    Case("1.3.10 no value", _attribute(), [f'{_A}: Invalid value: "": must specify one of: {_KINDS}']),
    Case(
        "1.3.10 two values",
        _attribute(bool=True, int=0),
        [f'{_A}: Invalid value: "{{int, bool}}": must specify exactly one of: {_KINDS}'],
    ),
    Case(
        "1.3.10 an empty list",
        _attribute(ints=[]),
        [
            f"{_A}.ints: Invalid value: []: must not be empty if specified",
            f'{_A}: Invalid value: "": must specify one of: {_KINDS}',
        ],
    ),
    Case(
        "1.2 attributes and capacities",
        _one(
            attributes={f"a{at}": {"int": at} for at in range(30)},
            capacity={f"c{at}": {"value": "1"} for at in range(3)},
        ),
        [f"{_D}: Invalid value: 33: the total number of attributes and capacities must not exceed 32"],
    ),
    Case(
        "1.2 attribute values",
        _one(attributes={"a": {"ints": [1] * 40}, **{f"b{at}": {"int": 1} for at in range(9)}}),
        [f"{_D}: Invalid value: 49: the total number of attribute values must not exceed 48"],
    ),
    Case(
        "1.3.14 counters",
        _one(
            consumesCounters=[
                {"counterSet": "S", "counters": {}},
                {
                    "counterSet": "S",
                    "counters": {"m": {"value": "1"}},
                    "compatibilityGroups": ["g", "g"],
                },
            ]
        ),
        [
            f'{_D}.consumesCounters[1]: Duplicate value: {{"counterSet":"S","counters":{{"m":{{"value":"1"}}}},'
            '"compatibilityGroups":["g","g"]}',
            f'{_D}.consumesCounters[0].counterSet: Invalid value: "S": {LABEL}',
            f"{_D}.consumesCounters[0].counters: Required value",
            f'{_D}.consumesCounters[1].counterSet: Invalid value: "S": {LABEL}',
            f'{_D}.consumesCounters[1].compatibilityGroups[1]: Duplicate value: "g"',
        ],
    ),
    Case(
        "1.2 counters",
        _one(
            consumesCounters=[{"counterSet": f"s{at}", "counters": {"m": {"value": "1"}}} for at in range(3)]
        ),
        [f"{_D}.consumesCounters: Too many: 3: must have at most 2 items"],
    ),
    Case(
        "1.2 compatibility groups",
        _one(
            consumesCounters=[
                {"counterSet": "s", "counters": {"m": {"value": "1"}}, "compatibilityGroups": ["a", "b", "c"]}
            ]
        ),
        [f"{_D}.consumesCounters[0].compatibilityGroups: Too many: 3: must have at most 2 items"],
    ),
    Case(
        "1.3.15 taints",
        _one(taints=[{"key": "", "value": "?", "effect": "Some"}, {"key": "k", "effect": ""}]),
        [
            f'{_D}.taints[0].key: Invalid value: "": name part must be non-empty',
            f'{_D}.taints[0].key: Invalid value: "": {KEY}',
            f'{_D}.taints[0].value: Invalid value: "?": {VALUE}',
            f'{_D}.taints[0].effect: Unsupported value: "Some": supported values: "NoExecute", "NoSchedule", "None"',
            f"{_D}.taints[1].effect: Required value",
        ],
    ),
    Case(
        "1.2 taints",
        _one(taints=[{"key": "k", "effect": "None"}] * 17),
        [f"{_D}.taints: Too many: 17: must have at most 16 items"],
    ),
    Case("1.3.9 placed", _placed(allNodes=True), []),
    Case("1.3.9 placed by terms", _placed(nodeSelector={"nodeSelectorTerms": [{}, {}]}), []),
    Case("1.3.9 not placed", _placed(), [f"{_D}: Required value: {_PLACE}"]),
    Case(
        "1.3.9 placed twice",
        _placed(nodeName="n1", allNodes=True),
        [f'{_D}: Invalid value: "{{`nodeName`, `allNodes`}}": {_PLACE}'],
    ),
    Case(
        "1.3.9 placed by nothing",
        _placed(nodeName="", allNodes=False),
        [
            f'{_D}.nodeName: Invalid value: "": must not be empty',
            f"{_D}.allNodes: Invalid value: false: must be either unset or set to true",
            f"{_D}: Required value: {_PLACE}",
        ],
    ),
    Case(
        "1.3.9 placed where the slice is",
        _one(nodeName="n1"),
        [
            f"{_D}: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if "
            "`perDeviceNodeSelection` is set to true in the ResourceSlice spec"
        ],
    ),
    Case("1.3.16 conditions", _one(bindingConditions=["a"], bindingFailureConditions=["b"]), []),
    Case(
        "1.3.16 conditions without failures",
        _one(bindingConditions=["a"]),
        [
            f"{_D}.bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use "
            "bindingConditions"
        ],
    ),
    Case(
        "1.3.16 failures without conditions",
        _one(bindingFailureConditions=["a"]),
        [
            f"{_D}.bindingConditions: Invalid value: null: bindingConditions are required to use bindingFailureConditions"
        ],
    ),
    Case(
        "1.3.16 form and uniqueness of conditions",
        _one(bindingConditions=["a", "a", "-"], bindingFailureConditions=["b", "b", "a"]),
        [
            f'{_D}.bindingConditions[2]: Invalid value: "-": {KEY}',
            f'{_D}.bindingConditions[1]: Duplicate value: "a"',
            f'{_D}.bindingFailureConditions[1]: Duplicate value: "b"',
            f'{_D}.bindingFailureConditions[2]: Invalid value: "a": bindingFailureConditions must not overlap with '
            "bindingConditions",
        ],
    ),
    Case(
        "1.2 conditions",
        _one(bindingConditions=list("abcde"), bindingFailureConditions=list("fghij")),
        [
            f"{_D}.bindingConditions: Too many: 5: must have at most 4 items",
            f"{_D}.bindingFailureConditions: Too many: 5: must have at most 4 items",
        ],
    ),
    Case("1.3.19 capacity", _native(mapping={"capacityKey": "cores", "capacityMultiplier": "1"}), []),
    Case(
        "1.3.19 device and overhead", _native(mapping={"deviceMultiplier": "2"}, overhead={"perPod": "0"}), []
    ),
    Case("1.3.19 huge pages", _native("hugepages-2Mi", overhead={"perPod": "0"}), []),
    Case(
        "1.3.19 extended resource",
        _native("example.com/gpu", overhead={"perContainer": "1"}),
        [
            f'{_D}.nodeAllocatableResources[example.com/gpu]: Invalid value: "example.com/gpu": '
            "must be a node allocatable resource name"
        ],
    ),
    Case(
        "1.3.19 nothing",
        _native(),
        [f"{_N}: Required value: at least one of mapping or overhead must be set"],
    ),
    Case(
        "1.3.19 no capacity",
        _native(mapping={"capacityKey": "wheels"}),
        [
            f'{_N}.mapping.capacityKey: Not found: "wheels"',
            f"{_N}.mapping.capacityMultiplier: Required value: capacityMultiplier is required when capacityKey is set",
        ],
    ),
    Case(
        "1.3.19 an empty mapping",
        _native(mapping={"capacityMultiplier": "0"}),
        [
            f"{_N}.mapping.capacityKey: Required value: capacityKey is required when capacityMultiplier is set",
            f'{_N}.mapping: Invalid value: "": must specify one of: `capacityKey`, `deviceMultiplier`',
        ],
    ),
    Case(
        "1.3.19 two mappings",
        _native(mapping={"capacityKey": "cores", "capacityMultiplier": "0", "deviceMultiplier": "-1"}),
        [
            f'{_N}.mapping.capacityMultiplier: Invalid value: "0": must be positive',
            f'{_N}.mapping.deviceMultiplier: Invalid value: "-1": must be positive',
            f'{_N}.mapping: Invalid value: "{{capacityKey, deviceMultiplier}}": must specify exactly one of: '
            "`capacityKey`, `deviceMultiplier`",
        ],
    ),
    Case(
        "1.3.19 overhead",
        _native(overhead={"perPod": "-1", "perContainer": "-2m"}),
        [
            f'{_N}.overhead.perPod: Invalid value: "-1": must be non-negative',
            f'{_N}.overhead.perContainer: Invalid value: "-2m": must be non-negative',
        ],
    ),
    Case(
        "1.3.19 no overhead",
        _native(overhead={}),
        [f'{_N}.overhead: Invalid value: "": at least one of perPod or perContainer must be set'],
    ),
    Case(
        "1.3.15 unchanged taints",
        _one(taints=[{"key": "k", "value": "?", "effect": "None"}], attributes={"a": {"int": 2}}),
        [],
        old=_one(taints=[{"key": "k", "value": "?", "effect": "None"}], attributes={"a": {"int": 1}}),
    ),
    Case(
        "1.3.13 unchanged capacities",
        _one(capacity={"-": {"value": "1"}}, attributes={"a": {"int": 2}}),
        [],
        old=_one(capacity={"-": {"value": "1"}}, attributes={"a": {"int": 1}}),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_device(case: Case) -> None:
    assert lines(validate("ResourceSlice", case.obj, case.old)) == case.errors


def test_a_long_key_is_shortened_in_paths() -> None:
    key = "d" * 63 + "/" + "a" * 40
    found = validate("ResourceSlice", _one(attributes={key: {"string": "x" * 65}}))
    # 96 characters with the dots: as many as the longest legal key has.
    shortened = "d" * 47 + "..." + "d" * 5 + "/" + "a" * 40
    assert [error.field for error in found] == [f"{_D}.attributes", f"{_D}.attributes[{shortened}].string"]


def test_what_is_wrong_twice_is_said_once() -> None:
    found = validate("ResourceSlice", slice_of(pool={"name": "//", "resourceSliceCount": 1}))
    assert [error.field for error in found] == ["spec.pool.name"]


def test_what_is_only_declared_holds_for_changes_only() -> None:
    """1.3.14, 1.3.19: unlike the limit of two, which is checked by hand as well."""
    counters = [{"counterSet": f"s{at}", "counters": {"m": {"value": "1"}}} for at in range(3)]
    grouped = [{**counters[0], "compatibilityGroups": ["G"]}]
    many, odd = _one(consumesCounters=counters), _one(consumesCounters=grouped)
    assert [error.field for error in validate("ResourceSlice", many, many)] == [f"{_D}.consumesCounters"]
    assert validate("ResourceSlice", odd, odd) == []
    assert [error.field for error in validate("ResourceSlice", odd, many)] == [
        f"{_D}.consumesCounters[0].compatibilityGroups[0]"
    ]


def test_declared_rules_hold_in_lists_that_are_too_long() -> None:
    """1.2, 1.3.15"""
    fine, odd = {"key": "k", "effect": "None"}, {"key": "-", "effect": "Some"}
    devices = [device(f"d{at}", taints=[odd if at == 64 else fine]) for at in range(65)]
    assert [error.field for error in validate("ResourceSlice", slice_of(*devices))] == [
        "spec.devices",
        "spec.devices[64].taints[0].effect",
    ]
