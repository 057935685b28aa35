"""What --feature-gates comes to."""

from __future__ import annotations

import pytest

from drakkar.api.features import Features
from drakkar.api.gates import TABLE, GateError, Gates


def test_without_a_word_the_defaults_hold_and_the_allocators_features_follow_from_them() -> None:
    assert Gates.parse("") == Gates.default()
    assert Features.from_gates(Gates.default()) == Features.default()


def test_a_gate_goes_on_and_off_alone_or_with_all_of_its_stage() -> None:
    assert Gates.parse("DRAListTypeAttributes=true") - Gates.default() == {"DRAListTypeAttributes"}
    assert Gates.default() - Gates.parse(" DRAConsumableCapacity=False ,") == {"DRAConsumableCapacity"}
    alpha = Gates.parse("AllAlpha=true,DRADerivedAttributes=false")
    assert "TaintTolerationComparisonOperators" in alpha and "DRADerivedAttributes" not in alpha
    assert "DRAConsumableCapacity" not in Gates.parse("AllBeta=false")
    # What is named wins over what is said of all.
    assert "DRAConsumableCapacity" in Gates.parse("DRAConsumableCapacity=true,AllBeta=false")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "DRAAdminAccess=false",
            "cannot set feature gate DRAAdminAccess to false, feature is locked to true",
        ),
        (
            "DRAListTypeAttribute=true",
            "unrecognized feature gate: DRAListTypeAttribute; DRAListTypeAttributes[?]",
        ),
        ("DRAListTypeAttributes", "is not of the form Gate=true or Gate=false"),
        ("DRAListTypeAttributes=yes", "is not of the form"),
        ("DRADeviceTaints=false", "DRADeviceTaintRules needs DRADeviceTaints, which is off"),
        ("DRAWorkloadResourceClaims=true", "needs GenericWorkload"),
    ],
)
def test_what_cannot_be_had_is_refused(text: str, why: str) -> None:
    with pytest.raises(GateError, match=why):
        Gates.parse(text)


def test_what_gates_need_is_in_the_table() -> None:
    assert {needed for gate in TABLE.values() for needed in gate.needs} <= TABLE.keys()
