"""ResourceClaim: spec (dra-semantics 1.5)."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.features import CONSUMABLE_CAPACITY, DERIVED_ATTRIBUTES, Features
from drakkar.validation import validate

from .objects import (
    IDENTIFIER,
    KEY,
    LABEL,
    SUBDOMAIN,
    VALUE,
    Case,
    alternative,
    claim,
    exactly,
    lines,
    one_request,
    opaque,
    with_spec,
)

_R = "spec.devices.requests[0]"
_E = f"{_R}.exactly"
_NO_REQUEST = (
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
)
_ALTERNATIVES = {"name": "gpu", "firstAvailable": [alternative("big"), alternative("small")]}


def _selector(expression: str) -> dict[str, Any]:
    return {"cel": {"expression": expression}}


def _tolerating(**toleration: Any) -> dict[str, Any]:
    return one_request(tolerations=[{"operator": "Exists", **toleration}])


CASES = [
    Case("1.1.3 a request without a name", claim(exactly("")), [f'{_R}.name: Invalid value: "": {LABEL}']),
    Case(
        "1.1.3 a request name that is a subdomain",
        claim(exactly("a.b")),
        [f'{_R}.name: Invalid value: "a.b": must not contain dots'],
    ),
    Case(
        "1.1.3 a request name that is too long",
        claim(exactly("a" * 64)),
        [f'{_R}.name: Invalid value: "{"a" * 64}": must be no more than 63 characters'],
    ),
    Case(
        "1.2 requests",
        claim(*(exactly(f"r{at}") for at in range(33))),
        ["spec.devices.requests: Too many: 33: must have at most 32 items"],
    ),
    Case(
        "1.2 constraints",
        claim(exactly(), constraints=[{"matchAttribute": "d.example/a"}] * 33),
        ["spec.devices.constraints: Too many: 33: must have at most 32 items"],
    ),
    Case(
        "1.2 config",
        claim(exactly(), config=[opaque()] * 33),
        ["spec.devices.config: Too many: 33: must have at most 32 items"],
    ),
    Case(
        "1.2 selectors",
        one_request(selectors=[_selector("true")] * 33),
        [f"{_E}.selectors: Too many: 33: must have at most 32 items"],
    ),
    Case(
        "1.2 alternatives",
        claim({"name": "gpu", "firstAvailable": [alternative(f"a{at}") for at in range(9)]}),
        [f"{_R}.firstAvailable: Too many: 9: must have at most 8 items"],
    ),
    Case("1.2 more than 16 tolerations pass", one_request(tolerations=[{"operator": "Exists"}] * 17), []),
    Case("1.5.1 no requests", claim(), []),
    Case(
        "1.5.2 a name twice",
        claim(exactly(), exactly()),
        [
            'spec.devices.requests[1]: Duplicate value: {"name":"gpu","exactly":{"deviceClassName":"gpu.example.com",'
            '"allocationMode":"ExactCount","count":1}}'
        ],
    ),
    Case(
        "1.5.2 neither kind of request",
        claim({"name": "gpu"}),
        [f"{_R}: Required value: exactly one of `exactly` or `firstAvailable` is required"],
    ),
    Case(
        "1.5.2 both kinds of request",
        claim({**exactly(), **_ALTERNATIVES}),
        [
            f"{_R}: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, "
            "but multiple fields are set"
        ],
    ),
    Case("1.5.3 no class", one_request(deviceClassName=""), [f"{_E}.deviceClassName: Required value"]),
    Case(
        "1.5.3 a class that has no such name",
        one_request(deviceClassName="No_Class"),
        [f'{_E}.deviceClassName: Invalid value: "No_Class": {SUBDOMAIN}'],
    ),
    Case(
        "1.5.3 alternatives: class, name and uniqueness",
        claim(
            {
                "name": "gpu",
                "firstAvailable": [alternative("a", deviceClassName=""), alternative("a"), alternative("B")],
            }
        ),
        [
            f'{_R}.firstAvailable[2].name: Invalid value: "B": {LABEL}',
            f'{_R}.firstAvailable[1]: Duplicate value: {{"name":"a","deviceClassName":"gpu.example.com",'
            '"allocationMode":"ExactCount","count":1}',
            f"{_R}.firstAvailable[0].deviceClassName: Required value",
        ],
    ),
    Case("1.5.3 good alternatives", claim(_ALTERNATIVES), []),
    Case(
        "1.5.5 no count", one_request(count=0), [f"{_E}.count: Invalid value: 0: must be greater than zero"]
    ),
    Case(
        "1.5.5 a count below zero",
        one_request(count=-1),
        [f"{_E}.count: Invalid value: -1: must be greater than zero"],
    ),
    Case(
        "1.5.5 a count of all",
        one_request(allocationMode="All"),
        [f"{_E}.count: Invalid value: 1: must not be specified when allocationMode is 'All'"],
    ),
    Case(
        "1.5.5 another mode",
        one_request(allocationMode="Some"),
        [f'{_E}.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"'],
    ),
    Case("1.5.6 a toleration of all", _tolerating(), []),
    Case("1.5.6 a key", _tolerating(key="-"), [f'{_E}.tolerations[0].key: Invalid value: "-": {KEY}']),
    Case(
        "1.5.6 a value for any",
        _tolerating(key="k", value="v"),
        [f'{_E}.tolerations[0].value: Invalid value: "v": must be empty for operator `Exists`'],
    ),
    Case(
        "1.5.6 a value",
        _tolerating(key="k", operator="Equal", value="?"),
        [f'{_E}.tolerations[0].value: Invalid value: "?": {VALUE}'],
    ),
    Case(
        "1.5.6 operator and effect",
        _tolerating(operator="Like", effect="Some"),
        [
            f'{_E}.tolerations[0].operator: Unsupported value: "Like": supported values: "Equal", "Exists"',
            f'{_E}.tolerations[0].effect: Unsupported value: "Some": supported values: "NoExecute", "NoSchedule", "None"',
        ],
    ),
    Case("1.5.7 a constraint on all", claim(exactly(), constraints=[{"matchAttribute": "d.example/a"}]), []),
    Case(
        "1.5.7 a constraint without an attribute",
        claim(exactly(), constraints=[{"requests": ["gpu"]}]),
        [
            "spec.devices.constraints[0]: Required value: exactly one of "
            '"matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
        ],
    ),
    Case(
        "1.5.7 both attributes",
        claim(exactly(), constraints=[{"matchAttribute": "d.example/a", "distinctAttribute": "d.example/b"}]),
        [],
    ),
    Case(
        "1.1.4 an attribute without a domain",
        claim(exactly(), constraints=[{"matchAttribute": "a"}]),
        [
            'spec.devices.constraints[0].matchAttribute: Invalid value: "a": '
            "a fully qualified name must be a domain and a name separated by a slash"
        ],
    ),
    Case(
        "1.1.4 an attribute with parts that are none",
        claim(exactly(), constraints=[{"matchAttribute": "D/1"}, {"distinctAttribute": "/"}]),
        [
            f'spec.devices.constraints[0].matchAttribute: Invalid value: "D": prefix: {SUBDOMAIN}',
            f'spec.devices.constraints[0].matchAttribute: Invalid value: "1": {IDENTIFIER}',
            'spec.devices.constraints[1].distinctAttribute: Invalid value: "": prefix must not be empty',
            'spec.devices.constraints[1].distinctAttribute: Invalid value: "": name must not be empty',
        ],
    ),
    Case(
        "1.1.4 an attribute that is too long",
        claim(exactly(), constraints=[{"matchAttribute": f"{'d' * 64}/{'a' * 33}"}]),
        [
            "spec.devices.constraints[0].matchAttribute: Too long: may not be more than 63 bytes",
            "spec.devices.constraints[0].matchAttribute: Too long: may not be more than 32 bytes",
        ],
    ),
    Case(
        "1.5.7 references",
        claim(
            _ALTERNATIVES,
            constraints=[
                {
                    "matchAttribute": "d.example/a",
                    "requests": ["gpu", "gpu/big", "gpu", "cpu", "gpu/x", "a/b/c"],
                }
            ],
        ),
        [
            f'spec.devices.constraints[0].requests[3]: Invalid value: "cpu": {_NO_REQUEST}',
            f'spec.devices.constraints[0].requests[4]: Invalid value: "gpu/x": {_NO_REQUEST}',
            f'spec.devices.constraints[0].requests[5]: Invalid value: "a/b/c": {_NO_REQUEST}',
            'spec.devices.constraints[0].requests[2]: Duplicate value: "gpu"',
        ],
    ),
    Case(
        "1.5.8 config for a request that is not there",
        claim(exactly(), config=[opaque(requests=["gpu", "tpu"])]),
        [f'spec.devices.config[0].requests[1]: Invalid value: "tpu": {_NO_REQUEST}'],
    ),
    Case(
        "1.5.8 config of no kind",
        claim(exactly(), config=[{"requests": ["gpu"]}]),
        ["spec.devices.config[0].opaque: Required value"],
    ),
    Case(
        "1.1.8 parameters",
        claim(
            exactly(),
            config=[
                opaque(""),
                {"opaque": {"driver": "d.example"}},
                opaque(parameters=["list"]),
                opaque(parameters={"x": "y" * 10240}),
            ],
        ),
        [
            "spec.devices.config[1].opaque.parameters: Required value",
            'spec.devices.config[2].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
            "spec.devices.config[3].opaque.parameters: Too long: may not be more than 10240 bytes",
            "spec.devices.config[0].opaque.driver: Required value",
        ],
    ),
    Case("1.1.1 a driver name in upper case", claim(exactly(), config=[opaque("D.Example")]), []),
    Case(
        "1.1.1 a driver name that is none",
        claim(exactly(), config=[opaque("d" * 64), opaque("d_e")]),
        [
            "spec.devices.config[0].opaque.driver: Too long: may not be more than 63 characters",
            'spec.devices.config[1].opaque.driver: Invalid value: "d_e": an RFC 1123 subdomain must consist of '
            "alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
            "'Example.com', regex used for validation is "
            r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ],
    ),
    Case("1.1.7 a selector", one_request(selectors=[_selector('device.driver == "d.example"')]), []),
    Case(
        "1.1.7 a selector of no kind", one_request(selectors=[{}]), [f"{_E}.selectors[0].cel: Required value"]
    ),
    Case(
        "1.1.7 a selector that does not compile",
        one_request(selectors=[_selector('true &&\n\tdevice.diver == "x"')]),
        [
            f'{_E}.selectors[0].cel.expression: Invalid value: "true &&\\n\\tdevice.diver == \\"x\\"": compilation failed: '
            "ERROR: <input>:2:8: undefined field 'diver'\n |  device.diver == \"x\"\n | .......^"
            "\nhint: did you mean device.driver?"
        ],
    ),
    Case(
        "1.1.7 a selector that selects nothing",
        one_request(selectors=[_selector("device.driver")]),
        [
            f'{_E}.selectors[0].cel.expression: Invalid value: "device.driver": '
            "must evaluate to bool or the unknown type, not string"
        ],
    ),
    Case(
        "1.1.7 a selector that is too long",
        one_request(selectors=[_selector("true" + " " * 10240)]),
        [f"{_E}.selectors[0].cel.expression: Too long: may not be more than 10240 bytes"],
    ),
    Case(
        "1.5.1 the spec changes",
        one_request(count=2),
        ["spec: Invalid value: null: field is immutable"],
        old=one_request(),
    ),
    Case("1.5.1 what is absent is as good as empty", claim(), [], old=with_spec("ResourceClaim", {})),
    Case("1.5.1 a stored spec is not validated again", one_request(count=-1), [], old=one_request(count=-1)),
]


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_claim(case: Case) -> None:
    assert lines(validate("ResourceClaim", case.obj, case.old)) == case.errors


def test_names_that_are_not_legal_are_not_referred_to() -> None:
    """1.5.7"""
    obj = claim(exactly("a/b"), constraints=[{"matchAttribute": "d.example/a", "requests": ["a/b"]}])
    assert [error.field for error in validate("ResourceClaim", obj)] == [
        f"{_R}.name",
        "spec.devices.constraints[0].requests[0]",
    ]


def test_of_two_kinds_in_one_request_only_what_is_declared_is_looked_at() -> None:
    """1.5.2"""
    obj = claim(
        {**exactly(deviceClassName="", allocationMode="x"), "firstAvailable": [alternative("B", count=0)]}
    )
    assert [error.field for error in validate("ResourceClaim", obj)] == [_R, f"{_E}.allocationMode"]


def test_values_are_written_as_go_writes_them() -> None:
    odd = 'a"\\\t\x01<&>'
    obj = claim(exactly(odd), exactly("b", allocationMode=odd))
    messages = [error.message for error in validate("ResourceClaim", obj)]
    assert messages[0].startswith('Invalid value: "a\\"\\\\\\t\\x01<&>": a lowercase')
    assert messages[1].startswith('Unsupported value: "a\\"\\\\\\t\\u0001\\u003c\\u0026\\u003e": supported')


def test_reasons() -> None:
    obj = claim(
        exactly("", count=0), exactly("", allocationMode="x"), constraints=[{}], config=[opaque("d" * 64)]
    )
    reasons = {error.reason for error in validate("ResourceClaim", obj)}
    names = ("Required", "Invalid", "Duplicate", "NotSupported", "TooLong")
    assert reasons == {f"FieldValue{name}" for name in names}


def test_without_consumable_capacity_only_matching_is_asked_for() -> None:
    """1.5.7"""
    features = Features(Features.default() - {CONSUMABLE_CAPACITY})
    found = lines(validate("ResourceClaim", claim(exactly(), constraints=[{}]), features=features))
    assert found == ["spec.devices.constraints[0].matchAttribute: Required value"]


@pytest.mark.parametrize("kind", ["ResourceClaim", "ResourceClaimTemplate"])
@pytest.mark.parametrize(
    ("labels", "allowed"),
    [
        (None, True),
        ({}, False),
        ({"resource.kubernetes.io/admin-access": "yes"}, False),
        ({"resource.kubernetes.io/admin-access": "true"}, True),
    ],
)
def test_admin_access_needs_a_label_on_the_namespace(
    kind: str, labels: dict[str, str] | None, allowed: bool
) -> None:
    """1.5.9"""
    obj = claim(exactly("a"), exactly("b", adminAccess=True))
    if kind == "ResourceClaimTemplate":
        obj = with_spec(kind, {"spec": obj["spec"]})
    denied = (
        "spec.devices.requests[1].adminAccess: Forbidden: admin access to devices requires the "
        "`resource.kubernetes.io/admin-access: true` label on the containing namespace"
    )
    assert lines(validate(kind, obj, namespace_labels=labels)) == ([] if allowed else [denied])


def test_derived_attributes() -> None:
    """1.5.3"""
    derived = [
        {"name": "d.example/a", "expression": 'device.attributes["d.example"].x'},
        {"name": "d.example/b", "expression": "{}"},
        {"name": "", "expression": ""},
        {"name": "d.example/a", "expression": "device.driver"},
    ]
    obj = claim(
        exactly(derivedAttributes=derived),
        constraints=[{"requests": ["gpu"], "matchAttribute": "d.example/a"}],
    )
    features = Features(Features.default() | {DERIVED_ATTRIBUTES})
    path = f"{_E}.derivedAttributes"
    assert lines(validate("ResourceClaim", obj, features=features)) == [
        f'{path}[1].name: Invalid value: "d.example/b": must be referenced by at least one matchAttribute or '
        "distinctAttribute constraint targeting this request",
        f'{path}[1].expression: Invalid value: "{{}}": must evaluate to a primitive scalar (string, integer, boolean, '
        "semver), not map(dyn, dyn)",
        f'{path}[3]: Duplicate value: "d.example/a"',
        f"{path}[2].name: Required value",
        f"{path}[2].expression: Required value",
    ]


def test_derived_attributes_share_a_budget() -> None:
    """1.1.7: each may cost as much as a selector, and all of a claim together no more than one."""
    ten = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
    expensive = f"{ten}.all(a, {ten}.all(b, {ten}.all(c, {ten}.all(d, {ten}.all(e, device.driver == '')))))"
    features = Features(Features.default() | {DERIVED_ATTRIBUTES})

    def said(*requests: Any) -> list[str]:
        obj = claim(*requests, constraints=[{"matchAttribute": "d.example/a"}])
        return lines(validate("ResourceClaim", obj, features=features))

    def wants(name: str) -> dict[str, Any]:
        return {"name": name, "derivedAttributes": [{"name": "d.example/a", "expression": expensive}]}

    alternatives = {
        "name": "gpu",
        "firstAvailable": [alternative("big") | wants("big"), alternative("small") | wants("small")],
    }
    assert said(exactly(derivedAttributes=wants("a")["derivedAttributes"])) == []
    too_complex = (
        "spec.devices: Forbidden: too complex, total cost of derived attribute CEL expressions in the claim "
        "exceeds cost limit"
    )
    assert said(alternatives) == [too_complex]
