"""What the labels of a namespace ask of its pods: a level of the standards, in a version, for each of three modes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

PRIVILEGED: Final = "privileged"
BASELINE: Final = "baseline"
RESTRICTED: Final = "restricted"
# From the one that forbids nothing to the one that forbids most.
LEVELS: Final = (PRIVILEGED, BASELINE, RESTRICTED)

PREFIX: Final = "pod-security.kubernetes.io/"
# Of each mode, that of the level and that of its version.
LABELS: Final = {
    mode: (f"{PREFIX}{mode}", f"{PREFIX}{mode}-version") for mode in ("enforce", "audit", "warn")
}
_LATEST = "latest"
_VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)")
# Go reads the number into 64 bits.
_LARGEST_MINOR = 2**63 - 1
_LEVEL_RULE = f"must be one of {', '.join(LEVELS)}"
_VERSION_RULE = f'must be "{_LATEST}" or "v1.x"'


class Standard(NamedTuple):
    """A level in a version: `minor` is N of v1.N, and None the latest."""

    level: str = PRIVILEGED
    minor: int | None = None

    def __str__(self) -> str:
        return f"{self.level}:{_LATEST if self.minor is None else f'v1.{self.minor}'}"

    @property
    def forbids_nothing(self) -> bool:
        """Whether every pod is allowed."""
        return self.level == PRIVILEGED


class Policy(NamedTuple):
    """What pods of a namespace must be (`enforce`), and what is told of those that are not: to the audit log, and to who
    writes them."""

    enforce: Standard = Standard()
    audit: Standard = Standard()
    warn: Standard = Standard()

    @property
    def forbids_nothing(self) -> bool:
        """Whether nothing is refused and nothing is told."""
        return all(one.forbids_nothing for one in self)


class LabelProblem(NamedTuple):
    """A label with a value that it cannot have."""

    label: str
    value: str
    rule: str


NOTHING: Final = Policy()


def policy_of(labels: Mapping[str, str], defaults: Policy = NOTHING) -> tuple[Policy, list[LabelProblem]]:
    """The policy of a namespace, and what is wrong with its labels; `defaults` is what holds without a label.

    There always is a policy: a level to enforce that is none is `restricted`, and one to tell of is `privileged`; a version
    that is none is the latest. Without a label of its own `warn` is what is enforced by one, where that forbids more.
    """
    if not any(key.startswith(PREFIX) for key in labels):
        return defaults, []
    problems: list[LabelProblem] = []
    enforce = _standard(labels, "enforce", defaults.enforce, RESTRICTED, problems)
    audit = _standard(labels, "audit", defaults.audit, PRIVILEGED, problems)
    warn = _standard(labels, "warn", defaults.warn, PRIVILEGED, problems)
    # A level to enforce that is none is not told of besides.
    said = labels.get(f"{PREFIX}enforce") in LEVELS
    if said and f"{PREFIX}warn" not in labels and is_stricter(enforce.level, warn.level):
        own_version = f"{PREFIX}warn-version" in labels
        warn = Standard(enforce.level, warn.minor if own_version else enforce.minor)
    return Policy(enforce, audit, warn), problems


def _standard(
    given: Mapping[str, str], mode: str, default: Standard, instead: str, problems: list[LabelProblem]
) -> Standard:
    level, minor = default
    label, of_version = LABELS[mode]
    said = given.get(label)
    if said is not None:
        level = said if said in LEVELS else instead
        if said not in LEVELS:
            problems.append(LabelProblem(label, said, _LEVEL_RULE))
    version = given.get(of_version)
    if version is not None:
        minor = _minor(version)
        if minor is None and version != _LATEST:
            problems.append(LabelProblem(of_version, version, _VERSION_RULE))
    return Standard(level, minor)


def _minor(version: str) -> int | None:
    found = _VERSION.fullmatch(version)
    # A label has 63 characters at most, but who knows what is stored.
    if found is None or len(version) > 63:
        return None
    minor = int(found[1])
    return minor if minor <= _LARGEST_MINOR else None


def is_stricter(level: str, other: str) -> bool:
    """Whether a level forbids more than another one."""
    return LEVELS.index(level) > LEVELS.index(other)
