"""Rules in CEL of custom kinds, put to the original and to ours: definitions, new objects, and one change after the other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .custom_rule_changes import CHANGES
from .custom_rules import DEFINITIONS, OUTCOMES, RULED, SPECS, UNRULED, one
from .test_custom_resources import DEFINITIONS as PATH
from .test_custom_resources import Pair
from .two_servers import both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_DRY = "?dryRun=All"
_NAME = "ruleds.stable.example.com"
THINGS = "/apis/stable.example.com/v1/namespaces/default/ruleds"


async def _definitions(directory: Path, programs: tuple[Path, Path]) -> None:
    async with both(directory, *programs) as servers:
        pair = Pair(servers)
        for what, obj in DEFINITIONS.items():
            await pair.ask(f"rules: {what}", "POST", PATH + _DRY, obj)
        pair.check(len(DEFINITIONS))


def test_definitions(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    asyncio.run(_definitions(tmp_path, (apiserver_137, etcd)))


async def _outcomes(directory: Path, programs: tuple[Path, Path]) -> None:
    async with both(directory, *programs) as servers:
        pair = Pair(servers)
        for what, obj in OUTCOMES.items():
            await pair.ask(f"comes to: {what}", "POST", PATH + _DRY, obj)
        pair.check(len(OUTCOMES))


def test_outcomes(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    asyncio.run(_outcomes(tmp_path, (apiserver_137, etcd)))


async def _objects(directory: Path, programs: tuple[Path, Path]) -> None:
    async with both(directory, *programs) as servers:
        pair = Pair(servers)
        await pair.ask("rules: the definition", "POST", PATH, RULED)
        await pair.established(_NAME)
        for what, spec in SPECS.items():
            await pair.ask(f"rules: {what}", "POST", THINGS + _DRY, one(**spec))
        await pair.ask("rules: a forbidden name", "POST", THINGS + _DRY, one("forbidden"))
        pair.check(len(SPECS))


def test_objects(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    asyncio.run(_objects(tmp_path, (apiserver_137, etcd)))


async def _changes(directory: Path, programs: tuple[Path, Path]) -> None:
    async with both(directory, *programs) as servers:
        pair = Pair(servers)
        await pair.ask("rules: the definition without rules", "POST", PATH, UNRULED)
        await pair.established(_NAME)
        for step in CHANGES:
            if step.verb == "wait":
                await pair.settle()
                continue
            await pair.ask(f"rules: {step.what}", step.verb, step.path, step.body, step.media)
        pair.check(sum(step.verb != "wait" for step in CHANGES))


def test_changes(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    asyncio.run(_changes(tmp_path, (apiserver_137, etcd)))
