"""What each level forbids in each version, and in which words it is told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from drakkar.pod_security.policy import BASELINE, PRIVILEGED, RESTRICTED, Standard
from drakkar.pod_security.standards import NEWEST, violations
from drakkar.pod_security.subject import Subject
from drakkar.pod_security.violation import MOST_NAMED, details, reasons

from .cases import CASES, Object, container, pod


def found(level: str, minor: int | None, given: Object) -> str:
    return details(violations(Standard(level, minor), Subject(given["metadata"], given["spec"])))


def expected(told: Mapping[int, str], minor: int) -> str:
    known = [first for first in told if first <= minor]
    return told[max(known)] if known else ""


@pytest.mark.parametrize("what", CASES)
def test_each_version_tells_what_it_forbids(what: str) -> None:
    case = CASES[what]
    for minor in range(NEWEST + 1):
        assert found(BASELINE, minor, case.pod) == expected(case.baseline, minor), minor
        assert found(RESTRICTED, minor, case.pod) == expected(case.restricted, minor), minor
        assert found(PRIVILEGED, minor, case.pod) == ""


@pytest.mark.parametrize("level", [BASELINE, RESTRICTED])
def test_the_latest_and_those_to_come_are_as_the_newest(level: str) -> None:
    assert NEWEST == 37
    for case in CASES.values():
        newest = found(level, NEWEST, case.pod)
        assert found(level, None, case.pod) == found(level, 10**18, case.pod) == newest


def test_baseline_comes_first_and_each_in_its_order() -> None:
    given = pod({"name": "c", "image": "i", "securityContext": {"privileged": True}}, hostPID=True)
    wrong = violations(Standard(RESTRICTED), Subject(given["metadata"], given["spec"]))
    assert reasons(wrong) == (
        "host namespaces, privileged, allowPrivilegeEscalation != false, unrestricted capabilities, "
        "runAsNonRoot != true, seccompProfile"
    )
    # Short ones have nothing in brackets.
    assert wrong[1].detail == 'container "c" must not set securityContext.privileged=true'


def test_a_pod_of_many_containers_is_told_of_by_some() -> None:
    many = [container(f"c{at}", privileged=True) for at in range(MOST_NAMED + 7)]
    said = found(BASELINE, None, pod(*many))
    assert said.count('"c') == MOST_NAMED
    assert f'"c{MOST_NAMED - 1}", "and 7 more" must not' in said


@pytest.mark.parametrize("odd", [None, 3, "x", [], [3], {"a": 3}, True])
def test_what_is_not_of_its_type_is_as_good_as_absent(odd: object) -> None:
    """A server of today stores no such pod; one that is there all the same costs nobody else."""
    fields = ("containers", "volumes", "securityContext", "os", "initContainers", "ephemeralContainers")
    for field in fields:
        violations(Standard(RESTRICTED), Subject({"annotations": odd}, {**pod()["spec"], field: odd}))
    for field in ("ports", "securityContext", "lifecycle", "livenessProbe", "name"):
        violations(Standard(RESTRICTED), Subject(odd, {"containers": [{**container(), field: odd}]}))
    for field in ("capabilities", "seccompProfile", "seLinuxOptions", "windowsOptions", "procMount"):
        violations(Standard(RESTRICTED), Subject({}, {"containers": [container(**{field: odd})]}))
    violations(Standard(RESTRICTED), Subject(odd, odd))
