"""Real Helm on a whole cluster of ours: the chart that `helm create` makes lives its whole life, and the example driver's chart
brings up a driver whose devices pods get."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drakkar.cluster.lab.own_cluster import OwnCluster

from .charts import CHARTS
from .go_modules import downloaded

pytestmark = pytest.mark.upstream
NODE = "drakkar-worker"
_LIMIT_S = 240
_WAIT = "--timeout=120s"
# What stands for the images of the chart. Names of services are known to no container, so that the chart's test, which asks the
# service by its name, is told in advance where that is.
_IMAGES = """\
[[image]]
match = "nginx:*"
command = ["/bin/sh", "-c", "exec {python} -m http.server 8080 --bind $POD_IP"]
env = {{ POD_IP = "$(POD_IP)" }}

[[image]]
match = "busybox"
programs = {{ wget = ["/bin/true"] }}
"""
_POD = """\
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata:
  name: gpu
spec:
  spec:
    devices:
      requests:
      - name: gpu
        exactly:
          deviceClassName: gpu.example.com
---
apiVersion: v1
kind: Pod
metadata:
  name: user
spec:
  restartPolicy: Never
  resourceClaims:
  - name: gpu
    resourceClaimTemplateName: gpu
  containers:
  - name: c
    image: busybox
    command: ["sh", "-c", "env | grep GPU_DEVICE"]
    resources:
      claims:
      - name: gpu
"""


class Helm:
    """Helm for one cluster."""

    def __init__(self, program: Path, cluster: OwnCluster) -> None:
        self._program = program
        self._environment = {
            **os.environ,
            "KUBECONFIG": str(cluster.state / "kubeconfig"),
            "HOME": str(cluster.home),
            "XDG_CACHE_HOME": str(cluster.home / "cache"),
            "XDG_CONFIG_HOME": str(cluster.home / "config"),
            "XDG_DATA_HOME": str(cluster.home / "data"),
        }

    def __call__(self, *arguments: str, at: Path | None = None) -> str:
        """What it prints; it must succeed."""
        done = subprocess.run(
            [str(self._program), *arguments],
            env=self._environment,
            cwd=at,
            capture_output=True,
            text=True,
            timeout=_LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, f"helm {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout


def test_the_chart_that_helm_makes_lives_its_whole_life(
    cluster: OwnCluster, helm: Path, kubectl_137: Path
) -> None:
    cluster.up("--without=driver")
    images = cluster.state / "nodes" / NODE / "images.toml"
    images.write_text(_IMAGES.format(python=sys.executable))
    run, kubectl = Helm(helm, cluster), cluster.kubectl(str(kubectl_137))
    run("create", "web", at=cluster.home)
    chart = str(cluster.home / "web")
    # Port 80 would want root.
    port = "--set=service.port=8080"

    def pods() -> list[str]:
        found = kubectl.run("get", "pods", "-l", "app.kubernetes.io/name=web", "-o", "name").out.split()
        return sorted(found)

    run("install", "one", chart, port, "--wait", _WAIT)
    assert len(pods()) == 1
    assert "deployed" in run("list")
    run("upgrade", "one", chart, port, "--set=replicaCount=2", "--wait", _WAIT)
    assert len(pods()) == 2
    run("upgrade", "one", chart, port, "--set=autoscaling.enabled=true", "--set=ingress.enabled=true")
    kubectl.run("get", "hpa/one-web", "ingress/one-web")
    run("rollback", "one", "1", "--wait", _WAIT)
    kubectl.run("wait", "--for=jsonpath={.status.replicas}=1", "deployment/one-web", "--timeout=60s")
    said = run("test", "one", _WAIT)
    assert "Phase:          Succeeded" in said
    assert len(run("history", "one").splitlines()) == 5
    run("uninstall", "one", "--wait", _WAIT)
    kubectl.run("wait", "--for=delete", "pods", "-l", "pod-template-hash", "--timeout=60s")
    assert run("list", "-q") == ""


@pytest.mark.parametrize("original", [False, True], ids=["ours", "original"])
def test_the_drivers_chart_serves_pods(
    cluster: OwnCluster, helm: Path, kubectl_137: Path, example_driver: Path, original: bool
) -> None:
    chart = next(one for one in CHARTS if one.module.endswith("dra-example-driver"))
    found = downloaded(chart.module, chart.version)
    if isinstance(found, str):
        pytest.skip(found)
    cluster.up("--without=driver")
    if original:
        # Our own driver stands for the image unless a user says otherwise.
        rows = f"""\
[[image]]
match = "*/dra-example-driver:*"
programs = {{ dra-example-kubeletplugin = ["{example_driver}"] }}
"""
        (cluster.state / "nodes" / NODE / "images.toml").write_text(rows)
    run, kubectl = Helm(helm, cluster), cluster.kubectl(str(kubectl_137))
    run(
        "install", "driver", str(found / chart.path), "--namespace=driver", "--create-namespace",
        "--wait", _WAIT,
    )  # fmt: skip
    (cluster.home / "pod.yaml").write_text(_POD)
    kubectl.run("apply", "-f", str(cluster.home / "pod.yaml"))
    kubectl.run("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/user", "--timeout=60s")
    assert "GPU_DEVICE_" in kubectl.run("logs", "user").out
    run("uninstall", "driver", "--namespace=driver", "--wait", _WAIT)
