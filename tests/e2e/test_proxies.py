"""What runs in a cluster is reached through kubectl by its names, and given other resources while it runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from drakkar.cluster.lab.kubectl import Kubectl
from drakkar.cluster.lab.own_cluster import OwnCluster

Object = dict[str, Any]
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
]
_LIMIT = 60.0
_SERVE = "cd /tmp && echo hello > x && exec python3 -m http.server 8080 --bind $POD_IP"
_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "containers": [
            {
                "name": "c",
                "image": "busybox",
                "command": ["/bin/sh", "-c", _SERVE],
                "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
                "ports": [{"containerPort": 8080}],
                "resources": {"requests": {"cpu": "100m"}},
                "readinessProbe": {"httpGet": {"port": 8080, "path": "/x"}, "periodSeconds": 1},
            }
        ]
    },
}
_SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
}
_HOME = "/api/v1/namespaces/default"


def until(true: Callable[[], Any]) -> Any:
    end = time.monotonic() + _LIMIT
    while True:
        found = true()
        if found:
            return found
        assert time.monotonic() < end, found
        time.sleep(0.2)


@contextmanager
def proxy(cluster: OwnCluster) -> Iterator[str]:
    """`kubectl proxy`, and where it listens."""
    command = ["kubectl", f"--kubeconfig={cluster.state / 'kubeconfig'}", "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"127\.0\.0\.1:\d+", line)
            assert found is not None, line
            yield f"http://{found[0]}"
        finally:
            process.terminate()


def raw(kubectl: Kubectl, path: str) -> str:
    return kubectl.run("get", "--raw", path).out


def test_by_their_names(make_cluster: Callable[..., OwnCluster]) -> None:
    cluster = make_cluster()
    cluster.up()
    kubectl = cluster.kubectl()
    path = cluster.home / "web.yaml"
    path.write_text("\n".join(json.dumps(one) for one in (_POD, _SERVICE)))
    kubectl.run("apply", "-f", str(path))

    def ready() -> bool:
        pod = kubectl.get("pod", "web")
        return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"]["conditions"])

    until(lambda: kubectl.get("pod", "web")["status"].get("conditions"))
    until(ready)
    slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    until(lambda: any(one.get("endpoints") for one in json.loads(raw(kubectl, slices))["items"]))
    for name in ("services/http:web:80", "services/web:http", "pods/web", "pods/http:web:8080"):
        assert raw(kubectl, f"{_HOME}/{name}/proxy/x") == "hello\n", name
    node = kubectl.get("pod", "web")["spec"]["nodeName"]
    assert raw(kubectl, f"/api/v1/nodes/{node}/proxy/healthz").strip() == "ok"
    with proxy(cluster) as address:
        url = f"{address}{_HOME}/services/http:web:80/proxy"
        with urllib.request.urlopen(f"{url}/x", timeout=30) as answer:
            assert answer.read() == b"hello\n"
        # Without a slash at its end it leads to the page there.
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert answer.url == f"{url}/" and b'href="x"' in answer.read()
    shown = kubectl.run("get", "componentstatuses").out
    assert all(re.search(rf"^{name} +Healthy +ok", shown, re.M) for name in ("scheduler", "etcd-0")), shown
    _resized(kubectl)


def _resized(kubectl: Kubectl) -> None:
    change = {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "150m"}}}]}}
    kubectl.run("patch", "pod", "web", "--subresource=resize", "--type=strategic", f"-p={json.dumps(change)}")

    def given() -> bool:
        status = kubectl.get("pod", "web")["status"]["containerStatuses"][0]
        return bool(status["allocatedResources"] == {"cpu": "150m"} and status["restartCount"] == 0)

    until(given)
