"""kubectl with a kind of one's own: it is defined, applied, read, explained, scaled, changed and deleted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import yaml

from .control_plane import ControlPlane
from .custom_definitions import WIDGETS
from .test_kubectl import kubectl

pytestmark = pytest.mark.upstream
NAME = "widgets.stable.example.com"
OBJECT = """\
apiVersion: stable.example.com/v1
kind: Widget
metadata:
  name: one
spec:
  size: 2
  tags: [a]
"""


async def test_a_kind_of_ones_own(kubectl_137: Path, tmp_path: Path) -> None:
    control = ControlPlane(tmp_path)
    async with control.up():

        async def run(*arguments: str, typed: str = "") -> str:
            return await kubectl(kubectl_137, control.kubeconfig, *arguments, typed=typed)

        defined = f"customresourcedefinition.apiextensions.k8s.io/{NAME}"
        assert await run("apply", "-f", "-", typed=yaml.safe_dump(WIDGETS)) == f"{defined} created\n"
        assert "condition met" in await run("wait", "--for=condition=Established", f"crd/{NAME}")
        assert NAME in await run("get", "crd")
        thing = "widget.stable.example.com/one"
        assert await run("apply", "-f", "-", typed=OBJECT) == f"{thing} created\n"
        assert await run("apply", "-f", "-", typed=OBJECT) == f"{thing} unchanged\n"
        changed = OBJECT.replace("size: 2", "size: 3")
        assert await run("apply", "-f", "-", typed=changed) == f"{thing} configured\n"
        assert await run("apply", "--server-side", "--force-conflicts", "-f", "-", typed=changed) == (
            f"{thing} serverside-applied\n"
        )
        table = (await run("get", "wd")).splitlines()
        assert table[0].split()[:6] == ["NAME", "SIZE", "RATIO", "FLAG", "FIRST", "NAMES"]
        assert table[1].split()[:2] == ["one", "3"]
        assert thing in await run("get", "gadgets", "-o", "name")
        assert thing in await run("get", "all", "-o", "name")
        assert json.loads(await run("get", "widget", "one", "-o", "json"))["spec"]["mode"] == "fast"
        assert "one" in await run("get", "widgets", "--field-selector=spec.mode=fast")
        assert "No resources" not in await run("describe", "widget", "one")
        explained = await run("explain", "widget.spec.items")
        assert "port" in explained and "<integer>" in explained
        assert "conditions" in await run("explain", "widgets.status", "--recursive")
        assert await run("scale", "widget/one", "--replicas=5") == f"{thing} scaled\n"
        assert (await run("get", "widget/one", "-o", "jsonpath={.spec.size}")) == "5"
        await run(
            "patch",
            "widget/one",
            "--subresource=status",
            "--type=merge",
            "-p",
            '{"status":{"phase":"Ready"}}',
        )
        assert (await run("get", "widget/one", "-o", "jsonpath={.status.phase}")) == "Ready"
        assert await run("label", "widget/one", "a=b") == f"{thing} labeled\n"
        with pytest.raises(AssertionError, match=r"spec\.size: Required value"):
            await run("apply", "-f", "-", typed=OBJECT.replace("size: 2", "text: ab").replace("one", "two"))
        with pytest.raises(AssertionError, match="unknown field"):
            await run("create", "-f", "-", typed=OBJECT.replace("one", "two") + "  nobody: 1\n")
        assert await run("delete", "widget", "one", "--wait=false") == (
            'widget.stable.example.com "one" deleted from default namespace\n'
        )
        await run("create", "-f", "-", typed=OBJECT)
        assert "deleted" in await run("delete", "crd", NAME)
        with pytest.raises(AssertionError, match=r"have a resource type|could not find the requested"):
            await run("get", "widgets")


def test_it_is_there_after_a_restart(tmp_path: Path) -> None:
    async def told() -> None:
        control = ControlPlane(tmp_path)
        async with control.up(), control.client() as client:
            await client.request(
                "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", json=WIDGETS
            )
            obj = yaml.safe_load(OBJECT)
            await client.request("POST", "/apis/stable.example.com/v1/namespaces/default/widgets", json=obj)
        async with control.up(), control.client() as client:
            path = "/apis/stable.example.com/v1/namespaces/default/widgets/one"
            assert (await client.request("GET", path))["spec"]["size"] == 2

    asyncio.run(told())
