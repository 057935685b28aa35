"""Quantities against apimachinery's: what is one, its canonical text, order, sum and difference."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from drakkar.api.quantity import Quantity, QuantityError

from .line_pipe import ask_all

pytestmark = pytest.mark.upstream

SUFFIXES = ("", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
EXPONENTS = ("e0", "e1", "e3", "E3", "e-3", "e-9", "e9", "e-12", "e15", "E+2", "e+06")
# Half of what fits into 64 bits, so that sums fit too.
GREATEST = 2**62 * 10**9
ODD = (
    "", " ", ".", "-", "+", "-.", "1.", ".5", "+.5", "-.5k", "0.", "0Ki", "-0", "+0", "00", "007", "0.0000000001",
    "1 Gi", " 1", "1 ", "1K", "1ki", "1KI", "1g", "1e", "1e+", "1E", "1Ee3", "1e3k", "1eE", "1x", "0x10", "1,5", "1_0",
    "--1", "1-", "1..5", "1.5.", "Ki", "k1", "1e-", "1Kim", "1mm", "٣", "1e3Ki", "1i", "1Ei", "7Ei", "8Ei", "-8Ei",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "9223372036854775807n", "9Ei", "16E",
    "1e18", "1e19", "999999999999999999999999", "1.0000000001", "0.9999999999", "1.5Ki", "0.5Ki", "1023Ki", "1024Ki",
    "1048576", "1000Ki", "1.5Gi", "0.1Gi", "1e1", "100e1", "1500e-3", "1234567e-3", "10e-1", "1n", "0.1n", "-0.1n",
    "999n", "1000n", "1000000n", "0.001m", "1.234567891234", "123456789.123456789", "1Ti", "1023", "1024", "-1024",
    "-1.5Mi", "2000000000000000000000Ki",
)  # fmt: skip


def _number(random_: random.Random) -> str:
    whole = random_.choice(("", "0", str(random_.randrange(10)), str(random_.randrange(5000))))
    whole = random_.choice(
        (whole, str(1024 * random_.randrange(1, 9)), str(random_.randrange(10**12)), "1" + "0" * 9)
    )
    fraction = random_.choice(
        ("", "", "", ".", ".5", ".25", ".125", f".{random_.randrange(10**4)}", ".000000001")
    )
    return random_.choice(("", "", "", "-", "+")) + whole + fraction


def _text(random_: random.Random) -> str:
    if random_.random() < 0.05:
        return random_.choice(ODD)
    return _number(random_) + random_.choice(SUFFIXES if random_.random() < 0.8 else EXPONENTS)


def _parsed(text: str) -> Quantity | None:
    try:
        return Quantity.parse(text)
    except QuantityError:
        return None


def _ours(pair: tuple[str, str]) -> dict[str, object]:
    first, second = _parsed(pair[0]), _parsed(pair[1])
    texts = ["" if found is None else found.format() for found in (first, second)]
    if first is None or second is None:
        return {"canonical": texts, "order": 0, "sum": "", "rest": ""}
    order = (first > second) - (first < second)
    return {
        "canonical": texts,
        "order": order,
        "sum": (first + second).format(),
        "rest": (first - second).format(),
    }


def _comparable(pair: tuple[str, str]) -> bool:
    """Whether both sides mean to agree: upstream takes a bare sign, point or suffix for zero, and holds or garbles what
    lies beyond 64 bits; here the one is refused and the other exact."""
    if any(
        re.fullmatch(r"[+-]?\.?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?[0-9]+)?", text)
        for text in pair
        if text
    ):
        return False
    parsed = [_parsed(text) for text in pair]
    return all(found is None or abs(found.nanos) <= GREATEST for found in parsed)


def _differences(program: Path, pairs: list[tuple[str, str]]) -> list[str]:
    return [
        f"{pair}: {ours} here, {theirs} upstream"
        for pair, theirs in zip(pairs, ask_all(program, pairs), strict=True)
        if (ours := _ours(pair)) != theirs
    ]


def _pairs() -> list[tuple[str, str]]:
    random_ = random.Random(137)
    pairs = [(text, _text(random_)) for text in ODD] + [(_text(random_), _text(random_)) for _ in range(5000)]
    return [pair for pair in pairs if _comparable(pair)]


def test_canonical_text_order_sum_and_difference(quantity_137: Path) -> None:
    pairs = [pair for pair in _pairs() if _parsed(pair[0]) != Quantity(0)]
    assert len(pairs) > 2000
    differences = _differences(quantity_137, pairs)
    assert not differences, f"{len(differences)} differences\n" + "\n".join(differences[:20])


def test_zero_gives_way_to_the_other_form(quantity_137: Path) -> None:
    pairs = [pair for pair in _pairs() if _parsed(pair[0]) == Quantity(0)]
    differences = _differences(quantity_137, pairs)
    assert not differences, f"{len(differences)} differences\n" + "\n".join(differences[:20])
