from __future__ import annotations

from drakkar.api.features import DEVICE_BINDING, FRACTIONAL_CAPACITY, Features


def test_a_feature_of_two_gates_needs_both() -> None:
    assert DEVICE_BINDING not in Features.from_gates(["DRADeviceBindingConditions"])
    both = Features.from_gates(["DRADeviceBindingConditions", "DRAResourceClaimDeviceStatus", "Unknown"])
    assert both == {DEVICE_BINDING}


def test_fractional_ranges_are_off_by_default() -> None:
    assert FRACTIONAL_CAPACITY not in Features.default() and len(Features.default()) == 6
