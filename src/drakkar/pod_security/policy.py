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

_PREFIX = "pod-security.kubernetes.io/"
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
    """What pods of a namespace must be (`enforce`), and what is told of those that are not."""

    enforce: Standard = Standard()
    audit: Standard = Standard()
    warn: Standard = Standard()

    @property
    def forbids_nothing(self) -> bool:
        """Whether nothing is refused and nobody is warned."""
        return self.enforce.forbids_nothing and self.warn.forbids_nothing


class LabelProblem(NamedTuple):
    """A label with a value that it cannot have."""

    label: str
    value: str
    rule: str


NOTHING: Final = Policy()


def policy_of(labels: Mapping[str, str]) -> tuple[Policy, list[LabelProblem]]:
    """The policy of a namespace, and what is wrong with its labels.

    There always is a policy: a level to enforce that is none is `restricted`, and one to tell of is `privileged`; a version
    that is none is the latest. Without a label of its own `warn` is what is enforced, where that forbids more.
    """
    if not any(key.startswith(_PREFIX) for key in labels):
        return NOTHING, []
    problems: list[LabelProblem] = []
    enforce = _standard(labels, "enforce", RESTRICTED, problems)
    audit = _standard(labels, "audit", PRIVILEGED, problems)
    warn = _standard(labels, "warn", PRIVILEGED, problems)
    # A level to enforce that is none is not told of besides.
    said = labels.get(f"{_PREFIX}enforce") in LEVELS
    if said and f"{_PREFIX}warn" not in labels and is_stricter(enforce.level, warn.level):
        own_version = f"{_PREFIX}warn-version" in labels
        warn = Standard(enforce.level, warn.minor if own_version else enforce.minor)
    return Policy(enforce, audit, warn), problems


def _standard(labels: Mapping[str, str], mode: str, instead: str, problems: list[LabelProblem]) -> Standard:
    level, minor = PRIVILEGED, None
    label = f"{_PREFIX}{mode}"
    given = labels.get(label)
    if given is not None:
        level = given if given in LEVELS else instead
        if given not in LEVELS:
            problems.append(LabelProblem(label, given, _LEVEL_RULE))
    version = labels.get(f"{label}-version")
    if version is not None and version != _LATEST:
        minor = _minor(version)
        if minor is None:
            problems.append(LabelProblem(f"{label}-version", version, _VERSION_RULE))
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
