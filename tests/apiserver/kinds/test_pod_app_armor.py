"""AppArmor profiles in annotations become fields."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.apiserver.kinds.pod_app_armor import complete

_KEY = "container.apparmor.security.beta.kubernetes.io/"


def completed(annotation: str, security: Any = None, **spec: Any) -> Any:
    """The security context of the container `c` of a pod with an annotation for it."""
    own = {} if security is None else {"securityContext": security}
    containers = [{"name": "c", **own}, {"name": "other"}]
    pod = {"metadata": {"annotations": {f"{_KEY}c": annotation}}, "spec": {"containers": containers, **spec}}
    complete(pod)
    assert containers[1] == {"name": "other"}
    return containers[0].get("securityContext")


@pytest.mark.parametrize(
    ("annotation", "profile"),
    [
        ("unconfined", {"type": "Unconfined"}),
        ("runtime/default", {"type": "RuntimeDefault"}),
        ("localhost/a/b", {"type": "Localhost", "localhostProfile": "a/b"}),
    ],
)
def test_a_container_gets_what_its_annotation_says(annotation: str, profile: object) -> None:
    assert completed(annotation) == {"appArmorProfile": profile}
    assert completed(annotation, {"privileged": True}) == {"privileged": True, "appArmorProfile": profile}
    assert completed(annotation, os={"name": "windows"}) is None
    # Its pod says so already.
    assert completed(annotation, securityContext={"appArmorProfile": profile}) is None


@pytest.mark.parametrize(
    "annotation", ["", "localhost/", "localhost/ a", "Unconfined", "localhost/" + "x" * 4096]
)
def test_what_means_no_profile_stays_an_annotation(annotation: str) -> None:
    assert completed(annotation) is None


def test_a_profile_of_its_own_stays() -> None:
    own = {"appArmorProfile": {"type": "RuntimeDefault"}}
    assert completed("unconfined", own) == own
