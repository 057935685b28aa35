"""Talks to any Kubernetes API server: typed paths, list and watch, informers, work queues, events."""

from drakkar.client.errors import AlreadyExists, ApiError, Conflict, Forbidden, Gone, Invalid, NotFound
from drakkar.client.events import EventRecorder
from drakkar.client.informer import Handler, Informer
from drakkar.client.queue import WorkQueue, run_workers
from drakkar.client.resources import Resource
from drakkar.client.rest import Client

__all__ = [
    "AlreadyExists",
    "ApiError",
    "Client",
    "Conflict",
    "EventRecorder",
    "Forbidden",
    "Gone",
    "Handler",
    "Informer",
    "Invalid",
    "NotFound",
    "Resource",
    "WorkQueue",
    "run_workers",
]
