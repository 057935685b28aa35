"""DeviceTaintRule (dra-semantics 1.8)."""

from __future__ import annotations

import pytest

from drakkar.validation import validate, validate_taint_rule_status

from .objects import KEY, LABEL, SUBDOMAIN, VALUE, Case, lines, rule

_S = "spec.deviceSelector"
_EFFECTS = 'supported values: "NoExecute", "NoSchedule", "None"'
_ODD = {"key": "k", "effect": "Later"}

CASES = [
    Case("1.8.1 every device", rule(), []),
    Case("1.8.1 some devices", rule(driver="D.example", pool="a/b", device="d"), []),
    Case(
        "1.8.1 criteria",
        rule(driver="", pool="a//b", device="D"),
        [
            f"{_S}.driver: Required value",
            f'{_S}.pool: Invalid value: "": {SUBDOMAIN}',
            f'{_S}.device: Invalid value: "D": {LABEL}',
        ],
    ),
    Case(
        "1.1.6 key and value",
        rule({"key": "-", "value": "?", "effect": "NoExecute"}),
        [f'spec.taint.key: Invalid value: "-": {KEY}', f'spec.taint.value: Invalid value: "?": {VALUE}'],
    ),
    Case("1.8.1 no effect", rule({"key": "k"}), ["spec.taint.effect: Required value"]),
    Case("1.8.1 another effect", rule(_ODD), [f'spec.taint.effect: Unsupported value: "Later": {_EFFECTS}']),
    Case("1.8.3 an effect that was there", rule({**_ODD, "value": "v"}), [], rule(_ODD)),
    Case(
        "1.8.3 an effect that changes",
        rule({**_ODD, "effect": "Now"}),
        [f'spec.taint.effect: Unsupported value: "Now": {_EFFECTS}'],
        rule(_ODD),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_rule(case: Case) -> None:
    assert lines(validate("DeviceTaintRule", case.obj, case.old)) == case.errors


def test_conditions_of_a_rule() -> None:
    """1.8.3"""
    condition = {"status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    obj = rule() | {"status": {"conditions": [{**condition, "type": f"T{at}"} for at in range(9)]}}
    assert lines(validate_taint_rule_status(obj)) == [
        "status.conditions: Too many: 9: must have at most 8 items"
    ]


def test_a_kind_without_rules() -> None:
    with pytest.raises(ValueError, match="no rules for the kind 'Pod'"):
        validate("Pod", {})
