from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drakkar.api.quantity import Quantity, QuantityError


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("80Gi", "80Gi"),
        ("1.5Gi", "1536Mi"),
        ("1024Ki", "1Mi"),
        ("512", "512"),
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1000", "1k"),
        ("-2500", "-2500"),
        ("1e3", "1e3"),
        ("1e20", "100e18"),
        ("1e63", "1e63"),
        ("1e400", "10e399"),
        ("0.1n", "1n"),
        ("0", "0"),
    ],
)
def test_the_canonical_text_has_no_fraction_and_keeps_its_family(text: str, canonical: str) -> None:
    assert Quantity.parse(text).format() == canonical


def test_amounts_compare_by_value_whatever_the_suffix() -> None:
    assert Quantity.parse("1Ki") == Quantity.parse("1024")
    assert hash(Quantity.parse("1k")) == hash(Quantity.parse("1000"))
    assert Quantity.parse("40Gi") < Quantity.parse("80Gi") and Quantity.parse("1G") < Quantity.parse("1Gi")


@pytest.mark.parametrize("text", ["", "Gii", "1 Gi", "1gi", "1.2.3", "--1", "1e", "٣", "9" * 300])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(QuantityError):
        Quantity.parse(text)


@given(st.integers(-(10**27), 10**27), st.sampled_from(["decimal", "binary", "exponent"]))
def test_the_canonical_text_means_the_same_amount(nano: int, family: str) -> None:
    quantity = Quantity(nano, family)
    assert Quantity.parse(quantity.format()) == quantity
