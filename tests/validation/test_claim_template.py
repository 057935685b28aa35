"""ResourceClaimTemplate (dra-semantics 1.7)."""

from __future__ import annotations

import pytest

from drakkar.validation import validate

from .objects import KEY, Case, claim, exactly, lines, with_spec
from .test_claim import CASES


@pytest.mark.parametrize("case", [case for case in CASES if case.old is None], ids=repr)
def test_template_has_the_same_rules_one_level_deeper(case: Case) -> None:
    template = with_spec("ResourceClaimTemplate", {"spec": case.obj["spec"]})
    deeper = [f"spec.{line}" for line in case.errors]
    assert lines(validate("ResourceClaimTemplate", template)) == deeper


def test_template_metadata_has_labels_and_annotations_only() -> None:
    """1.7.1"""
    metadata = {"name": "x", "labels": {"a b": "c"}, "annotations": {"UPPER/x": "y", "/": "z"}}
    obj = with_spec("ResourceClaimTemplate", {"metadata": metadata, "spec": {"devices": {}}})
    assert lines(validate("ResourceClaimTemplate", obj)) == [
        'spec.metadata.annotations: Invalid value: "/": prefix part must be non-empty',
        'spec.metadata.annotations: Invalid value: "/": name part must be non-empty',
        f'spec.metadata.annotations: Invalid value: "/": {KEY}',
        f'spec.metadata.labels: Invalid value: "a b": {KEY}',
        "spec.metadata.name: Forbidden: cannot be set",
    ]


def test_template_does_not_change() -> None:
    """1.7.1"""
    old, new = (
        with_spec(
            "ResourceClaimTemplate",
            {"metadata": {"labels": {"a": "b"}}, "spec": claim(exactly(count=count))["spec"]},
        )
        for count in (1, 2)
    )
    assert validate("ResourceClaimTemplate", old, old) == []
    assert lines(validate("ResourceClaimTemplate", new, old)) == [
        'spec: Invalid value: {"labels":{"a":"b"},"Spec":{"Devices":{"Requests":[{"Name":"gpu","Exactly":'
        '{"DeviceClassName":"gpu.example.com","Selectors":null,"AllocationMode":"ExactCount","Count":2,'
        '"AdminAccess":null,"Tolerations":null,"Capacity":null,"DerivedAttributes":null},"FirstAvailable":null}],'
        '"Constraints":null,"Config":null}}}: field is immutable'
    ]
