"""The lab's steps. Each shows its commands and checks what must be seen."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.cluster.lab.stage import NAMESPACE, Stage

_NS = ("-n", NAMESPACE)
_DRIVER = "app.kubernetes.io/name=dra-example-driver"
_FINALIZER = "resource.kubernetes.io/delete-protection"
_CLAIM = "example-resource-claim"


def _allocation(claim: Object) -> Object:
    return (claim.get("status") or {}).get("allocation") or {}


def _results(claim: Object) -> list[Object]:
    results: list[Object] = (_allocation(claim).get("devices") or {}).get("results") or []
    return results


def _device(claim: Object) -> str:
    return str(_results(claim)[0]["device"])


def _consumers(claim: Object) -> list[str]:
    return [entry["name"] for entry in (claim.get("status") or {}).get("reservedFor") or []]


def _environment(stage: Stage, pod: str, lines: int = 14) -> dict[str, str]:
    answer = stage.kubectl.run("exec", *_NS, pod, "--", "env")
    stage.say(f"$ {answer.command}")
    shown = [
        line for line in answer.out.split("\n") if re.match(r"GPU_|DRA_|KUBERNETES_|HOSTNAME|PATH|HOME", line)
    ]
    for line in sorted(shown)[:lines]:
        stage.say(f"  {line}")
    return dict(line.split("=", 1) for line in answer.out.splitlines() if "=" in line)


def _gpus(environment: dict[str, str]) -> list[str]:
    return sorted(value for key, value in environment.items() if re.fullmatch(r"GPU_DEVICE_\d+", key))


def cluster(stage: Stage) -> None:
    """Nodes and versions"""
    version = json.loads(stage.kubectl.run("version", "-o", "json").out)
    stage.say(f"$ kubectl version\n  Server Version: {version['serverVersion']['gitVersion']}")
    stage.show("get", "nodes")
    stage.show("cluster-info", lines=2)
    nodes = stage.kubectl.get("nodes")["items"]
    ready = [
        n for n in nodes for c in n["status"]["conditions"] if c["type"] == "Ready" and c["status"] == "True"
    ]
    stage.check(len(ready) >= 1, "a worker is Ready")


def explain(stage: Stage) -> None:
    """The kinds explain themselves"""
    for kind in (
        "resourceslice",
        "deviceclass",
        "deviceclass.spec.extendedResourceName",
        "resourceclaim",
        "resourceclaimtemplate",
    ):
        out = stage.show("explain", kind, lines=8).out
        name = kind.split(".")[0]
        stage.check("resource.k8s.io" in out and "KIND:" in out, f"{name} tells its group and kind")
        stage.check("DESCRIPTION:" in out, f"{kind} is described")


def namespace(stage: Stage) -> None:
    """A namespace"""
    out = stage.show("create", "namespace", NAMESPACE).out
    stage.check(out.strip() == f"namespace/{NAMESPACE} created", "created")


def prerequisites(stage: Stage) -> None:
    """Class, permissions, priority"""
    files = ("deviceclass.yaml", "rbac.yaml", "priorityclass.yaml")
    lines = stage.apply(*files).split("\n")
    stage.check(all(line.endswith(" created") for line in lines if line), "each is created")
    again = [line for line in stage.apply(*files).split("\n") if line]
    unchanged = [line for line in again if "priorityclass" not in line]
    stage.check(all(line.endswith(" unchanged") for line in unchanged), "and unchanged the second time")
    priority = next(line for line in again if "priorityclass" in line)
    stage.check(priority.endswith((" configured", " unchanged")), "the priority class as kubectl does it")


def driver(stage: Stage) -> None:
    """The driver runs on every node"""
    stage.apply("dra-driver-daemonset.yaml")
    name = "dra-example-driver-kubeletplugin"
    stage.show("rollout", "status", *_NS, f"daemonset/{name}", "--timeout=60s")
    stage.show("get", *_NS, "daemonset,pods", "-l", _DRIVER)
    nodes = len(stage.kubectl.get("nodes")["items"])
    counts = stage.get("daemonset", name)["status"]
    fields = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    stage.check(all(counts.get(field) == nodes for field in fields), f"all five counts are {nodes}")
    for pod in stage.get("pods", "-l", _DRIVER)["items"]:
        stage.check(pod["status"]["phase"] == "Running", f"{pod['metadata']['name']} is Running")
        stage.check(pod["spec"]["priority"] == 1000000, "with the priority of its class")
        volumes = pod["spec"]["volumes"]
        stage.check(sum("hostPath" in volume for volume in volumes) == 3, "with its three host paths")
        projected = [volume for volume in volumes if "projected" in volume]
        stage.check(len(projected) == 1, "and its service account's token")


def slices(stage: Stage) -> None:
    """Devices are published"""
    items = stage.await_("a ResourceSlice", lambda: stage.kubectl.get("resourceslice")["items"])
    stage.show("get", "resourceslice")
    stage.show("describe", "resourceslice", lines=24)
    for item in items:
        meta, spec = item["metadata"], item["spec"]
        node = spec["nodeName"]
        stage.check(meta["name"].startswith(f"{node}-gpu.example.com-"), f"slice {meta['name']}")
        owner = meta["ownerReferences"][0]
        stage.check(
            (owner["kind"], owner["name"], owner.get("controller")) == ("Node", node, True),
            "its owner is its node",
        )
        pool = spec["pool"]
        stage.check(
            (pool["name"], pool["generation"], pool["resourceSliceCount"]) == (node, 1, 1),
            "one slice, generation 1",
        )
        devices = {device["name"]: device for device in spec["devices"]}
        stage.check(sorted(devices) == [f"gpu-{index}" for index in range(9)], "nine devices")
        first = devices["gpu-0"]
        stage.check(first["capacity"]["memory"]["value"] == "80Gi", "80Gi each")
        attributes = first["attributes"]
        stage.check(attributes["driverVersion"] == {"version": "1.0.0"}, "a driver version")
        stage.check(
            attributes["index"] == {"int": 0} and attributes["model"] == {"string": "LATEST-GPU-MODEL"},
            "index and model",
        )
        stage.check(attributes["uuid"]["string"].startswith("gpu-"), "a uuid")


def claim(stage: Stage) -> None:
    """A claim waits for a pod"""
    stage.apply("resourceclaim.yaml")
    out = stage.show("get", *_NS, "resourceclaim").out
    stage.check("pending" in out, "its state is pending")


def pod(stage: Stage) -> None:
    """A pod gets a device"""
    stage.apply("pod.yaml")
    stage.show("wait", *_NS, "pod/ollama", "--for=condition=Ready", "--timeout=60s")
    out = stage.show("get", *_NS, "resourceclaim").out
    stage.check("allocated,reserved" in out, "the claim is allocated,reserved")
    stage.show("describe", *_NS, "resourceclaim", _CLAIM, lines=12)
    found = stage.get("resourceclaim", _CLAIM)
    stage.check(_FINALIZER in found["metadata"]["finalizers"], "it is protected from deletion")
    results = _results(found)
    stage.check(len(results) == 1 and results[0]["request"] == "example-gpu", f"one device: {_device(found)}")
    term = _allocation(found)["nodeSelector"]["nodeSelectorTerms"][0]["matchFields"][0]
    stage.check(term["key"] == "metadata.name", "on one node, by its name")
    uid = stage.get("pod", "ollama")["metadata"]["uid"]
    reserved = found["status"]["reservedFor"]
    stage.check([(r["name"], r["uid"]) for r in reserved] == [("ollama", uid)], "reserved for the pod")


def driver_log(stage: Stage) -> None:
    """The driver was asked to prepare it"""
    out = stage.show("logs", *_NS, "-l", _DRIVER, "--tail=20", lines=20).out
    uid = stage.get("resourceclaim", _CLAIM)["metadata"]["uid"]
    stage.check("repare" in out and uid in out, "the prepare call names the claim")
    stage.check("k8s.gpu.example.com/gpu" in out, "and answers with CDI ids")


def environment(stage: Stage) -> None:
    """The container sees its device and no other"""
    found = _environment(stage, "ollama")
    item = stage.get("resourceclaim", _CLAIM)
    number = _device(item).removeprefix("gpu-")
    expected = {
        "DRA_RESOURCE_DRIVER_NAME": "gpu.example.com",
        f"GPU_DEVICE_{number}": f"gpu-{number}",
        f"GPU_DEVICE_{number}_RESOURCE_CLAIM": item["metadata"]["uid"],
        f"GPU_DEVICE_{number}_SHARING_STRATEGY": "TimeSlicing",
        f"GPU_DEVICE_{number}_TIMESLICE_INTERVAL": "Default",
        "HOSTNAME": "ollama",
    }
    for key, value in expected.items():
        stage.check(found.get(key) == value, f"{key}={value}")
    stage.check(_gpus(found) == [f"gpu-{number}"], "no other device is there")
    for key in ("KUBERNETES_NODE_NAME", "KUBERNETES_SERVICE_HOST", "PATH", "HOME"):
        stage.check(bool(found.get(key)), f"{key} is set")


def model(stage: Stage) -> None:
    """A model answers"""
    stage.show("exec", *_NS, "ollama", "--", "ollama", "pull", "tinyllama", lines=4)
    out = stage.show(
        "exec", *_NS, "ollama", "--", "ollama", "run", "tinyllama", "Why is the sky blue?", lines=6
    ).out
    stage.check(bool(out.strip()), "an answer came (a stand-in says that it is one)")


def service(stage: Stage) -> None:
    """The pod is reached through a service"""
    stage.apply("service.yaml")
    stage.show("get", *_NS, "service")
    port = stage.get("service", "ollama-service")["spec"]["ports"][0]["nodePort"]
    stage.check(30000 <= port <= 32767, f"node port {port}")

    def fetch() -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return str(answer.read(200).decode(errors="replace"))
        except (urllib.error.URLError, OSError):
            return None

    body = stage.await_("an HTTP answer at the node port", fetch)
    stage.say(f"$ curl http://127.0.0.1:{port}/\n  {body.strip()}")
    stage.check("llama" in body.lower(), "the model server answers there")


def second_pod(stage: Stage) -> None:
    """A second pod shares the device"""
    stage.apply("pod2.yaml")
    stage.show("wait", *_NS, "pod/ollama2", "--for=condition=Ready", "--timeout=60s")
    item = stage.get("resourceclaim", _CLAIM)
    stage.check(sorted(_consumers(item)) == ["ollama", "ollama2"], "both pods hold the claim")
    stage.check(_gpus(_environment(stage, "ollama2", 6)) == [_device(item)], "the same GPU is in both")


def template(stage: Stage) -> None:
    """A template makes nothing by itself"""
    before = len(stage.get("resourceclaims")["items"])
    stage.apply("resourceclaimtemplate.yaml")
    stage.show("describe", *_NS, "resourceclaimtemplate", lines=6)
    stage.check(len(stage.get("resourceclaims")["items"]) == before, "no claim is made yet")


def _job_claims(stage: Stage) -> list[Object]:
    claims = stage.get("resourceclaims")["items"]
    return [item for item in claims if item["metadata"]["name"].startswith("dra-job-")]


def _running(stage: Stage) -> list[Object]:
    pods = stage.get("pods", "-l", "batch.kubernetes.io/job-name=dra-job")["items"]
    return [item for item in pods if item["status"].get("phase") == "Running"]


def job(stage: Stage) -> None:
    """A job whose pods have a device each"""
    stage.apply("job.yaml")

    def both() -> list[Object] | None:
        found = [item for item in _job_claims(stage) if _consumers(item)]
        return found if len(found) == 2 and len(_running(stage)) == 2 else None

    claims = stage.await_("two pods with a claim each", both)
    stage.show("get", *_NS, "jobs,pods,resourceclaims")
    pods = {item["metadata"]["uid"]: item for item in stage.get("pods")["items"]}
    for item in claims:
        meta = item["metadata"]
        owner = meta["ownerReferences"][0]
        name = pods[owner["uid"]]["metadata"]["name"]
        stage.check(
            re.fullmatch(rf"{name}-my-gpu-claim-[a-z0-9]{{5}}", meta["name"]) is not None,
            f"claim {meta['name']}",
        )
        stage.check(owner["kind"] == "Pod" and owner.get("controller") is True, "is owned by its pod")
        note = meta["annotations"]["resource.kubernetes.io/pod-claim-name"]
        stage.check(note == "my-gpu-claim", "names the pod's entry")
        stage.check(_results(item)[0]["request"] == "req-0/80gi-gpu", "got the first alternative")
    shared = _device(stage.get("resourceclaim", _CLAIM))
    devices = {_device(item) for item in claims}
    stage.check(
        len(devices) == 2 and shared not in devices, f"{' and '.join(sorted(devices))} are not {shared}"
    )


def job_end(stage: Stage) -> None:
    """The job runs to its end"""
    most = 0

    def complete() -> bool | None:
        nonlocal most
        most = max(most, len(_running(stage)))
        conditions = stage.get("job", "dra-job")["status"].get("conditions") or []
        return True if any(c["type"] == "Complete" and c["status"] == "True" for c in conditions) else None

    stage.await_("the job's completion", complete, 60)
    stage.show("get", *_NS, "jobs")
    stage.check(stage.get("job", "dra-job")["status"]["succeeded"] == 4, "four completions")
    stage.check(most <= 2, "never more than two at once")
    stage.await_(
        "the claims of finished pods to be freed", lambda: not any(map(_allocation, _job_claims(stage)))
    )
    stage.check(True, "a finished pod's claim is freed")
    stage.show("delete", *_NS, "job", "dra-job")
    stage.await_("the claims to go", lambda: not _job_claims(stage))
    stage.check(True, "and gone with the pod")


def _deployment_claims(stage: Stage) -> list[Object]:
    claims = stage.get("resourceclaims")["items"]
    return [item for item in claims if item["metadata"]["name"].startswith("ollama-deployment-")]


def deployment(stage: Stage) -> None:
    """A deployment, and its devices when it is scaled down"""
    stage.apply("deployment.yaml")
    stage.show("rollout", "status", *_NS, "deployment/ollama-deployment", "--timeout=60s")
    claims = _deployment_claims(stage)
    stage.check(
        len(claims) == 2 and len({_device(item) for item in claims}) == 2, "two replicas, a device each"
    )
    stage.show("scale", *_NS, "deployment/ollama-deployment", "--replicas=0")
    stage.await_("both claims to go", lambda: not _deployment_claims(stage), 60)
    stage.check(True, "scaled to none, both devices are free")


def clean_up(stage: Stage) -> None:
    """Everything is given back"""
    stage.show("delete", *_NS, "resourceclaim", _CLAIM, "--wait=false")
    out = stage.show("get", *_NS, "resourceclaim").out
    stage.check("deleted,allocated,reserved" in out, "a claim in use waits for its pods")
    uid = stage.get("resourceclaim", _CLAIM)["metadata"]["uid"]
    files = [path for path in stage.state.rglob("*.json") if uid in path.name and "cdi" in str(path)]
    stage.check(bool(files), f"its CDI file is there ({len(files)})")
    stage.show("delete", *_NS, "pod", "ollama", "ollama2", "--timeout=60s")
    one = (*_NS, "resourceclaim", _CLAIM, "-o", "name")
    stage.await_("the claim to go", lambda: not stage.kubectl.ask("get", *one).out)
    stage.check(
        not any(path.exists() for path in files), "unprepared: its CDI file is gone, and then the claim"
    )
    log = stage.kubectl.run("logs", *_NS, "-l", _DRIVER, "--tail=40").out
    stage.check("nprepare" in log and uid in log, "the driver was asked to unprepare it")
    stage.show("delete", *_NS, "deployment/ollama-deployment", "service/ollama-service")
    stage.show("delete", *_NS, "daemonset/dra-example-driver-kubeletplugin")
    stage.show("wait", *_NS, "pod", "-l", _DRIVER, "--for=delete", "--timeout=60s")
    stage.show("delete", "namespace", NAMESPACE, "--timeout=60s")
    stage.check(
        NAMESPACE not in stage.kubectl.run("get", "namespaces", "-o", "name").out, "the namespace is gone"
    )


STEPS: tuple[Callable[[Stage], None], ...] = (
    cluster, explain, namespace, prerequisites, driver, slices, claim, pod, driver_log, environment, model, service,
    second_pod, template, job, job_end, deployment, clean_up,
)  # fmt: skip
