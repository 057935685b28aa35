"""The definitions of real projects, unmodified from their Go modules, taken by both servers with the same answers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from .go_modules import downloaded
from .test_custom_resources import DEFINITIONS, Pair
from .two_servers import both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]


class Project(NamedTuple):
    """A module, and where its definitions are."""

    module: str
    version: str
    definitions: str


PROJECTS = (
    Project("sigs.k8s.io/kueue", "v0.17.0", "config/components/crd/bases"),
    Project("sigs.k8s.io/jobset", "v0.8.2", "config/components/crd/bases"),
    Project("sigs.k8s.io/lws", "v0.6.2", "config/crd/bases"),
    Project("sigs.k8s.io/dra-driver-nvidia-gpu", "v0.4.1", "deployments/helm/dra-driver-nvidia-gpu/crds"),
    Project("github.com/ray-project/kuberay/ray-operator", "v1.5.0", "config/crd/bases"),
)
JOB_SET = {
    "apiVersion": "jobset.x-k8s.io/v1alpha2",
    "kind": "JobSet",
    "metadata": {"name": "one"},
    "spec": {
        "replicatedJobs": [
            {
                "name": "workers",
                "template": {
                    "spec": {
                        "template": {
                            "spec": {
                                "restartPolicy": "Never",
                                "containers": [
                                    {
                                        "name": "c",
                                        "image": "i",
                                        "ports": [{"containerPort": 80}],
                                        "resources": {"limits": {"cpu": 1, "memory": "1Gi"}},
                                        "unknown": 1,
                                    }
                                ],
                            }
                        }
                    }
                },
            }
        ]
    },
}


def definitions(directory: Path) -> list[Object]:
    """All definitions in a directory."""
    return [
        one
        for file in sorted(directory.glob("*.yaml"))
        for one in yaml.safe_load_all(file.read_text())
        if one and one.get("kind") == "CustomResourceDefinition"
    ]


async def _compare(directory: Path, programs: tuple[Path, Path], objects: list[Object]) -> None:
    async with both(directory, *programs) as servers:
        pair = Pair(servers)
        for one in objects:
            name = one["metadata"]["name"]
            await pair.ask(f"the definition {name}", "POST", DEFINITIONS, one)
        for one in objects:
            await pair.established(one["metadata"]["name"], pause=0)
        await pair.settle()
        for group in {one["spec"]["group"] for one in objects}:
            await pair.ask(f"the group {group}", "GET", f"/apis/{group}")
            for version in {v["name"] for one in objects for v in one["spec"]["versions"] if v["served"]}:
                await pair.ask(f"the kinds of {group}/{version}", "GET", f"/apis/{group}/{version}")
        if any(one["spec"]["group"] == "jobset.x-k8s.io" for one in objects):
            await asyncio.sleep(2.5)
            path = "/apis/jobset.x-k8s.io/v1alpha2/namespaces/default/jobsets"
            await pair.ask("a JobSet", "POST", path, JOB_SET)
            await pair.ask("a JobSet applied", "PATCH", f"{path}/two?fieldManager=m",
                           {**JOB_SET, "metadata": {"name": "two"}}, "application/apply-patch+yaml")  # fmt: skip
            del JOB_SET["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]["containers"][0][
                "unknown"
            ]
            await pair.ask("a JobSet applied well", "PATCH", f"{path}/two?fieldManager=m",
                           {**JOB_SET, "metadata": {"name": "two"}}, "application/apply-patch+yaml")  # fmt: skip
            await pair.ask("JobSets", "GET", path, accept="application/json;as=Table;g=meta.k8s.io;v=v1")
            wrong = {**JOB_SET, "metadata": {"name": "3"}, "spec": {"replicatedJobs": [{"replicas": "x"}]}}
            await pair.ask("a wrong JobSet", "POST", path, wrong)
        pair.check(len(objects))


@pytest.mark.parametrize("project", PROJECTS, ids=lambda one: one.module)
def test_definitions_of(project: Project, tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = downloaded(project.module, project.version)
    if isinstance(found, str):
        pytest.skip(f"{project.module}: {found}")
    objects = definitions(found / project.definitions)
    assert objects, f"{project.module} has no definitions in {project.definitions}"
    asyncio.run(_compare(tmp_path, (apiserver_137, etcd), objects))
