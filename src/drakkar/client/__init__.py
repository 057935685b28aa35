"""Talks to any Kubernetes API server: typed paths, list and watch, informers, work queues, events."""

from drakkar.client.errors import (
    AlreadyExists,
    ApiError,
    ClientError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Unanswered,
    Unreachable,
)
from drakkar.client.events import EventRecorder
from drakkar.client.informer import Handler, Informer, key_of
from drakkar.client.lifetime import until_stopped
from drakkar.client.queue import WorkQueue, run_workers
from drakkar.client.resources import Resource
from drakkar.client.rest import Client

__all__ = [
    "AlreadyExists",
    "ApiError",
    "Client",
    "ClientError",
    "Conflict",
    "EventRecorder",
    "Forbidden",
    "Gone",
    "Handler",
    "Informer",
    "Invalid",
    "NotFound",
    "Resource",
    "Unanswered",
    "Unreachable",
    "WorkQueue",
    "key_of",
    "run_workers",
    "until_stopped",
]
