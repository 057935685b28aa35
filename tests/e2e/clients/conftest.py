"""One cluster for all tests of other people's clients, and the official Python client for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kubernetes import client as k8s
from kubernetes import config
from kubernetes.dynamic import DynamicClient

from drakkar.cluster.lab.own_cluster import OwnCluster

from .following import follow


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("clients")
    cluster = OwnCluster(directory / "state", directory)
    # Nobody else is to write to the objects that the clients write: a controller says in taint rules what comes of them.
    cluster.up("--without=driver", "--feature-gates=DRADeviceTaintRules=false")
    try:
        yield str(cluster.state / "kubeconfig")
    finally:
        cluster.drakkar("down")


@pytest.fixture(scope="session")
def api(kubeconfig: str) -> k8s.ApiClient:
    return config.new_client_from_config(kubeconfig)


@pytest.fixture(scope="session")
def dynamic(api: k8s.ApiClient, tmp_path_factory: pytest.TempPathFactory) -> DynamicClient:
    return DynamicClient(api, cache_file=str(tmp_path_factory.mktemp("discovery") / "cache"))


@pytest.fixture
def namespace(api: k8s.ApiClient) -> Iterator[str]:
    """A namespace of the test's own, with its default service account."""
    core = k8s.CoreV1Api(api)
    made = core.create_namespace({"metadata": {"generateName": "clients-"}})
    name = made.metadata.name
    for _ in follow(core.list_namespaced_service_account, namespace=name):
        break
    yield name
    core.delete_namespace(name)
