"""The real kubectl against the server alone: what it sends in protobuf, applies, explains, prints and deletes."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drakkar.apiserver.http.server import ServerConfig, run
from drakkar.cluster import kubeconfig
from drakkar.cluster.certificates import Authority, Identity
from drakkar.cluster.readiness import Endpoint, server
from drakkar.cluster.running import free_port

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
]

MANIFEST = """
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: {name: gpu.example.com}
spec:
  selectors: [{cel: {expression: "device.driver == 'gpu.example.com'"}}]
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: shared, namespace: lab}
spec:
  devices:
    requests: [{name: gpu, exactly: {deviceClassName: gpu.example.com, allocationMode: ExactCount, count: 1}}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: lab, labels: {app: web}}
spec:
  containers:
  - name: web
    image: web:1
    ports: [{containerPort: 80}]
    resources: {claims: [{name: gpu}], requests: {cpu: 500m}}
  resourceClaims: [{name: gpu, resourceClaimName: shared}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: lab}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: many, namespace: lab}
spec:
  replicas: 2
  selector: {matchLabels: {app: many}}
  template:
    metadata: {labels: {app: many}}
    spec: {containers: [{name: c, image: "many:1"}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: lab}
spec:
  template: {spec: {restartPolicy: Never, containers: [{name: c, image: "once:1"}]}}
"""


@dataclass(frozen=True)
class Kubectl:
    home: Path

    async def __call__(self, *arguments: str, code: int = 0, stdin: str = "") -> str:
        """Standard output and error of one call, which must end with `code`."""
        environment = {**os.environ, "HOME": str(self.home), "KUBECONFIG": str(self.home / "config")}
        process = await asyncio.create_subprocess_exec(
            "kubectl",
            *arguments,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(stdin.encode()), 30)
        text = output.decode()
        assert process.returncode == code, f"kubectl {' '.join(arguments)}: {text}"
        return text


@pytest.fixture
async def kubectl(tmp_path: Path) -> AsyncIterator[Kubectl]:
    authority = Authority(tmp_path / "pki")
    admin = authority.issue("admin", Identity("admin", ("system:masters",)))
    serving = authority.issue("server", Identity("server", hosts=("127.0.0.1",)))
    accounts = authority.issue("accounts", Identity("accounts"))
    pair = authority.pair
    config = ServerConfig(
        tmp_path / "data", free_port(), pair.certificate, serving.certificate, serving.key, accounts.key
    )
    url = f"https://127.0.0.1:{config.port}"
    kubeconfig.merge(tmp_path / "config", "lab", url, pair.certificate, admin)
    stop = asyncio.Event()
    running = asyncio.create_task(run(config, stop))
    try:
        await server(Endpoint(config.port, pair.certificate, admin), 10)
        yield Kubectl(tmp_path)
    finally:
        stop.set()
        await asyncio.wait_for(running, 10)


async def test_a_session(kubectl: Kubectl) -> None:
    # These come as protobuf.
    assert await kubectl("create", "namespace", "lab") == "namespace/lab created\n"
    await kubectl("create", "serviceaccount", "default", "-n", "lab")
    await kubectl("create", "configmap", "c", "-n", "lab", "--from-literal=k=v")
    assert (await kubectl("create", "token", "default", "-n", "lab")).count(".") == 2
    assert await kubectl("auth", "can-i", "create", "pods") == "yes\n"
    assert "admin" in await kubectl("auth", "whoami")

    first = await kubectl("apply", "-f", "-", stdin=MANIFEST)
    assert first.count(" created") == 6
    again = await kubectl("apply", "-f", "-", stdin=MANIFEST)
    assert again.count(" unchanged") == 6
    three = MANIFEST.replace("replicas: 2", "replicas: 3")
    more = await kubectl("apply", "-f", "-", stdin=three)
    assert "deployment.apps/many configured" in more
    disputed = await kubectl("apply", "--server-side", "-f", "-", stdin=MANIFEST, code=1)
    assert 'conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas' in disputed
    for _ in range(2):
        server_side = await kubectl("apply", "--server-side", "-f", "-", stdin=three)
        assert server_side.count("serverside-applied") == 6 and "Warning" not in server_side
    unknown = await kubectl("apply", "-f", "-", stdin=MANIFEST.replace("replicas", "replica"), code=1)
    assert 'unknown field "spec.replica"' in unknown

    pods = (await kubectl("get", "pods", "-n", "lab", "-o", "wide")).splitlines()
    assert pods[0].split()[:5] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert pods[1].split()[:4] == ["web", "0/1", "Pending", "0"]
    assert "pending" in await kubectl("get", "resourceclaims", "-n", "lab")
    assert "Allocation Mode:" in await kubectl("describe", "resourceclaim", "shared", "-n", "lab")
    explained = await kubectl("explain", "resourceclaim.spec.devices.requests.exactly.count")
    assert "FIELD: count <integer>" in explained

    await kubectl("label", "pod", "web", "-n", "lab", "x=y")
    assert await kubectl("get", "pods", "-A", "-l", "x=y", "-o", "name") == "pod/web\n"
    await kubectl("scale", "deployment", "many", "-n", "lab", "--replicas=0")
    assert "0/0" in await kubectl("get", "deployment", "many", "-n", "lab")
    denied = await kubectl("get", "pods", "--as=alice", code=1)
    assert 'User "alice" cannot list resource "pods"' in denied
    missing = await kubectl("get", "pod", "nope", code=1)
    assert missing == 'Error from server (NotFound): pods "nope" not found\n'

    assert await kubectl("delete", "pod", "web", "-n", "lab") == 'pod "web" deleted\n'
    await kubectl("delete", "resourceclaim,service,deployment,configmap", "--all", "-n", "lab")
    assert "No resources found" in await kubectl("get", "resourceclaims", "-n", "lab")
    await kubectl("delete", "namespace", "lab", "--wait=false")
    assert "Terminating" in await kubectl("get", "namespace", "lab")


LIST = """
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a}
  data: {k: v}
- apiVersion: resource.k8s.io/v1
  kind: ResourceClaim
  metadata: {name: r}
  spec: {devices: {requests: [{name: g, exactly: {deviceClassName: c}}]}}
"""


async def test_a_list_is_validated_by_the_older_openapi(kubectl: Kubectl) -> None:
    said = await kubectl("apply", "-f", "-", stdin=LIST)
    assert said.splitlines() == ["configmap/a created", "resourceclaim.resource.k8s.io/r created"]
    both = await kubectl("get", "configmap/a", "resourceclaim/r", "-o", "yaml")
    assert (await kubectl("apply", "-f", "-", stdin=both)).count("configured") == 2
    wrong = await kubectl("apply", "-f", "-", stdin=LIST.replace("data: {k: v}", "dta: {k: v}"), code=1)
    assert "dta" in wrong
