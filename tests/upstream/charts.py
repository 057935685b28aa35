"""Charts of projects that are used with DRA, as their Go modules have them, and what is set in them."""

from __future__ import annotations

from typing import NamedTuple


class Chart(NamedTuple):
    """`settings` are those without which it cannot be installed; `change` is what an upgrade changes."""

    module: str
    version: str
    path: str
    change: str
    settings: tuple[str, ...] = ()


CHARTS = (
    Chart(
        "sigs.k8s.io/dra-example-driver",
        "v0.2.1",
        "deployments/helm/dra-example-driver",
        "kubeletPlugin.numDevices=3",
    ),
    Chart(
        "sigs.k8s.io/dra-driver-nvidia-gpu",
        "v0.4.1",
        "deployments/helm/dra-driver-nvidia-gpu",
        "logVerbosity=6",
        # The chart wants to hear that no device plugin serves the same GPUs.
        ("gpuResourcesEnabledOverride=true",),
    ),
    Chart("sigs.k8s.io/dranet", "v1.4.0", "deployments/helm/dranet", "podLabels.more=yes"),
    Chart(
        "github.com/kubernetes-sigs/dra-driver-cpu",
        "v0.2.0",
        "deployment/helm/dra-driver-cpu",
        "podLabels.more=yes",
    ),
    Chart("sigs.k8s.io/kueue", "v0.17.0", "charts/kueue", "controllerManager.replicas=2"),
    Chart("sigs.k8s.io/jobset", "v0.8.2", "charts/jobset", "controller.replicas=2"),
    Chart("sigs.k8s.io/lws", "v0.6.2", "charts/lws", "replicaCount=3"),
)
