"""How long tokens may be asked for, by whom ever: requests, volumes and drivers of storage."""

from __future__ import annotations

import pytest

from drakkar.validation.token_lifetime import token_lifetime


@pytest.mark.parametrize(("seconds", "wrong"), [(599, "less"), (600, ""), (2**32, ""), (2**32 + 1, "larger")])
def test_ten_minutes_to_as_many_seconds_as_32_bits_count(seconds: int, wrong: str) -> None:
    said = token_lifetime(seconds)
    assert wrong in said if wrong else not said
