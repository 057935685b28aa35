"""Talks to any Kubernetes API server: typed paths, list and watch, informers, work queues, events."""

from drakkar.api.object import key_of
from drakkar.client.changes import Added, Change, Deleted, Updated
from drakkar.client.errors import (
    AlreadyExistsError,
    ApiError,
    ClientError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    UnansweredError,
    UnreachableError,
)
from drakkar.client.events import EventRecorder
from drakkar.client.informer import Handler, Informer
from drakkar.client.lifetime import until_stopped
from drakkar.client.queue import WorkQueue, run_workers
from drakkar.client.resources import Resource
from drakkar.client.rest import Client

__all__ = [
    "Added",
    "AlreadyExistsError",
    "ApiError",
    "Change",
    "Client",
    "ClientError",
    "ConflictError",
    "Deleted",
    "EventRecorder",
    "ForbiddenError",
    "GoneError",
    "Handler",
    "Informer",
    "InvalidError",
    "NotFoundError",
    "Resource",
    "UnansweredError",
    "UnreachableError",
    "Updated",
    "WorkQueue",
    "key_of",
    "run_workers",
    "until_stopped",
]
