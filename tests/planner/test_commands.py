from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from typer.testing import CliRunner, Result

from drakkar.cli.main import application
from drakkar.client import Client
from drakkar.planner import InputError, World, plan
from drakkar.sources.live import fetch

from .objects import Object, attributes, claim, device, device_class, node, pod, request, slice_, template

app = application(["plan", "explain"])

OBJECTS = [node(), device_class(), slice_(device("d0")), template("t")]


def _run(*arguments: str, stdin: str | None = None) -> Result:
    # A cluster of whoever runs the tests is nobody's business here.
    return CliRunner().invoke(app, list(arguments), input=stdin, env={"KUBECONFIG": None})


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "objects.yaml"
    path.write_text(yaml.safe_dump_all([*OBJECTS, pod("a", template="t"), pod("b", template="t")]))
    return str(path)


def test_a_plan_with_a_pod_that_goes_nowhere_ends_with_1(file: str) -> None:
    done = _run("plan", "-f", file)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["NAMESPACE", "POD", "NODE", "DEVICES"]
    assert lines[1].split() == ["ns", "a", "n1", "own:", "d0"]
    assert lines[2].split() == ["ns", "b", "<none>", "-"]
    assert "ns/b: the node does not do: request r wants 1, 0 of 1 devices would do (1 taken)" in done.stdout


def test_a_plan_that_places_all_ends_with_0_and_takes_files_behind_one_another(tmp_path: Path) -> None:
    paths = []
    for index, obj in enumerate([*OBJECTS, pod("a", template="t")]):
        paths.append(tmp_path / f"{index}.json")
        paths[-1].write_text(json.dumps(obj))
    done = _run("plan", "-f", *map(str, paths))
    assert done.exit_code == 0
    assert "the pod is placed on 1 node" in done.stdout


def test_a_plan_from_stdin() -> None:
    done = _run("plan", "-f", "-", stdin=yaml.safe_dump_all([node(), pod("a")]))
    assert done.exit_code == 0


def test_a_claim_of_v1beta1_is_explained_as_the_same_one_of_v1(tmp_path: Path) -> None:
    def explained(name: str, *objects: Object) -> Result:
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump_all([node(), device_class(), *objects, pod("p", "c")]))
        return _run("explain", "p", "-f", str(path))

    model = 'device.attributes["gpu.example.com"].model == "a"'
    wanted, there = (
        claim("c", request("r", model, count=2)),
        slice_(device("d0", attributes=attributes(model="a"))),
    )
    old_claim, old_slice = copy.deepcopy(wanted), copy.deepcopy(there)
    old_claim["apiVersion"] = old_slice["apiVersion"] = "resource.k8s.io/v1beta1"
    (asked,) = old_claim["spec"]["devices"]["requests"]
    asked |= asked.pop("exactly")
    (one,) = old_slice["spec"]["devices"]
    one["basic"] = {"attributes": one.pop("attributes")}
    now = explained("v1", wanted, there)
    assert now.exit_code == 1 and "request r wants 2 devices of class gpu" in now.stdout
    for old in ((old_claim, there), (wanted, old_slice), (old_claim, old_slice)):
        before = explained("v1beta1", *old)
        assert (before.exit_code, before.stdout, before.stderr) == (1, now.stdout, now.stderr)
    # As v1 nobody could read such a request.
    wrong = explained("wrong", {**old_claim, "apiVersion": "resource.k8s.io/v1"}, there)
    assert wrong.exit_code != 0 and wrong.stdout != now.stdout


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_plans_and_explanations_for_programs(file: str, form: str) -> None:
    done = _run("plan", "-f", file, "-o", form)
    found = yaml.safe_load(done.stdout)
    first, second = found["pods"]
    assert (first["namespace"], first["name"], first["node"]) == ("ns", "a", "n1")
    assert first["claims"][0]["devices"][0]["device"] == "d0"
    assert "node" not in second
    assert second["nodes"][0]["requests"][0]["rejected"][0]["kind"] == "taken"
    done = _run("explain", "b", "-f", file, "-o", form)
    assert done.exit_code == 1
    [told] = yaml.safe_load(done.stdout)["pods"]
    assert told["nodes"][0]["requests"][0]["rejected"][0]["holders"] == [
        {"claim": "ns/a-own", "pods": ["ns/a"]}
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan"], "nothing to plan: give -f FILE"),
        (["plan", "-f", "/nowhere.yaml"], "/nowhere.yaml: No such file"),
        (["explain", "a"], "nothing to plan"),
        (["plan", "--kubeconfig", "/nowhere"], "kubeconfig /nowhere"),
        (["plan", "-o", "xml"], "xml"),
    ],
)
def test_bad_usage_ends_with_2(arguments: list[str], message: str) -> None:
    done = _run(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_name_that_is_not_there_ends_with_2(file: str) -> None:
    done = _run("explain", "zzz", "-f", file)
    assert done.exit_code == 2
    assert "no pod or claim zzz in the input; there are a, a-own, b, b-own" in done.stderr


def test_every_problem_of_the_input_takes_a_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    bad = claim("c")
    bad["spec"]["devices"]["requests"][0]["exactly"]["count"] = -1
    path.write_text(
        yaml.safe_dump_all([node(), bad, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}])
    )
    done = _run("plan", "-f", str(path))
    assert done.exit_code == 2
    count, spec = done.stderr.splitlines()
    assert "bad.yaml, document 2 (ResourceClaim ns/c): spec.devices.requests[0].exactly.count" in count
    assert "bad.yaml, document 3 (Pod default/x)" in spec


@asynccontextmanager
async def _server(objects: dict[str, list[Object]], refuse: dict[str, int]) -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        plural = request.path.rpartition("/")[2]
        if plural in refuse:
            status = {"kind": "Status", "code": refuse[plural], "reason": "Forbidden", "message": "no"}
            return web.json_response(status, status=refuse[plural])
        bare = [
            {k: v for k, v in o.items() if k not in ("kind", "apiVersion")} for o in objects.get(plural, [])
        ]
        return web.json_response({"items": bare, "metadata": {}})

    served = web.Application()
    served.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(served)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def test_a_live_cluster_is_read_without_what_it_does_not_serve() -> None:
    objects = {
        "nodes": [node()],
        "deviceclasses": [device_class()],
        "resourceslices": [slice_(device("d0"), device("d1"))],
        "resourceclaims": [claim("old", devices=["d0"])],
        "resourceclaimtemplates": [template("t")],
        "pods": [pod("waiting", template="t")],
    }
    async with _server(objects, {"devicetaintrules": 404}) as url, Client(url) as client:
        found = plan(World(await fetch(client)))
    assert found.pods[0].claims[0].devices[0].device == "d1"


async def test_a_cluster_that_may_not_be_read_is_an_error() -> None:
    async with _server({}, {"pods": 403}) as url, Client(url) as client:
        with pytest.raises(InputError, match="cannot list pods: no"):
            await fetch(client)


def test_a_cluster_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        # Nothing can listen on port 0.
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:0"}}],
        "users": [{"name": "u", "user": {}}],
    }
    path.write_text(yaml.safe_dump(config))
    done = _run("plan", "--kubeconfig", str(path))
    assert done.exit_code == 2
    assert done.stderr.startswith("drakkar: http://127.0.0.1:0: ")
