"""ResourceQuotas that are right or wrong, and what is done in namespaces that have some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Object = dict[str, Any]
_PLAIN = (
    *("cpu", "memory", "ephemeral-storage"),
    *(f"{part}.{name}" for part in ("requests", "limits") for name in ("cpu", "memory", "ephemeral-storage")),
    *("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "storage"),
    *("persistentvolumeclaims", "requests.storage", "services.nodeports", "services.loadbalancers"),
    *("hugepages-2Mi", "requests.hugepages-2Mi", "limits.hugepages-2Mi", "limits.storage", "nonsense"),
)
_QUALIFIED = (
    *(
        "count/deployments.apps",
        "count/pods",
        "count/",
        "count/a b",
        "requests.nvidia.com/gpu",
        "nvidia.com/gpu",
    ),
    *("limits.nvidia.com/gpu", "gold.storageclass.storage.k8s.io/requests.storage", "/x", "a/b/c", "A B", ""),
    *("gpu.deviceclass.resource.k8s.io/devices", "requests.deviceclass.resource.kubernetes.io/gpu"),
)
_SCOPES = (
    *("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass"),
    *("CrossNamespacePodAffinity", "VolumeAttributesClass", "Sometimes"),
)


def _select(scope: str, operator: str, *values: str) -> Object:
    return {"scopeName": scope, "operator": operator, **({"values": list(values)} if values else {})}


def rules() -> Iterator[Object]:
    """Specs of quotas that are to be looked at by themselves."""
    yield {}
    for name in (*_PLAIN, *_QUALIFIED):
        yield {"hard": {name: "1"}}
    for name in ("pods", "cpu", "nvidia.com/gpu", "requests.nvidia.com/gpu", "requests.storage"):
        yield from ({"hard": {name: amount}} for amount in ("-1", "1.5", "0", "1e3", "1Gi"))
    for scope in _SCOPES:
        for name in ("pods", "requests.cpu", "services", "persistentvolumeclaims", "count/pods"):
            yield {"hard": {name: "1"}, "scopes": [scope]}
        yield {"hard": {"pods": "1", "services": "1", "secrets": "1"}, "scopes": [scope]}
    yield {"hard": {"pods": "1"}, "scopes": ["Terminating", "NotTerminating"]}
    yield {"hard": {"pods": "1"}, "scopes": ["BestEffort", "NotBestEffort", "Terminating", "NotTerminating"]}
    yield {"hard": {"pods": "1"}, "scopes": ["Terminating", "Terminating"]}
    for scope in _SCOPES:
        for operator, values in (
            ("In", ("high",)),
            ("In", ()),
            ("NotIn", ("high", "low")),
            ("Exists", ()),
            ("Exists", ("high",)),
            ("DoesNotExist", ()),
            ("Sometimes", ()),
        ):
            yield {
                "hard": {"pods": "1"},
                "scopeSelector": {"matchExpressions": [_select(scope, operator, *values)]},
            }
    yield {
        "hard": {"services": "1"},
        "scopeSelector": {"matchExpressions": [_select("PriorityClass", "Exists")]},
    }
    both = [_select("BestEffort", "Exists"), _select("NotBestEffort", "Exists")]
    yield {"hard": {"pods": "1"}, "scopeSelector": {"matchExpressions": both}}
    yield {"hard": {"pods": "1"}, "scopeSelector": {}}
    for name in ("cpu", "requests.cpu", "requests.memory", "requests.storage", "requests.ephemeral-storage"):
        limit = f"limits.{name.removeprefix('requests.')}"
        yield from ({"hard": {name: asked, limit: "2"}} for asked in ("1", "2", "3"))


class Step(NamedTuple):
    """A request; the path is below the namespace's."""

    verb: str
    path: str
    body: Object | None


@dataclass(frozen=True)
class Scene:
    """The specs of a namespace's quotas by their names, and what is done there in turn. Where `used` says nothing else, all
    is unused."""

    quotas: dict[str, Object]
    steps: list[Step]
    used: dict[str, Object] = field(default_factory=dict)


def _make(plural: str, name: str, group: str = "/api/v1", **parts: Any) -> Step:
    meta = {"name": name, **parts.pop("metadata", {})}
    return Step("POST", f"{group}/namespaces/NS/{plural}", {"metadata": meta, **parts})


def _container(name: str = "c", **resources: Any) -> Object:
    return {"name": name, "image": "i", "resources": resources}


def _pod(name: str, *containers: Object, **spec: Any) -> Step:
    return _make("pods", name, spec={"containers": list(containers) or [_container()], **spec})


def _asks(name: str, requests: Object, limits: Object | None = None) -> Step:
    return _pod(name, _container(requests=requests, limits=limits or {}))


def _service(name: str, kind: str, ports: int = 1, **spec: Any) -> Step:
    listed = [{"name": f"p{at}", "port": 80 + at} for at in range(ports)]
    return _make("services", name, spec={"type": kind, "ports": listed, **spec})


def _volume(name: str, storage: str, **spec: Any) -> Step:
    resources = {"requests": {"storage": storage}}
    return _make(
        "persistentvolumeclaims",
        name,
        spec={"accessModes": ["ReadWriteOnce"], "resources": resources, **spec},
    )


_DRA = "/apis/resource.k8s.io/v1"


def _claim(name: str, *requests: Object) -> Step:
    return _make("resourceclaims", name, _DRA, spec={"devices": {"requests": list(requests)}})


def _exactly(class_name: str, **more: Any) -> Object:
    return {"name": f"r-{class_name}", "exactly": {"deviceClassName": class_name, **more}}


def _first(name: str, *alternatives: tuple[str, Object]) -> Object:
    listed = [
        {"name": f"a{at}", "deviceClassName": class_name, **more}
        for at, (class_name, more) in enumerate(alternatives)
    ]
    return {"name": name, "firstAvailable": listed}


def _many(*names: str, amount: str = "1000") -> Object:
    return {"hard": dict.fromkeys(names, amount)}


_COMPUTE = tuple(f"{part}.{name}" for part in ("requests", "limits") for name in ("cpu", "memory"))
_FREE = (
    *("pods", "count/pods", "ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage"),
    *("hugepages-2Mi", "requests.hugepages-2Mi", "requests.example.com/gpu"),
)
_SIDECAR = {"restartPolicy": "Always"}
_TWO = {"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"cpu": "3", "memory": "2Gi"}}
_ONE = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}}
_HUGE = {"hugepages-2Mi": "4Mi", "cpu": "1"}
_PODS = [
    _pod("none"),
    _asks("cpu", {"cpu": "1"}),
    _asks("both", {"cpu": "1", "memory": "1Gi"}, {"cpu": "2", "memory": "1Gi"}),
    _asks("limits", {}, {"cpu": "500m", "memory": "100M"}),
    _asks("fraction", {"cpu": "1001m", "memory": "1.5Gi"}, {"cpu": "1.5", "memory": "1536Mi"}),
    _asks(
        "storage",
        {"ephemeral-storage": "1Gi", **_ONE["requests"]},
        {"ephemeral-storage": "2Gi", **_ONE["limits"]},
    ),
    _asks("huge", {**_HUGE, "memory": "1"}, {**_HUGE, "memory": "1"}),
    _asks("gpu", {"example.com/gpu": "2", **_ONE["requests"]}, {"example.com/gpu": "2", **_ONE["limits"]}),
    _asks("zero", {"cpu": "0", "memory": "0"}, {"cpu": "0", "memory": "0"}),
    _pod("two", _container("a", **_ONE), _container("b", **_TWO)),
    _pod("one-of-two", _container("a", **_ONE), _container("b")),
    _pod("init", _container(**_ONE), initContainers=[_container("i", **_TWO)]),
    _pod("init-none", _container(**_ONE), initContainers=[_container("i")]),
    _pod("inits", _container(**_TWO), initContainers=[_container("i", **_ONE), _container("j", **_TWO)]),
    _pod("sidecar", _container(**_ONE), initContainers=[{**_container("s", **_TWO), **_SIDECAR}]),
    _pod(
        "sidecars",
        _container(**_ONE),
        initContainers=[
            {**_container("s", **_ONE), **_SIDECAR},
            _container("i", **_TWO),
            {**_container("t", **_TWO), **_SIDECAR},
        ],
    ),
    _pod("whole", _container(), resources={"requests": {"cpu": "3"}, "limits": {"cpu": "4"}}),
    _pod("whole-and-parts", _container(**_ONE), resources={"requests": {"memory": "5Gi"}}),
    _pod("whole-huge", _container(), resources={"limits": {"hugepages-2Mi": "4Mi", "cpu": "1"}}),
    _pod("overhead", _container(**_ONE), runtimeClassName="quota-test"),
    _pod("overhead-none", runtimeClassName="quota-test"),
    _pod("deadline", _container(**_ONE), activeDeadlineSeconds=5),
]
_ABROAD = {"labelSelector": {}, "topologyKey": "a", "namespaces": ["default"]}
_ANYWHERE = {"labelSelector": {}, "topologyKey": "a", "namespaceSelector": {}}
_HERE = {"labelSelector": {}, "topologyKey": "a"}
_MUST, _RATHER = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)
_SCOPED = [
    _pod("plain"),
    _asks("asks", {"cpu": "1"}),
    _asks("only-storage", {"ephemeral-storage": "1Gi"}),
    _asks("guaranteed", {"cpu": "1", "memory": "1"}, {"cpu": "1", "memory": "1"}),
    _pod("ends", activeDeadlineSeconds=100),
    _pod("whole", resources={"requests": {"cpu": "3"}}),
    _pod("high", priorityClassName="quota-high"),
    _pod("low", priorityClassName="quota-low"),
    _pod("abroad", affinity={"podAffinity": {_MUST: [_ABROAD]}}),
    _pod("anywhere", affinity={"podAntiAffinity": {_MUST: [_HERE, _ANYWHERE]}}),
    _pod("rather", affinity={"podAffinity": {_RATHER: [{"weight": 1, "podAffinityTerm": _ABROAD}]}}),
    _pod("here", affinity={"podAffinity": {_MUST: [_HERE]}, "podAntiAffinity": {_RATHER: []}}),
    Step("PATCH", "/api/v1/namespaces/NS/pods/plain", {"spec": {"activeDeadlineSeconds": 100}}),
    Step("PATCH", "/api/v1/namespaces/NS/pods/ends", {"spec": {"activeDeadlineSeconds": 50}}),
    Step("PATCH", "/api/v1/namespaces/NS/pods/high", {"metadata": {"labels": {"a": "b"}}}),
]


def _scoped(*asked: Object, scopes: tuple[str, ...] = ()) -> Object:
    spec = _many("pods", "count/pods" if not (asked or scopes) else "pods")
    if asked:
        spec["scopeSelector"] = {"matchExpressions": list(asked)}
    return {**spec, **({"scopes": list(scopes)} if scopes else {})}


_TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [_container()]}}
_COUNTS = [
    _make("configmaps", "a"),
    _make("configmaps", "b"),
    _make("configmaps", "c"),
    _make("secrets", "a"),
    _make("secrets", "b"),
    _make("serviceaccounts", "a"),
    _make("serviceaccounts", "b"),
    _make("replicationcontrollers", "a", spec={"replicas": 0, "template": _TEMPLATE}),
    _make("resourcequotas", "more", spec={}),
    _make("events", "e", involvedObject={"namespace": "NS"}),
    _make("leases", "l", "/apis/coordination.k8s.io/v1"),
    _make("leases", "m", "/apis/coordination.k8s.io/v1"),
    _make("roles", "r", "/apis/rbac.authorization.k8s.io/v1"),
    Step("DELETE", "/api/v1/namespaces/NS/configmaps/a", None),
    _make("configmaps", "d"),
    Step("PATCH", "/api/v1/namespaces/NS/configmaps/b", {"data": {"a": "b"}}),
    _make("configmaps", "b"),
]
SCENES = {
    "pods without processors": Scene({"all": _many(*_FREE, amount="1Ti")}, _PODS),
    "pods that must say": Scene({"all": _many(*_FREE, *_COMPUTE, amount="1Ti")}, _PODS),
    "pods by short names": Scene({"all": _many("cpu", "memory", "pods", amount="1Ti")}, _PODS),
    "little room": Scene(
        {"all": {"hard": {"pods": "3", "requests.cpu": "2", "limits.memory": "2Gi", "count/pods": "2"}}},
        _PODS,
    ),
    "nothing is known yet": Scene({"new": {"hard": {"pods": "1"}}}, _PODS[:2], {"new": {}}),
    "something is not known": Scene(
        {"part": {"hard": {"pods": "5", "requests.cpu": "5"}}}, _PODS[:3], {"part": {"pods": "1"}}
    ),
    "finer than a thousandth": Scene(
        {"all": {"hard": {"requests.cpu": "1"}}}, [_asks("p", {"cpu": "0.0001"})]
    ),
    "all is used": Scene({"full": {"hard": {"pods": "1"}}}, _PODS[:2], {"full": {"pods": "1"}}),
    "more than all is used": Scene({"full": {"hard": {"pods": "1"}}}, _PODS[:2], {"full": {"pods": "4"}}),
    "two quotas": Scene({"a": _many("pods", amount="9"), "b": _many("pods", amount="1")}, _PODS[:3]),
    "other words for amounts": Scene(
        {"all": {"hard": {"requests.memory": "3G", "limits.cpu": "4000m", "requests.cpu": "2.5"}}}, _PODS
    ),
    "scopes": Scene(
        {
            "all": _scoped(),
            **{
                scope.lower(): _scoped(scopes=(scope,))
                for scope in _SCOPES
                if scope not in ("VolumeAttributesClass", "Sometimes")
            },
            "in": _scoped(_select("PriorityClass", "In", "quota-high", "x")),
            "not-in": _scoped(_select("PriorityClass", "NotIn", "quota-high")),
            "none": _scoped(_select("PriorityClass", "DoesNotExist")),
            "both": _scoped(_select("PriorityClass", "Exists"), _select("BestEffort", "Exists")),
            "either": _scoped(_select("Terminating", "Exists"), scopes=("BestEffort",)),
        },
        _SCOPED,
    ),
    "a full scope": Scene({"t": {"hard": {"pods": "0"}, "scopes": ["Terminating"]}}, _SCOPED),
    "services": Scene(
        {
            "all": {
                "hard": {
                    "services": "6",
                    "services.nodeports": "4",
                    "services.loadbalancers": "1",
                    "count/services": "9",
                }
            }
        },
        [
            _service("plain", "ClusterIP", 3),
            _service("node", "NodePort", 2),
            _service("nodes", "NodePort", 3),
            _service("load", "LoadBalancer", 1),
            _service("load-2", "LoadBalancer", 1),
            _service("load-3", "LoadBalancer", 1, allocateLoadBalancerNodePorts=False),
            _service("name", "ExternalName", 1, externalName="x.example"),
            Step("PATCH", "/api/v1/namespaces/NS/services/plain", {"spec": {"type": "NodePort"}}),
            Step("PATCH", "/api/v1/namespaces/NS/services/node", {"spec": {"type": "ClusterIP"}}),
            Step("PATCH", "/api/v1/namespaces/NS/services/node", {"spec": {"type": "LoadBalancer"}}),
            Step("PATCH", "/api/v1/namespaces/NS/services/plain", {"metadata": {"labels": {"a": "b"}}}),
            *(_service(f"more-{at}", "ClusterIP") for at in range(3)),
        ],
    ),
    "volumes": Scene(
        {
            "all": {
                "hard": {
                    "persistentvolumeclaims": "5",
                    "requests.storage": "10Gi",
                    "count/persistentvolumeclaims": "9",
                }
            },
            "gold": {
                "hard": {
                    "gold.storageclass.storage.k8s.io/requests.storage": "2Gi",
                    "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "2",
                }
            },
            "fast": {"hard": {"persistentvolumeclaims": "9"}, "scopes": ["VolumeAttributesClass"]},
            "in": {
                "hard": {"requests.storage": "900Gi"},
                "scopeSelector": {"matchExpressions": [_select("VolumeAttributesClass", "In", "fast")]},
            },
            "not-in": {
                "hard": {"requests.storage": "900Gi"},
                "scopeSelector": {"matchExpressions": [_select("VolumeAttributesClass", "NotIn", "fast")]},
            },
        },
        [
            _volume("a", "1Gi"),
            _volume("b", "1Gi", storageClassName="gold"),
            _volume("c", "2Gi", storageClassName="gold"),
            _volume("d", "1.5", storageClassName="silver"),
            _volume("e", "1Gi", volumeAttributesClassName="fast"),
            _volume("f", "1Gi", volumeAttributesClassName="slow"),
            _volume("g", "100Gi"),
            _volume("h", "1Mi"),
            _volume("i", "1Mi"),
            Step(
                "PATCH",
                "/api/v1/namespaces/NS/persistentvolumeclaims/a",
                {"metadata": {"labels": {"a": "b"}}},
            ),
            Step(
                "PATCH",
                "/api/v1/namespaces/NS/persistentvolumeclaims/a/status",
                {"status": {"allocatedResources": {"storage": "20Gi"}}},
            ),
            Step(
                "PATCH",
                "/api/v1/namespaces/NS/persistentvolumeclaims/f/status",
                {"status": {"currentVolumeAttributesClassName": "fast"}},
            ),
        ],
    ),
    "claims": Scene(
        {
            "count": {"hard": {"count/resourceclaims.resource.k8s.io": "9"}},
            "gpu": {"hard": {"quota-gpu.deviceclass.resource.k8s.io/devices": "40"}},
            "nic": {"hard": {"quota-nic.deviceclass.resource.k8s.io/devices": "4"}},
            "extended": {
                "hard": {
                    "requests.deviceclass.resource.kubernetes.io/quota-gpu": "100",
                    "requests.example.com/quota-nic": "100",
                    "requests.deviceclass.resource.kubernetes.io/quota-none": "100",
                }
            },
        },
        [
            _claim("one", _exactly("quota-gpu")),
            _claim("three", _exactly("quota-gpu", allocationMode="ExactCount", count=3)),
            _claim("all", _exactly("quota-gpu", allocationMode="All")),
            _claim("all-again", _exactly("quota-gpu", allocationMode="All")),
            _claim(
                "both", _exactly("quota-gpu"), _exactly("quota-nic", allocationMode="ExactCount", count=2)
            ),
            _claim(
                "first",
                _first(
                    "f",
                    ("quota-gpu", {"allocationMode": "ExactCount", "count": 2}),
                    ("quota-nic", {}),
                    ("quota-gpu", {}),
                ),
            ),
            _claim("first-all", _first("f", ("quota-nic", {"allocationMode": "All"}), ("quota-gpu", {}))),
            _claim("nothing"),
            _claim("other", _exactly("quota-other", allocationMode="All")),
            Step(
                "PATCH",
                f"{_DRA}/namespaces/NS/resourceclaims/one",
                {"metadata": {"labels": {"a": "b"}}},
            ),
            _asks("pod", {"example.com/quota-nic": "3"}, {"example.com/quota-nic": "3"}),
            _asks("pod-by-class", *[{"deviceclass.resource.kubernetes.io/quota-gpu": "1"}] * 2),
        ],
    ),
    "numbers": Scene(
        {
            "all": {
                "hard": {
                    "configmaps": "3",
                    "count/configmaps": "2",
                    "secrets": "1",
                    "count/serviceaccounts": "1",
                    "replicationcontrollers": "0",
                    "resourcequotas": "1",
                    "count/events": "0",
                    "count/leases.coordination.k8s.io": "1",
                    "count/roles.rbac.authorization.k8s.io": "0",
                    "count/own.quota.example": "0",
                }
            }
        },
        _COUNTS,
    ),
    "in a scope nothing else is counted": Scene(
        {"t": {"hard": {"pods": "5", "count/configmaps": "0"}, "scopes": ["Terminating"]}}, _COUNTS[:2]
    ),
    "what is wrong comes first": Scene(
        {"none": {"hard": {"configmaps": "0", "pods": "0"}}},
        [
            _make("configmaps", "A b"),
            _make("configmaps", "a", data={"a b": "c"}),
            _pod("A"),
            _make("configmaps", "a"),
        ],
    ),
}
