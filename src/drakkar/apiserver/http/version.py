"""What /version says: the Kubernetes release whose API this is."""

from __future__ import annotations

import platform
import sys
from typing import Any

import drakkar
from drakkar.api.kubernetes_version import GIT_VERSION

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def info() -> dict[str, Any]:
    """The version object; the release of Drakkar itself stands in the build metadata's place of the commit."""
    major, minor, _ = GIT_VERSION.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        # No older release is emulated, and objects are written so that the release before can read them.
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": GIT_VERSION,
        "gitCommit": f"drakkar-{drakkar.__version__}",
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": f"python{platform.python_version()}",
        "compiler": sys.implementation.name,
        "platform": f"{sys.platform}/{_MACHINES.get(platform.machine(), platform.machine())}",
    }
