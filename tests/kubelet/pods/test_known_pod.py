"""A pod of the node as its agent knows it."""

from __future__ import annotations

import pytest

from drakkar.kubelet.pods.known_pod import KnownPod


@pytest.mark.parametrize(("version", "number"), [("12", 12), ("x", 0), ("\u00b2", 0), ("1" * 5000, 0)])
def test_a_version_that_is_no_number_is_no_version(version: str, number: int) -> None:
    obj = {"metadata": {"name": "p", "resourceVersion": version}, "spec": {"containers": []}}
    assert KnownPod.of(obj).version == number
