"""What the containers of a pod ask for together: the quota's sum and the scheduler's are one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from drakkar.api.core import PodSpec
from drakkar.api.pod_totals import container_totals, peak
from drakkar.api.resource import decode
from drakkar.placement.node.amounts import needs

_requests = st.dictionaries(
    st.sampled_from(["cpu", "memory", "x.com/y"]), st.sampled_from(["1", "2", "5", "250m", "1Ki"]), max_size=3
)
_containers = st.lists(
    st.builds(
        lambda requests, stays: {
            "name": "c",
            "resources": {"requests": requests},
            **({"restartPolicy": "Always"} if stays else {}),
        },
        _requests,
        st.booleans(),
    ),
    max_size=4,
)


def _by_hand(stages: list[tuple[dict[str, int], bool]], plain: list[dict[str, int]], name: str) -> int:
    """What runs at each moment, moment by moment."""
    moments, beside = [], 0
    for own, stays in stages:
        moments.append(beside + own.get(name, 0))
        if stays:
            beside += own.get(name, 0)
    return max([*moments, beside + sum(own.get(name, 0) for own in plain)])


_amounts = st.dictionaries(st.sampled_from("ab"), st.integers(0, 9), max_size=2)


@given(st.lists(_amounts, max_size=4), st.lists(st.tuples(_amounts, st.booleans()), max_size=5))
def test_the_peak_is_the_moment_when_most_runs(
    plain: list[dict[str, int]], before: list[tuple[dict[str, int], bool]]
) -> None:
    found = peak(plain, before)
    assert {name: found.get(name, 0) for name in "ab"} == {
        name: _by_hand(before, plain, name) for name in "ab"
    }


@given(_containers, _containers)
def test_quotas_and_the_scheduler_count_pods_alike(plain: list[Any], before: list[Any]) -> None:
    spec = {"containers": plain, "initContainers": before}
    counted = {
        name: amount.value(10**6 if name == "cpu" else 10**9)
        for name, amount in container_totals(spec, "requests").items()
    }
    assert needs(decode(PodSpec, spec)) == counted
