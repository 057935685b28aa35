"""What is wrong with admission policies and bindings; tests/upstream asks kube-apiserver about many more."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.validation.admission.binding import binding_problems
from drakkar.validation.admission.policy import policy_problems, policy_status_problems

Object = dict[str, Any]
_RULE = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
_CONSTRAINTS = {
    "resourceRules": [_RULE],
    "matchPolicy": "Equivalent",
    "namespaceSelector": {},
    "objectSelector": {},
}


def policy(**spec: Any) -> Object:
    given = {
        "failurePolicy": "Fail",
        "matchConstraints": _CONSTRAINTS,
        "validations": [{"expression": "true"}],
    }
    return {"metadata": {"name": "p"}, "spec": {**given, **spec}}


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({}, []),
        ({"failurePolicy": "Maybe"}, ["spec.failurePolicy"]),
        ({"validations": []}, ["spec.validations", "spec.auditAnnotations"]),
        ({"validations": [{"expression": "what"}]}, ["spec.validations[0].expression"]),
        (
            {
                "variables": [{"name": "v", "expression": "1"}],
                "validations": [{"expression": "variables.v == 1"}],
            },
            [],
        ),
        ({"validations": [{"expression": "variables.v == 1"}]}, ["spec.validations[0].expression"]),
        ({"matchConditions": [{"name": "", "expression": "true"}]}, ["spec.matchConditions[0].name"]),
        (
            {"matchConstraints": {**_CONSTRAINTS, "resourceRules": []}},
            ["spec.matchConstraints.resourceRules"],
        ),
        ({"paramKind": {"apiVersion": "v1"}}, ["spec.paramKind.kind"]),
    ],
)
def test_policies(spec: Object, fields: list[str]) -> None:
    assert [one.field for one in policy_problems(policy(**spec))] == fields


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({}, []),
        ({"policyName": ""}, ["spec.policyName"]),
        ({"validationActions": ["Deny", "Warn"]}, ["spec.validationActions"]),
        ({"validationActions": []}, ["spec.validationActions"]),
        ({"paramRef": {"parameterNotFoundAction": "Deny"}}, ["spec.paramRef"]),
        ({"paramRef": {"name": "a"}}, ["spec.paramRef.parameterNotFoundAction"]),
    ],
)
def test_bindings(spec: Object, fields: list[str]) -> None:
    whole = {"policyName": "p", "validationActions": ["Deny"], **spec}
    assert [one.field for one in binding_problems({"spec": whole})] == fields


def test_a_status_says_what_its_warnings_are_about() -> None:
    status = {"typeChecking": {"expressionWarnings": [{"warning": "w"}]}}
    found = policy_status_problems({"status": status})
    assert [one.field for one in found] == ["status.typeChecking.expressionWarnings[0].fieldRef"]
