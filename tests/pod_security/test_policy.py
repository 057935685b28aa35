"""What the labels of a namespace ask for."""

from __future__ import annotations

import pytest

from drakkar.pod_security.existing import asks_more
from drakkar.pod_security.policy import NOTHING, LabelProblem, Policy, Standard, policy_of

_PREFIX = "pod-security.kubernetes.io/"
_LEVEL = "must be one of privileged, baseline, restricted"
_VERSION = 'must be "latest" or "v1.x"'


def of(**labels: str) -> Policy:
    """Keys have `_` for `-`."""
    return policy_of({_PREFIX + key.replace("_", "-"): value for key, value in labels.items()})[0]


def wrong(**labels: str) -> list[tuple[str, str]]:
    problems = policy_of({_PREFIX + key.replace("_", "-"): value for key, value in labels.items()})[1]
    return [(one.label.removeprefix(_PREFIX), one.rule) for one in problems]


def test_no_labels_ask_for_nothing() -> None:
    assert policy_of({}) == policy_of({"a": "b"}) == (NOTHING, [])
    assert NOTHING.forbids_nothing
    assert [str(one) for one in NOTHING] == ["privileged:latest"] * 3


def test_each_mode_has_a_level_and_a_version() -> None:
    policy = of(
        enforce="baseline",
        enforce_version="v1.20",
        audit="restricted",
        warn="restricted",
        warn_version="v1.0",
    )
    assert [str(one) for one in policy] == ["baseline:v1.20", "restricted:latest", "restricted:v1.0"]


@pytest.mark.parametrize(
    ("labels", "warn"),
    [
        ({"enforce": "restricted"}, "restricted:latest"),
        ({"enforce": "restricted", "enforce_version": "v1.5"}, "restricted:v1.5"),
        ({"enforce": "restricted", "enforce_version": "v1.5", "warn_version": "v1.6"}, "restricted:v1.6"),
        ({"enforce": "restricted", "warn": "baseline"}, "baseline:latest"),
        ({"enforce": "restricted", "warn": "privileged"}, "privileged:latest"),
        ({"enforce": "privileged"}, "privileged:latest"),
        # What is enforced for want of a level is not told of besides.
        ({"enforce": "strict"}, "privileged:latest"),
    ],
)
def test_what_is_enforced_is_told_of_too(labels: dict[str, str], warn: str) -> None:
    assert str(of(**labels).warn) == warn


def test_what_is_no_level_is_the_strictest_to_enforce_and_none_to_tell_of() -> None:
    policy = of(enforce="strict", audit="Baseline", warn="")
    assert [str(one) for one in policy] == ["restricted:latest", "privileged:latest", "privileged:latest"]
    assert wrong(enforce="strict", audit="Baseline", warn="") == [
        ("enforce", _LEVEL),
        ("audit", _LEVEL),
        ("warn", _LEVEL),
    ]


@pytest.mark.parametrize(
    "version",
    [
        "",
        "v1",
        "1.20",
        "v1.",
        "v1.020",
        "v1.-1",
        "v2.0",
        "V1.1",
        "v1.1.1",
        "Latest",
        "v1.1\n",
        "v1.٣",
        f"v1.{2**63}",
    ],
)
def test_what_is_no_version_is_the_latest(version: str) -> None:
    assert of(enforce="baseline", enforce_version=version).enforce == Standard("baseline", None)
    assert wrong(warn_version=version) == [("warn-version", _VERSION)]


@pytest.mark.parametrize("version", ["v1.0", "v1.9", "v1.37", "v1.99", f"v1.{2**63 - 1}"])
def test_any_minor_version_is_one(version: str) -> None:
    assert str(of(enforce="baseline", enforce_version=version).enforce) == f"baseline:{version}"
    assert wrong(enforce_version=version) == []


def test_problems_come_in_the_order_of_the_modes() -> None:
    labels = {f"{_PREFIX}warn": "x", f"{_PREFIX}enforce-version": "y", f"{_PREFIX}enforce": "z"}
    assert policy_of(labels)[1] == [
        LabelProblem(f"{_PREFIX}enforce", "z", _LEVEL),
        LabelProblem(f"{_PREFIX}enforce-version", "y", _VERSION),
        LabelProblem(f"{_PREFIX}warn", "x", _LEVEL),
    ]


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ("privileged", "baseline", True),
        ("baseline", "restricted", True),
        ("restricted", "baseline", False),
        ("baseline", "baseline", False),
        ("baseline", "privileged", False),
        ("privileged v1.1", "privileged v1.2", False),
        ("restricted v1.1", "restricted v1.2", True),
        ("restricted v1.2", "baseline v1.1", True),
    ],
)
def test_when_pods_are_looked_at_again(old: str, new: str, more: bool) -> None:
    policies = [
        of(enforce=words[0], **({"enforce_version": words[1]} if words[1:] else {}))
        for words in (old.split(), new.split())
    ]
    assert asks_more(policies[1], policies[0]) is more
