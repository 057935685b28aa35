"""What expressions say of a name and what the rules of kinds say of it is the same, but for how they call bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drakkar.cel.library.names import FORMATS
from drakkar.validation import formats

_NAMES = st.from_regex(r"\A[-aA0._/é]{0,9}\Z") | st.sampled_from(
    ["a" * 64, "a" * 254, "A" * 64, "a" * 254 + "/b"]
)


@pytest.mark.parametrize(
    ("named", "rule"),
    [
        ("dns1123Label", formats.dns_label),
        ("dns1123Subdomain", formats.dns_subdomain),
        ("dns1035Label", formats.dns_1035_label),
        ("qualifiedName", formats.label_key),
        ("labelValue", formats.label_value),
    ],
)
@given(text=_NAMES)
def test_expressions_and_rules_have_one_voice(named: str, rule: object, text: str) -> None:
    def alike(said: object) -> list[str]:
        assert isinstance(said, list | tuple)
        return [line.replace("characters", "bytes") for line in said]

    assert callable(rule)
    assert alike(FORMATS[named].validate(text)) == alike(rule(text))
