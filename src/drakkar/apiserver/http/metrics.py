"""What /metrics tells: requests by verb, resource and code, how long they took, stored objects."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from drakkar.apiserver.audit.auditor import Auditor
from drakkar.apiserver.http.request_path import Target
from drakkar.apiserver.storage.store import Store

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class _Stored(Collector):
    """Counts what is stored when it is asked, so that nothing is paid for it otherwise."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "apiserver_storage_objects", "Number of stored objects, by resource.", labels=["resource"]
        )
        for resource, count in self._store.counts().items():
            group, _, plural = resource.partition("/")
            family.add_metric([f"{plural}.{group}" if group else plural], count)
        yield family


class _Audited(Collector):
    """Counts audit events, those that were lost among them."""

    def __init__(self, auditor: Auditor) -> None:
        self._auditor = auditor

    def collect(self) -> Iterator[CounterMetricFamily]:
        logs = self._auditor.logs
        taken = max((log.taken for log in logs), default=0)
        yield CounterMetricFamily("apiserver_audit_event", "Number of audit events.", value=taken)
        lost = CounterMetricFamily(
            "apiserver_audit_error", "Number of audit events that could not be written.", labels=["plugin"]
        )
        for log in logs:
            lost.add_metric([log.name], log.lost)
        yield lost
        levels = CounterMetricFamily(
            "apiserver_audit_level", "Number of requests by the level of the audit policy.", labels=["level"]
        )
        for level, count in sorted(self._auditor.levels.items()):
            levels.add_metric([level], count)
        yield levels


class Metrics:
    """The numbers of one server, under the names that Kubernetes' own have; those of an audit log where there is one."""

    def __init__(self, store: Store, auditor: Auditor | None = None) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Stored(store))
        if auditor is not None:
            self._registry.register(_Audited(auditor))
        labels = ["verb", "group", "version", "resource", "subresource"]
        self._requests = Counter(
            "apiserver_request", "Number of requests.", [*labels, "code"], registry=self._registry
        )
        self._seconds = Histogram(
            "apiserver_request_duration_seconds",
            "How long requests took, watches and streams left out.",
            labels,
            buckets=_BUCKETS,
            registry=self._registry,
        )
        # Looking one of them up costs more than counting.
        self._found: dict[tuple[str | int, ...], tuple[Counter, Histogram | None]] = {}

    def observe(self, target: Target, code: int, seconds: float) -> None:
        """Count one request; every label is one of a known set, so their number has a bound."""
        kind = target.kind
        labels = (target.verb, kind.group, kind.version, kind.plural, target.subresource, code)
        found = self._found.get(labels)
        if found is None:
            durations = None if target.verb == "watch" else self._seconds.labels(*labels[:-1])
            found = self._found[labels] = (self._requests.labels(*labels), durations)
        requests, durations = found
        requests.inc()
        if durations is not None:
            durations.observe(seconds)

    def reset(self) -> None:
        """Forget the requests so far."""
        self._found.clear()
        self._requests.clear()
        self._seconds.clear()

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self._registry)
