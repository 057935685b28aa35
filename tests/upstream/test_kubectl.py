"""kubectl 1.37 against our API server, for what it does differently from older ones or asks of the server first."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from .control_plane import ControlPlane

pytestmark = pytest.mark.upstream

CLASS = """\
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata:
  name: gpu.example.com
spec:
  selectors:
  - cel:
      expression: device.driver == 'gpu.example.com'
"""


async def kubectl(program: Path, kubeconfig: Path, *arguments: str, typed: str = "") -> str:
    """What it prints; it must succeed."""
    process = await asyncio.create_subprocess_exec(
        str(program),
        f"--kubeconfig={kubeconfig}",
        f"--cache-dir={kubeconfig.parent / 'cache'}",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(typed.encode()), 30)
    assert process.returncode == 0, f"kubectl {' '.join(arguments)}: {err.decode()}"
    return out.decode()


async def test_it_applies_reads_and_deletes(kubectl_137: Path, tmp_path: Path) -> None:
    control = ControlPlane(tmp_path)
    async with control.up():

        async def run(*arguments: str, typed: str = "") -> str:
            return await kubectl(kubectl_137, control.kubeconfig, *arguments, typed=typed)

        version = json.loads(await run("version", "-o", "json"))
        assert version["clientVersion"]["gitVersion"] == "v1.37.2"
        assert version["serverVersion"]["minor"] == "37"
        name = "deviceclass.resource.k8s.io/gpu.example.com"
        assert await run("apply", "-f", "-", typed=CLASS) == f"{name} created\n"
        assert await run("apply", "-f", "-", typed=CLASS) == f"{name} unchanged\n"
        changed = CLASS.replace("== '", "!= '")
        assert await run("diff", "-f", "-", typed=CLASS) == ""
        assert await run("apply", "--server-side", "--force-conflicts", "-f", "-", typed=changed) == (
            f"{name} serverside-applied\n"
        )
        assert (await run("get", "deviceclasses", "-o", "name")).split() == [name]
        assert "gpu.example.com" in await run("get", "deviceclass")
        assert "Expression:" in await run("describe", "deviceclass", "gpu.example.com")
        assert "extendedResourceName" in await run("explain", "deviceclass.spec")
        assert await run("delete", "deviceclass", "gpu.example.com") == (
            'deviceclass.resource.k8s.io "gpu.example.com" deleted\n'
        )
