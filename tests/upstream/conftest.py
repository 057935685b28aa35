"""The Go originals as fixtures: each is the path of a program, built at its first use."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import originals
from .originals import Original


def _program(original: Original) -> Path:
    try:
        return originals.built(original)
    except originals.Unavailable as why:
        pytest.skip(str(why))


@pytest.fixture(scope="session")
def allocator_137() -> Path:
    """Upstream's allocator as a pipe."""
    return _program(originals.ALLOCATOR)


@pytest.fixture(scope="session")
def cel_137() -> Path:
    """Upstream's device selectors as a pipe."""
    return _program(originals.CEL)


@pytest.fixture(scope="session")
def quantity_137() -> Path:
    """Upstream's quantities as a pipe."""
    return _program(originals.QUANTITY)


@pytest.fixture(scope="session")
def example_driver() -> Path:
    """dra-example-driver's kubelet plugin."""
    return _program(originals.EXAMPLE_DRIVER)


@pytest.fixture(scope="session")
def apiserver_137() -> Path:
    """kube-apiserver 1.37."""
    return _program(originals.API_SERVER)


@pytest.fixture(scope="session")
def etcd() -> Path:
    """The store that kube-apiserver keeps its objects in."""
    return _program(originals.ETCD)


@pytest.fixture(scope="session")
def scheduler_137() -> Path:
    """kube-scheduler 1.37."""
    return _program(originals.SCHEDULER)


@pytest.fixture(scope="session")
def controller_manager_137() -> Path:
    """kube-controller-manager 1.37."""
    return _program(originals.CONTROLLER_MANAGER)


@pytest.fixture(scope="session")
def kubectl_137() -> Path:
    """kubectl 1.37."""
    return _program(originals.KUBECTL)
