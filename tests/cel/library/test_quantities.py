from __future__ import annotations

import pytest

from drakkar import cel

DEVICE = cel.DeviceView("d.io", {}, {})


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        ("quantity('10Ei')", 9223372036854775807.0),
        ("quantity('10Ei').sub(quantity('1'))", 9223372036854775807.0),
        # A sum of decimals keeps the places of its parts, so that upstream rounds it twice.
        ("quantity('10Ei').sub(quantity('38.5Gi'))", 9223371995515716608.0),
        ("quantity('-500m')", -0.5),
    ],
)
def test_the_number_next_to_a_quantity(quantity: str, number: float) -> None:
    assert cel.evaluate(f"{quantity}.asApproximateFloat()", DEVICE) == number
