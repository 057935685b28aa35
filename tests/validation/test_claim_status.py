"""ResourceClaim: what may be written to its status (dra-semantics 1.6)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from drakkar.validation import validate_status

from .objects import KEY, LABEL, SUBDOMAIN, Case, Object, alternative, claim, exactly, lines, opaque

_SHARE = "a671734a-e8e5-11e4-8fde-42010af09327"
_DEVICE = {"driver": "d.example", "pool": "p", "device": "d0"}
_RESULT = {"request": "gpu", **_DEVICE}
_USER = {"resource": "pods", "name": "pod", "uid": "1"}
_CONDITION = {
    "type": "Ready",
    "status": "True",
    "reason": "Fine",
    "message": "",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}
_R = "status.allocation.devices.results[0]"
_C = "status.allocation.devices.config"
_D = "status.devices[0]"
_UNKNOWN = (
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
)
_UUID = "must be a lowercase UUID in 8-4-4-4-12 format"
_REASON = (
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters "
    "or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or "
    "'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')"
)


def _with(status: Object, **metadata: Any) -> Object:
    obj = claim(exactly(), {"name": "any", "firstAvailable": [alternative("a"), alternative("b")]})
    obj["metadata"] |= metadata
    return obj | {"status": copy.deepcopy(status)}


def _allocated(*results: Object, config: list[Object] | None = None, **status: Any) -> Object:
    devices: Object = {"results": list(results or (_RESULT,)), **({"config": config} if config else {})}
    return _with({"allocation": {"devices": devices}, **status})


def _reported(**fields: Any) -> Object:
    return _allocated(devices=[{**_DEVICE, **fields}])


PENDING = _with({})
CASES = [
    Case("1.6.2 set", _allocated(), [], PENDING),
    Case("1.6.2 kept", _allocated(), [], _allocated()),
    Case("1.6.2 cleared", PENDING, [], _allocated()),
    Case(
        "1.6.2 changed",
        _allocated({**_RESULT, "device": "d1"}),
        ["status.allocation: Invalid value: null: field cannot be modified once set"],
        _allocated(),
    ),
    Case(
        "1.6.2 not validated again",
        _allocated({**_RESULT, "request": "gone"}),
        [],
        _allocated({**_RESULT, "request": "gone"}),
    ),
    Case("1.6.3 an alternative", _allocated({**_RESULT, "request": "any/b"}), [], PENDING),
    Case(
        "1.6.3 no such request",
        _allocated({**_RESULT, "request": "any/c"}),
        [f'{_R}.request: Invalid value: "any/c": {_UNKNOWN}'],
        PENDING,
    ),
    Case(
        "1.6.3 an empty result",
        _allocated({"request": "", "driver": "", "pool": "", "device": ""}),
        [
            f'{_R}.request: Invalid value: "": {LABEL}',
            f'{_R}.request: Invalid value: "": {_UNKNOWN}',
            f'{_R}.device: Invalid value: "": {LABEL}',
            f"{_R}.driver: Required value",
            f"{_R}.pool: Required value",
        ],
        PENDING,
    ),
    Case(
        "1.1.2 pool of a result",
        _allocated({**_RESULT, "pool": "a//B"}),
        [
            f'{_R}.pool: Invalid value: "a//B": segment 1: must not be empty',
            f'{_R}.pool: Invalid value: "B": segment 2: {SUBDOMAIN}',
        ],
        PENDING,
    ),
    Case("1.6.3 a share", _allocated({**_RESULT, "shareID": _SHARE}), [], PENDING),
    Case(
        "1.6.3 a share that is none",
        _allocated({**_RESULT, "shareID": _SHARE.upper()}),
        [f'{_R}.shareID: Invalid value: "{_SHARE.upper()}": {_UUID}'],
        PENDING,
    ),
    Case(
        "1.6.3 conditions, tolerations and operations",
        _allocated(
            {
                **_RESULT,
                "bindingConditions": ["a"],
                "tolerations": [{"key": "k", "operator": "Exists", "value": "v"}],
                "skipNodeOperations": ["NodePrepareResources"],
            }
        ),
        [
            f"{_R}.bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use "
            "bindingConditions",
            f'{_R}.tolerations[0].value: Invalid value: "v": must be empty for operator `Exists`',
            f'{_R}.skipNodeOperations: Invalid value: ["NodePrepareResources"]: NodePrepareResources cannot be skipped '
            "unless NodeUnprepareResources is also skipped",
        ],
        PENDING,
    ),
    Case(
        "1.2 results",
        _allocated(*[_RESULT] * 33),
        ["status.allocation.devices.results: Too many: 33: must have at most 32 items"],
        PENDING,
    ),
    Case(
        "1.2 configs",
        _allocated(config=[opaque(source="FromClass")] * 65),
        [f"{_C}: Too many: 65: must have at most 64 items"],
        PENDING,
    ),
    Case(
        "1.6.3 config",
        _allocated(
            config=[
                opaque(source="FromClaim", requests=["any/a"]),
                opaque(),
                {"source": "Else", "requests": ["x"]},
            ]
        ),
        [
            f'{_C}[2].requests[0]: Invalid value: "x": {_UNKNOWN}',
            f"{_C}[2].opaque: Required value",
            f"{_C}[1].source: Required value",
            f'{_C}[2].source: Unsupported value: "Else": supported values: "FromClaim", "FromClass"',
        ],
        PENDING,
    ),
    Case(
        "1.6.1 node selector",
        _with({"allocation": {"devices": {"results": [_RESULT]}, "nodeSelector": {"nodeSelectorTerms": []}}}),
        [
            "status.allocation.nodeSelector.nodeSelectorTerms: Required value: must have at least one node selector term"
        ],
        PENDING,
    ),
    Case("1.6.4 reserved", _allocated(reservedFor=[_USER]), [], _allocated()),
    Case(
        "1.6.4 reserved for nobody",
        _allocated(reservedFor=[{"resource": "", "name": "", "uid": ""}]),
        [f"status.reservedFor[0].{part}: Required value" for part in ("resource", "name", "uid")],
        _allocated(),
    ),
    Case(
        "1.6.4 reserved twice",
        _allocated(reservedFor=[_USER, {**_USER, "apiGroup": "x", "name": "other"}]),
        [
            'status.reservedFor[1]: Duplicate value: {"apiGroup":"x","resource":"pods","name":"other","uid":"1"}',
        ],
        _allocated(),
    ),
    Case(
        "1.2 reserved",
        _allocated(reservedFor=[{**_USER, "uid": str(at)} for at in range(257)]),
        ["status.reservedFor: Too many: 257: must have at most 256 items"],
        _allocated(),
    ),
    Case(
        "1.6.4 reserved without allocation",
        _with({"reservedFor": [_USER]}),
        ["status.reservedFor: Forbidden: may not be specified when `allocated` is not set"],
        PENDING,
    ),
    Case(
        "1.6.4 reserved while going",
        _with(_allocated(reservedFor=[_USER])["status"], deletionTimestamp="2026-01-01T00:00:00Z"),
        [
            "status.reservedFor: Forbidden: new entries may not be added while `deallocationRequested` or "
            "`deletionTimestamp` are set"
        ],
        _allocated(),
    ),
    Case(
        "1.6.4 less reserved while going",
        _with(_allocated(reservedFor=[_USER])["status"], deletionTimestamp="2026-01-01T00:00:00Z"),
        [],
        _allocated(reservedFor=[{**_USER, "uid": "2"}, _USER]),
    ),
    Case(
        "1.6.5 a device",
        _reported(
            conditions=[_CONDITION],
            data={"a": 1},
            networkData={
                "interfaceName": "eth0",
                "ips": ["10.9.8.7/24", "2001:db8::1/64"],
                "hardwareAddress": "aa:bb",
            },
        ),
        [],
        _allocated(),
    ),
    Case(
        "1.6.5 a device that is not allocated",
        _reported(device="d1"),
        [
            f'{_D}: Invalid value: {{"Driver":"d.example","Pool":"p","Device":"d1","ShareID":""}}: '
            "must be an allocated device in the claim"
        ],
        _allocated(),
    ),
    Case(
        "1.6.5 a share that is not allocated",
        _reported(shareID=_SHARE),
        [
            f'{_D}: Invalid value: {{"Driver":"d.example","Pool":"p","Device":"d0","ShareID":"{_SHARE}"}}: '
            "must be an allocated device in the claim"
        ],
        _allocated(),
    ),
    Case(
        "1.6.5 a device twice",
        _allocated(devices=[_DEVICE, {**_DEVICE, "data": {"a": 1}}]),
        [
            'status.devices[1]: Duplicate value: {"driver":"d.example","pool":"p","device":"d0","conditions":null,"data":{"a":1}}'
        ],
        _allocated(),
    ),
    Case(
        "1.2 conditions",
        _reported(conditions=[{**_CONDITION, "type": f"T{at}"} for at in range(9)]),
        [f"{_D}.conditions: Too many: 9: must have at most 8 items"],
        _allocated(),
    ),
    Case(
        "1.6.5 conditions",
        _reported(
            conditions=[
                {**_CONDITION, "type": "-", "status": "Maybe", "reason": "1", "observedGeneration": -1},
                {"type": "", "status": "", "reason": "", "message": "", "lastTransitionTime": None},
                {**_CONDITION, "type": "-"},
            ]
        ),
        [
            f'{_D}.conditions[0].type: Invalid value: "-": {KEY}',
            f'{_D}.conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
            f"{_D}.conditions[0].observedGeneration: Invalid value: -1: must be greater than or equal to zero",
            f'{_D}.conditions[0].reason: Invalid value: "1": {_REASON}',
            f"{_D}.conditions[1].type: Required value: is required",
            f"{_D}.conditions[1].status: Required value",
            f"{_D}.conditions[1].lastTransitionTime: Required value",
            f"{_D}.conditions[1].reason: Required value",
            f'{_D}.conditions[2]: Duplicate value: "-"',
            f'{_D}.conditions[2].type: Invalid value: "-": {KEY}',
        ],
        _allocated(),
    ),
    Case(
        "1.2 data",
        _reported(data={"x": "y" * 10240}),
        [f"{_D}.data: Too long: may not be more than 10240 bytes"],
        _allocated(),
    ),
    Case(
        "1.6.5 data that is no object",
        _reported(data="text"),
        [f'{_D}.data: Invalid value: "<value omitted>": must be a valid JSON object'],
        _allocated(),
    ),
    Case(
        "1.2 network",
        _reported(
            networkData={"interfaceName": "e" * 257, "hardwareAddress": "a" * 129, "ips": ["10.0.0.1/8"] * 17}
        ),
        [
            f"{_D}.networkData.interfaceName: Too long: may not be more than 256 bytes",
            f"{_D}.networkData.ips: Too many: 17: must have at most 16 items",
            f"{_D}.networkData.hardwareAddress: Too long: may not be more than 128 bytes",
        ],
        _allocated(),
    ),
    Case(
        "1.6.5 addresses",
        _reported(
            networkData={"ips": ["10.0.0.1", "010.0.0.1/8", "2001:DB8::1/64", "10.0.0.1/8", "10.0.0.1/8"]}
        ),
        [
            f'{_D}.networkData.ips[0]: Invalid value: "10.0.0.1": must be a valid address in CIDR form, '
            "(e.g. 10.9.8.7/24 or 2001:db8::1/64)",
            f'{_D}.networkData.ips[1]: Invalid value: "010.0.0.1/8": must be in canonical form ("10.0.0.1/8")',
            f'{_D}.networkData.ips[2]: Invalid value: "2001:DB8::1/64": must be in canonical form ("2001:db8::1/64")',
            f'{_D}.networkData.ips[4]: Duplicate value: "10.0.0.1/8"',
        ],
        _allocated(),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_status(case: Case) -> None:
    assert case.old is not None
    assert lines(validate_status(case.obj, case.old)) == case.errors


@pytest.mark.parametrize(
    ("labels", "before", "denied"),
    [
        (None, PENDING, False),
        ({}, PENDING, True),
        ({}, _allocated({**_RESULT, "adminAccess": True}), False),
        ({"resource.kubernetes.io/admin-access": "true"}, PENDING, False),
    ],
)
def test_admin_access_is_granted_in_labelled_namespaces(
    labels: dict[str, str] | None, before: Object, denied: bool
) -> None:
    """1.5.9"""
    after = _allocated({**_RESULT, "adminAccess": True})
    found = lines(validate_status(after, before, labels))
    said = (
        f"{_R}.adminAccess: Forbidden: admin access to devices requires the "
        "`resource.kubernetes.io/admin-access: true` label on the containing namespace"
    )
    assert found == ([said] if denied else [])
