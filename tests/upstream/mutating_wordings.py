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
    # Go names the struct that a field is in and the number that does not fit, ours the whole object's type.
    (
        re.compile(r"(json: cannot unmarshal \w+)(?: [0-9.]+)? into Go struct field \w+\."),
        r"\1 into Go struct field ...",
    ),
    (
        re.compile(r"quantities must match the regular expression of a quantity: '[^']*'|no quantity"),
        "no quantity",
    ),
    # A map that stands where upstream does not look into it.
    (re.compile(r"(map\[ref\.Val\]ref\.Val)\{[^}]*\}"), r"\1{...}"),
    # Of a type that has fields, the original has no type of a field that is none of them.
    (
        re.compile(
            r"expected type of field 'nothing' is '' but provided type is 'int'|undefined field 'nothing'"
        ),
        "no field 'nothing'",
    ),
    # The original asks the bindings of a policy in no order.
    (re.compile(r"(binding 'fails-twice-[a-z]+)-1'"), r"\1'"),
    # Names that the servers made.
    (re.compile(r"\bg-[a-z0-9]{5}\b"), "g-*"),
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


_OWNED = "what is the server's of an object's metadata no policy changes, as no webhook does"
_VERSIONS = "the original cannot turn an object of one version into that of another here; ours can"
_SCALE = "how many replicas a Scale may have is looked at before anybody else looks at it"
DIFFERENT: dict[str, Different] = {
    **dict.fromkeys(
        (
            *("map-name", "map-generate", "map-generation", "map-deleted"),
            *("patch-name", "patch-value-uint", "patch-value-whole-double"),
        ),
        Different((201, 201), _OWNED),
    ),
    "map-namespace": Different((400, 201), _OWNED),
    "list-no-key": Different(
        (422, 403), "the schemas have no defaults of keys, so that it fails a step earlier"
    ),
    "deploy-surge-large": Different((201, 403), "of a number that is too large the original keeps 32 bits"),
    "version-other": Different((403, 201), _VERSIONS),
    "later-condition": Different((201, 201), "the original asks policies in no order, ours by their names"),
    "scaled, 3": Different((403, 422), _SCALE),
    "scaled-so, 3": Different((422, 422), _SCALE),
    "version-both": Different((403, 201), _VERSIONS),
}
