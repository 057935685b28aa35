"""The lab's manifests planned on one node with four GPUs, of which three have the memory that the lab asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from drakkar.planner import Sourced, World, explain, plan
from drakkar.planner.report.explanation_text import explanation_text
from drakkar.sources.documents import read

from .objects import device, node, slice_

LAB = Path(__file__).parents[2] / "examples" / "lab"


@pytest.fixture(scope="module")
def lab() -> World:
    gpus = [device(f"gpu-{index}", "80Gi") for index in range(3)]
    hardware = [node("worker"), slice_(*gpus, device("gpu-3", "24Gi"), node="worker")]
    return World([*read([LAB]), *(Sourced(obj, "hardware") for obj in hardware)])


def test_the_labs_pods_share_and_use_up_the_gpus(lab: World) -> None:
    found = {
        pod.name: [one.device for each in pod.claims for one in each.devices]
        for pod in plan(lab).pods
        if pod.placed
    }
    assert found == {
        "dra-example-driver-kubeletplugin-worker": [],
        "ollama": ["gpu-0"],
        "ollama2": ["gpu-0"],
        "ollama-deployment-0": ["gpu-1"],
        "ollama-deployment-1": ["gpu-2"],
    }
    assert [pod.name for pod in plan(lab).pods if not pod.placed] == ["dra-job-0", "dra-job-1"]


def test_the_job_is_told_who_has_the_gpus_and_what_is_wrong_with_the_last(lab: World) -> None:
    text = explanation_text(explain(lab, "job/dra-job"))
    assert "request req-0/80gi-gpu wants 1 device of class gpu.example.com: 0 of 4 would do" in text
    assert (
        "claim dra-tutorial/example-resource-claim (pods dra-tutorial/ollama, dra-tutorial/ollama2)" in text
    )
    assert (
        "claim dra-tutorial/ollama-deployment-1-my-gpu-claim (pod dra-tutorial/ollama-deployment-1)" in text
    )
    assert "(capacity memory is 24Gi)" in text
    assert "the same goes for dra-tutorial/dra-job-1" in text
    assert "note: Job dra-job: 2 of its 4 pods run at a time" in text
