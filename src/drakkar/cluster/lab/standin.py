"""Answers the kubectl commands that the lab uses, for machines without kubectl; its words are kubectl's."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from drakkar.api.object import Object
from drakkar.client import ApiError, Client, NotFoundError
from drakkar.client.discovery import Discovery
from drakkar.client.resources import DEPLOYMENTS, NAMESPACES, PODS, Resource
from drakkar.client.stream import run_in_container

_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_PAUSE = 0.1


class RefusedError(Exception):
    """The command cannot be done; the message is what to print."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kubectl", allow_abbrev=False)
    parser.add_argument("-n", "--namespace", default="default")
    parser.add_argument("-o", "--output", default="")
    parser.add_argument("-l", "--selector", default="")
    parser.add_argument("-f", "--filename", default="")
    parser.add_argument("--tail", type=int, default=None)
    parser.add_argument("--timeout", default="30s")
    parser.add_argument("--for", dest="condition", default="")
    parser.add_argument("--replicas", type=int, default=None)
    parser.add_argument("--wait", default="true")
    parser.add_argument("words", nargs="*")
    return parser


def _print_rows(table: Object, prefix: str = "") -> None:
    wanted = [
        (index, column["name"].upper())
        for index, column in enumerate(table["columnDefinitions"])
        if not column.get("priority")
    ]
    rows = [[name for _, name in wanted]]
    for row in table.get("rows") or []:
        cells = ["<none>" if cell is None else str(cell) for cell in row["cells"]]
        cells[0] = prefix + cells[0]
        rows.append([cells[index] for index, _ in wanted])
    widths = [max(len(row[index]) for row in rows) for index in range(len(wanted))]
    for row in rows:
        print("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


class Standin:
    """One command against one cluster."""

    def __init__(self, client: Client, options: argparse.Namespace) -> None:
        self._client = client
        self._options = options
        self._discovery = Discovery(client)
        self._limit = float(options.timeout.removesuffix("s"))

    async def run(self, words: Sequence[str], command: Sequence[str]) -> int:
        """Do what the words say; the exit code."""
        match list(words):
            case ["version"]:
                print(json.dumps({"serverVersion": await self._client.request("GET", "/version")}))
            case ["cluster-info"]:
                print(f"Kubernetes control plane is running at {self._client.server}")
            case ["get", kinds, *names]:
                await self._get(kinds, names)
            case ["describe", kind, *names]:
                for obj in await self._objects(kind, names):
                    print(yaml.safe_dump(obj, sort_keys=False, default_flow_style=False))
            case ["explain", path]:
                await self._explain(path)
            case ["create", "namespace", name]:
                body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
                await self._client.create(NAMESPACES, body)
                print(f"namespace/{name} created")
            case ["apply"]:
                for text in yaml.safe_load_all(Path(self._options.filename).read_text()):
                    if text:
                        await self._apply(text)
            case ["logs"]:
                await self._logs()
            case ["exec", pod]:
                return await self._exec(pod, command)
            case ["scale", target]:
                kind, name = target.split("/", 1)
                body = {"spec": {"replicas": self._options.replicas}}
                await self._client.patch(
                    DEPLOYMENTS, name, body, self._options.namespace, subresource="scale"
                )
                print(f"{kind}.apps/{name} scaled")
            case ["rollout", "status", target]:
                await self._rollout(*target.split("/", 1))
            case ["wait", *targets]:
                await self._wait(targets)
            case ["delete", *targets]:
                await self._delete(targets)
            case _:
                raise RefusedError(f"error: the stand-in for kubectl does not know: {' '.join(words)}")
        return 0

    async def _resource(self, kind: str) -> Resource:
        found = await self._discovery.find(kind)
        if found is None:
            raise RefusedError(f'error: the server doesn\'t have a resource type "{kind}"')
        return found

    def _namespace(self, resource: Resource) -> str | None:
        return self._options.namespace if resource.namespaced else None

    async def _objects(self, kind: str, names: Sequence[str]) -> list[Object]:
        resource = await self._resource(kind)
        namespace = self._namespace(resource)
        if names:
            return [await self._client.get(resource, name, namespace) for name in names]
        answer = await self._client.list(resource, namespace, label_selector=self._options.selector)
        return [{"kind": resource.kind, "apiVersion": resource.api_version, **obj} for obj in answer["items"]]

    async def _get(self, kinds: str, names: Sequence[str]) -> None:
        several = "," in kinds
        for kind in kinds.split(","):
            resource = await self._resource(kind)
            if self._options.output == "json":
                found = await self._objects(kind, names)
                print(json.dumps(found[0] if names else {"kind": "List", "items": found}))
                continue
            group = f".{resource.group}" if resource.group else ""
            prefix = f"{resource.kind.lower()}{group}/"
            if self._options.output == "name":
                for obj in await self._objects(kind, names):
                    print(prefix + obj["metadata"]["name"])
                continue
            path = resource.path(self._namespace(resource), names[0] if names else None)
            params = {"labelSelector": self._options.selector} if self._options.selector else {}
            table = await self._client.request("GET", path, params, headers={"Accept": _TABLE})
            if table.get("rows"):
                _print_rows(table, prefix if several else "")
                if several:
                    print()

    async def _explain(self, path: str) -> None:
        kind, *fields = path.split(".")
        resource = await self._resource(kind)
        where = f"apis/{resource.group}/{resource.version}" if resource.group else f"api/{resource.version}"
        document = await self._client.request("GET", f"/openapi/v3/{where}")
        schemas: dict[str, Object] = document["components"]["schemas"]
        identity = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        schema = next(s for s in schemas.values() if identity in s.get("x-kubernetes-group-version-kind", ()))
        for field in fields:
            schema = _resolve(schema["properties"][field], schemas)
        print(f"GROUP:      {resource.group}\nKIND:       {resource.kind}\nVERSION:    {resource.version}\n")
        print(f"DESCRIPTION:\n    {schema.get('description', '')}\n")
        if schema.get("properties"):
            print("FIELDS:")
            for name, value in sorted(schema["properties"].items()):
                print(f"  {name}\t<{_resolve(value, schemas).get('type', 'Object')}>")

    async def _apply(self, obj: Object) -> None:
        resource = await self._discovery.of_object(obj)
        if resource is None:
            raise RefusedError(
                f'error: no matches for kind "{obj.get("kind")}" in version "{obj.get("apiVersion")}"'
            )
        meta = obj["metadata"]
        namespace = (meta.get("namespace") or self._options.namespace) if resource.namespaced else None
        group = f".{resource.group}" if resource.group else ""
        shown = f"{resource.kind.lower()}{group}/{meta['name']}"
        written = json.dumps(obj, sort_keys=True)
        new = {
            **obj,
            "metadata": {**meta, "annotations": {**(meta.get("annotations") or {}), _LAST_APPLIED: written}},
        }
        try:
            old = await self._client.get(resource, meta["name"], namespace)
        except NotFoundError:
            await self._client.create(resource, new, namespace)
            print(f"{shown} created")
            return
        if (old["metadata"].get("annotations") or {}).get(_LAST_APPLIED) == written:
            print(f"{shown} unchanged")
            return
        await self._client.patch(resource, meta["name"], new, namespace, "strategic")
        print(f"{shown} configured")

    async def _logs(self) -> None:
        for pod in await self._objects("pods", []):
            path = PODS.path(self._options.namespace, pod["metadata"]["name"], "log")
            params = {"tailLines": str(self._options.tail)} if self._options.tail is not None else {}
            print(await self._client.text("GET", path, params), end="")

    async def _exec(self, pod: str, command: Sequence[str]) -> int:
        done = await run_in_container(self._client, pod, self._options.namespace, command, self._limit)
        sys.stdout.write(done.out.decode(errors="replace"))
        sys.stderr.write(done.err.decode(errors="replace"))
        return done.code

    async def _rollout(self, kind: str, name: str) -> None:
        resource = await self._resource(kind)

        def finished(obj: Object) -> bool:
            status, meta = obj.get("status") or {}, obj["metadata"]
            if status.get("observedGeneration", 0) < meta.get("generation", 0):
                return False
            if kind == "daemonset":
                wanted = status.get("desiredNumberScheduled", 0)
                return bool(wanted > 0 and status.get("numberAvailable", 0) == wanted)
            return bool(status.get("availableReplicas", 0) == obj["spec"].get("replicas", 1))

        await self._until(resource, name, finished, f"{kind} {name}")
        print(f'{kind} "{name}" successfully rolled out')

    async def _until(self, resource: Resource, name: str, holds: Any, what: str) -> None:
        async with asyncio.timeout(self._limit):
            while True:
                try:
                    obj = await self._client.get(resource, name, self._namespace(resource))
                except NotFoundError:
                    obj = None
                if obj is None and holds is None:
                    return
                if obj is not None and holds is not None and holds(obj):
                    return
                await asyncio.sleep(_PAUSE)

    async def _wait(self, targets: Sequence[str]) -> None:
        condition = self._options.condition
        named = await self._named(targets)
        for resource, name in named:
            holds = None
            if condition.startswith("condition="):
                wanted = condition.removeprefix("condition=").lower()

                def holds(obj: Object, wanted: str = wanted) -> bool:
                    found = (obj.get("status") or {}).get("conditions") or []
                    return any(c["type"].lower() == wanted and c["status"] == "True" for c in found)

            elif condition != "delete":
                raise RefusedError(f"error: the stand-in for kubectl does not wait for {condition}")
            await self._until(resource, name, holds, f"{resource.kind} {name}")
            print(f"{resource.kind.lower()}/{name} {'deleted' if holds is None else 'condition met'}")

    async def _named(self, targets: Sequence[str]) -> list[tuple[Resource, str]]:
        if targets and "/" in targets[0]:
            pairs = [target.split("/", 1) for target in targets]
            return [(await self._resource(kind), name) for kind, name in pairs]
        resource = await self._resource(targets[0])
        names = list(targets[1:]) or [o["metadata"]["name"] for o in await self._objects(targets[0], [])]
        return [(resource, name) for name in names]

    async def _delete(self, targets: Sequence[str]) -> None:
        named = await self._named(targets)
        for resource, name in named:
            await self._client.delete(
                resource, name, self._namespace(resource), propagation_policy="Background"
            )
            group = f".{resource.group}" if resource.group else ""
            print(f'{resource.kind.lower()}{group} "{name}" deleted')
        if self._options.wait != "false":
            for resource, name in named:
                await self._until(resource, name, None, name)


def _resolve(schema: Object, schemas: dict[str, Object]) -> Object:
    wrapped = (schema.get("allOf") or [{}])[0]
    reference = schema.get("$ref") or wrapped.get("$ref")
    if not reference:
        return schema
    return {
        **schemas[reference.rsplit("/", 1)[-1]],
        **{k: v for k, v in schema.items() if k == "description"},
    }


async def _answer(arguments: Sequence[str], kubeconfig: Path) -> int:
    before, after = list(arguments), list[str]()
    if "--" in before:
        cut = before.index("--")
        before, after = before[:cut], before[cut + 1 :]
    options = _parser().parse_intermixed_args(before)
    async with Client.from_kubeconfig(kubeconfig) as client:
        try:
            return await Standin(client, options).run(options.words, after)
        except ApiError as error:
            print(f"Error from server ({error.reason}): {error.message}", file=sys.stderr)
        except RefusedError as error:
            print(error, file=sys.stderr)
        except TimeoutError:
            print("error: timed out waiting for the condition", file=sys.stderr)
    return 1


def run(arguments: Sequence[str], kubeconfig: Path) -> tuple[int, str, str]:
    """Do what one kubectl command does: the exit code, and what it printed on stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = asyncio.run(_answer(arguments, kubeconfig))
        except SystemExit as ended:
            code = int(ended.code or 0)
    return code, out.getvalue(), err.getvalue()
