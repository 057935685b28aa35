"""Paths inside a volume or a profile's directory, which must not lead out of it."""

from __future__ import annotations

from drakkar.validation.field_error import Findings


def no_steps_back(found: Findings, path: str, given: str) -> None:
    """No part of it is `..`."""
    if ".." in given.split("/"):
        found.invalid(path, given, "must not contain '..'")


def local_path(found: Findings, path: str, given: str) -> None:
    """It starts where it is put, and does not step back."""
    if given.startswith("/"):
        found.invalid(path, given, "must be a relative path")
    no_steps_back(found, path, given)


def unreserved_path(found: Findings, path: str, given: str) -> None:
    """As `local_path`, and no name that begins with two dots, which volumes use themselves."""
    local_path(found, path, given)
    if given.startswith("..") and not given.startswith("../"):
        found.invalid(path, given, "must not start with '..'")
