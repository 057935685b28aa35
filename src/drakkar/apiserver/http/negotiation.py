"""Chooses the form of an answer by the Accept header: the object itself, a Table, or metadata alone."""

from __future__ import annotations

from typing import Literal

from drakkar.apiserver import errors

Form = Literal["object", "table", "metadata"]
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_ONE, _MANY = "PartialObjectMetadata", "PartialObjectMetadataList"
_PLAIN = frozenset({"*/*", "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"})


def _entries(accept: str) -> list[tuple[str, dict[str, str]]]:
    entries = []
    for text in accept.split(","):
        media, *rest = (part.strip() for part in text.split(";"))
        if media:
            pairs = (part.partition("=") for part in rest)
            entries.append((media.lower(), {key.lower(): value for key, _, value in pairs}))
    return entries


def form(accept: str | None, many: bool | None = None) -> Form:
    """The first form in the header that can be served; raises StatusError 406 when none can.

    `many` says that a list is asked for, or that none is, where that is known: each has metadata of its own kind.
    Answers are JSON always; a client that asks for protobuf takes JSON as well.
    """
    entries = _entries(accept or "*/*")
    for media, parameters in entries or [("*/*", {})]:
        wanted = parameters.get("as")
        if wanted is None:
            if media in _PLAIN:
                return "object"
        elif media == "application/json" and parameters.get("g") == "meta.k8s.io":
            if parameters.get("v") != "v1":
                continue
            if wanted == "Table":
                return "table"
            if wanted in (_ONE, _MANY):
                if many is not None and (wanted == _MANY) is not many:
                    found = "a list" if many else "not a list"
                    raise errors.not_acceptable(
                        f"you requested {wanted}, but the requested object is {found}"
                    )
                return "metadata"
    raise errors.not_acceptable()


def wants_aggregated(accept: str | None) -> bool:
    """Whether aggregated discovery in its v2 form comes before plain JSON in the header."""
    wanted = {"g": "apidiscovery.k8s.io", "v": "v2", "as": "APIGroupDiscoveryList"}
    for media, parameters in _entries(accept or ""):
        if media in ("application/json", "*/*") and not parameters.get("as"):
            return False
        if media == "application/json" and wanted.items() <= parameters.items():
            return True
    return False
