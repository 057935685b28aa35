"""Long lists in what a client sends: twice as long is twice the work, and not four times."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from drakkar.apiserver.admission.runtime_class import runtime_class
from drakkar.apiserver.kinds import pods
from drakkar.apiserver.storage.store import Store
from drakkar.validation.binding import binding_conditions
from drakkar.validation.field_error import Findings
from drakkar.validation.object_meta import Rules, object_meta
from drakkar.validation.pod import pod as pod_rules

_FEW, _TIMES = 1_500, 8


def _spec(**fields: Any) -> dict[str, Any]:
    return {"containers": [{"name": "c", "image": "i"}], **fields}


def _container(**fields: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "c", "image": "i", **fields}]}}


def _change(**fields: Any) -> Callable[[], object]:
    old, new = {"spec": _spec(**fields)}, {"spec": _spec(**{key: list(one) for key, one in fields.items()})}
    return lambda: pods.STRATEGY.changes(old, new)  # type: ignore[misc]


def _valid(pod: dict[str, Any]) -> Callable[[], object]:
    return lambda: pod_rules(Findings(), pod)


def _tolerations(count: int) -> list[dict[str, Any]]:
    return [{"key": f"k{n}", "operator": "Exists"} for n in range(count)]


def tolerations(count: int) -> Callable[[], object]:
    return _change(tolerations=_tolerations(count)[::-1])


def gates(count: int) -> Callable[[], object]:
    return _change(schedulingGates=[{"name": f"g{n}"} for n in range(count)][::-1])


def tolerations_of_a_runtime_class(count: int) -> Callable[[], object]:
    store = Store()
    scheduling = {"tolerations": [{**one, "effect": "NoExecute"} for one in _tolerations(count)]}
    found = {"metadata": {"name": "r"}, "handler": "h", "scheduling": scheduling}
    store._shelves.of("node.k8s.io/runtimeclasses").objects["", "r"] = found
    return lambda: runtime_class(_spec(runtimeClassName="r", tolerations=_tolerations(count)), store)


def label_keys(count: int) -> Callable[[], object]:
    term = {
        "topologyKey": "t",
        "labelSelector": {"matchExpressions": [{"key": f"k{n}", "operator": "Exists"} for n in range(count)]},
        "matchLabelKeys": [f"m{n}" for n in range(count)],
        "mismatchLabelKeys": [f"n{n}" for n in range(count)],
    }
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    return _valid({"spec": _spec(affinity=affinity)})


def spread(count: int) -> Callable[[], object]:
    one = {"maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    return _valid(
        {"spec": _spec(topologySpreadConstraints=[{**one, "topologyKey": f"k{n}"} for n in range(count)])}
    )


def mounts(count: int) -> Callable[[], object]:
    return _valid(
        _container(
            volumeMounts=[{"name": "v", "mountPath": f"/m{n}"} for n in range(count)],
            volumeDevices=[{"name": f"d{n}", "devicePath": f"/d{n}"} for n in range(count)],
        )
    )


def mount_options(count: int) -> Callable[[], object]:
    mount = {"name": "v", "mountPath": "/m", "bindMountOptions": [f"o{n}" for n in range(count)]}
    return _valid(_container(volumeMounts=[mount]))


def claims(count: int) -> Callable[[], object]:
    pod = _container(resources={"claims": [{"name": f"c{n}"} for n in range(count)]})
    pod["spec"]["resourceClaims"] = [{"name": f"p{n}"} for n in range(count)]
    return _valid(pod)


def controllers(count: int) -> Callable[[], object]:
    count //= 4
    one = {"apiVersion": "v1", "kind": "Pod", "name": "p" * 200, "uid": "u", "controller": True}
    meta = {"name": "n", "ownerReferences": [{**one, "uid": f"u{n}"} for n in range(count)]}
    return lambda: object_meta(Findings(), meta, Rules(lambda name: []))


def conditions(count: int) -> Callable[[], object]:
    obj = {
        "bindingConditions": [f"a{n}" for n in range(count)],
        "bindingFailureConditions": [f"b{n}" for n in range(count)],
    }
    return lambda: binding_conditions(Findings(), "p", obj)


@pytest.mark.parametrize(
    "case",
    [
        tolerations,
        gates,
        tolerations_of_a_runtime_class,
        label_keys,
        spread,
        mounts,
        mount_options,
        claims,
        conditions,
        controllers,
    ],
)
def test_work_grows_as_the_list_does(case: Callable[[int], Callable[[], object]]) -> None:
    def seconds(count: int) -> float:
        work = case(count)
        began = time.process_time()
        work()
        return time.process_time() - began

    few = min(seconds(_FEW) for _ in range(3))
    assert min(seconds(_FEW * _TIMES) for _ in range(3)) < 3 * _TIMES * few + 0.05
