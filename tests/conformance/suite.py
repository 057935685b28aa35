"""Kubernetes' own tests on a cluster of ours: built, given what stands for their images, run by groups, and what came of each."""

from __future__ import annotations

import json
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from upstream import originals

from drakkar.cluster.lab.own_cluster import OwnCluster

_GROUPS = Path(__file__).with_name("groups.toml")
_IMAGES = """
[[image]]
match = "registry.k8s.io/e2e-test-images/agnhost:*"
command = ["{agnhost}"]
programs = {{ "/agnhost" = ["{agnhost}"], agnhost = ["{agnhost}"] }}

[[image]]
match = "registry.k8s.io/pause:*"
command = ["{agnhost}", "pause"]

[[image]]
match = "registry.k8s.io/e2e-test-images/busybox:*"
command = ["/bin/sh"]

[[image]]
match = "registry.k8s.io/e2e-test-images/nginx:*"
command = ["{agnhost}", "pause"]

[[image]]
match = "registry.k8s.io/sig-storage/hostpathplugin:*"
command = ["/hostpathplugin"]
files = {{ "/hostpathplugin" = "{proxy}" }}
env = {{ DRAKKAR_POD_IP = "$(POD_IP)" }}
"""


@dataclass(frozen=True)
class Group:
    """Some of the tests; `known` are the texts of those that do not pass, with the reason."""

    name: str
    focus: str
    minutes: int
    skip: str = ""
    labels: str = ""
    known: Mapping[str, str] = field(default_factory=dict)


class Report(NamedTuple):
    """What came of one test: its text, its state in Ginkgo's words, and why it failed."""

    test: str
    state: str
    why: str


def groups() -> dict[str, Group]:
    """All groups by name."""
    return {name: Group(name, **found) for name, found in tomllib.loads(_GROUPS.read_text()).items()}


def furnish(cluster: OwnCluster) -> None:
    """Tell the nodes of a cluster what stands for the images of the tests."""
    proxy = Path(__file__).with_name("hostpathplugin")
    text = _IMAGES.format(agnhost=originals.built(originals.AGNHOST), proxy=proxy)
    for node in (cluster.state / "nodes").iterdir():
        (node / "images.toml").write_text(text)


def run(group: Group, cluster: OwnCluster, directory: Path) -> list[Report]:
    """Run a group to its end, or as long as it has."""
    report = directory / f"{group.name}.json"
    command = [
        str(originals.built(originals.E2E)),
        f"--kubeconfig={cluster.state / 'kubeconfig'}",
        "--provider=skeleton",
        f"--ginkgo.focus={group.focus}",
        f"--ginkgo.skip={group.skip}",
        f"--ginkgo.label-filter={group.labels}",
        "--ginkgo.no-color",
        f"--ginkgo.json-report={report}",
        f"--ginkgo.timeout={group.minutes}m",
    ]
    with open(directory / f"{group.name}.log", "w") as log:
        # It ends itself in time; what hangs nevertheless is ended.
        subprocess.run(command, stdout=log, stderr=log, timeout=group.minutes * 60 + 120, check=False)
    return list(_read(report))


def _read(report: Path) -> Iterator[Report]:
    suites: list[dict[str, Any]] = json.loads(report.read_text())
    for suite in suites:
        for spec in suite["SpecReports"]:
            if spec["LeafNodeType"] == "It" and spec["State"] not in ("skipped", "pending"):
                text = " ".join((*(spec["ContainerHierarchyTexts"] or ()), spec["LeafNodeText"]))
                why = (spec.get("Failure") or {}).get("Message", "")
                yield Report(text, spec["State"], why[:500])
