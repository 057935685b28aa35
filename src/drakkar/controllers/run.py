"""Starting the controllers: shared mirrors feed them until they are told to stop."""

from __future__ import annotations

import asyncio

from drakkar.api.gates import Gates
from drakkar.client import Client, EventRecorder, until_stopped
from drakkar.controllers.claims.device_eviction import DeviceTaintEvictionController
from drakkar.controllers.claims.resourceclaim import ResourceClaimController
from drakkar.controllers.clusterrole_aggregation import ClusterRoleAggregationController
from drakkar.controllers.garbage import GarbageCollector
from drakkar.controllers.machinery.controller import Controller, run_controllers
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.namespaces.namespace import NamespaceController
from drakkar.controllers.namespaces.serviceaccount import ServiceAccountController
from drakkar.controllers.nodes.eviction import TaintEvictionController
from drakkar.controllers.nodes.monitor import NodeMonitor
from drakkar.controllers.nodes.podgc import PodGarbageCollector
from drakkar.controllers.nodes.taints import NodeTaintController
from drakkar.controllers.policy_status import PolicyStatusController
from drakkar.controllers.resourcequota import ResourceQuotaController
from drakkar.controllers.services.endpointslice import EndpointSliceController
from drakkar.controllers.workloads.cronjob import CronJobController
from drakkar.controllers.workloads.daemonset import DaemonSetController
from drakkar.controllers.workloads.deployment import DeploymentController
from drakkar.controllers.workloads.disruption import DisruptionController
from drakkar.controllers.workloads.job import JobController
from drakkar.controllers.workloads.replicaset import ReplicaSetController, ReplicationControllerController
from drakkar.controllers.workloads.statefulset import StatefulSetController
from drakkar.placement import COMPARING


async def run(client: Client, stop: asyncio.Event, root_ca: bytes = b"", gates: Gates | None = None) -> None:
    """Control until `stop` is set. `root_ca` is what every namespace's `kube-root-ca.crt` holds (PEM)."""
    on = Gates.default() if gates is None else gates
    mirrors = Mirrors(client)

    def recorder(component: str) -> EventRecorder:
        events = EventRecorder(client, component)
        recorders.append(events)
        return events

    recorders: list[EventRecorder] = []
    garbage, quotas = GarbageCollector(client, mirrors), ResourceQuotaController(client, mirrors)
    controllers: list[Controller] = [
        ServiceAccountController(client, mirrors, root_ca),
        ResourceClaimController(client, mirrors, recorder("resource-claim-controller")),
        ReplicaSetController(client, mirrors, recorder("replicaset-controller")),
        ReplicationControllerController(client, mirrors, recorder("replication-controller")),
        DeploymentController(client, mirrors, recorder("deployment-controller")),
        DaemonSetController(client, mirrors, recorder("daemonset-controller"), COMPARING in on),
        StatefulSetController(client, mirrors, recorder("statefulset-controller")),
        JobController(client, mirrors, recorder("job-controller")),
        CronJobController(client, mirrors, recorder("cronjob-controller")),
        DisruptionController(client, mirrors, recorder("controllermanager")),
        EndpointSliceController(client, mirrors),
        NamespaceController(client, mirrors),
        NodeTaintController(client, mirrors),
        NodeMonitor(client, mirrors, recorder("node-controller")),
        TaintEvictionController(client, mirrors, recorder("taint-eviction-controller"), COMPARING in on),
        ClusterRoleAggregationController(client, mirrors),
        PodGarbageCollector(client, mirrors),
        PolicyStatusController(client, mirrors),
        quotas,
        garbage,
    ]

    if "DRADeviceTaints" in on:
        events = recorder("device-taint-eviction-controller")
        with_rules = "DRADeviceTaintRules" in on
        controllers.append(DeviceTaintEvictionController(client, mirrors, events, with_rules))

    async def everything() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(run_controllers(mirrors, controllers))
            group.create_task(garbage.find_resources())
            group.create_task(quotas.find_resources())

    await until_stopped(everything(), stop, recorders)
