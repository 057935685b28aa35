"""Where answers about mutating policies are meant to differ between the original and ours, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .policy_wordings import same as same_of_policies
from .two_servers import Answer

_LISTED: tuple[tuple[re.Pattern[str], str], ...] = (
    # The words of a JSON patch that cannot be done are ours for all patches.
    (re.compile(r"(denied request: JSON Patch: ).*", re.DOTALL), r"\1..."),
)


def same(text: str) -> str:
    """A message without what is meant to differ."""
    for pattern, kept in _LISTED:
        text = pattern.sub(kept, text)
    return same_of_policies(text)


class Different(NamedTuple):
    """Answers that are meant to differ: the `codes` of both, and the reason."""

    codes: tuple[int, int]
    reason: str

    def unlike(self, answers: Sequence[Answer]) -> str:
        """What is not as it is told here."""
        codes = tuple(one.code for one in answers)
        return "" if codes == self.codes else f"{self.reason}: {codes} instead of {self.codes}"


DIFFERENT: dict[str, Different] = {}
