"""Eviction: deletes a pod where the disruption budget that it is under can spare it, and takes it off the budget."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access import restrictions
from drakkar.apiserver.kinds import metadata
from drakkar.apiserver.kinds.core import PODS
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.policy import BUDGETS
from drakkar.apiserver.resources import deletion
from drakkar.apiserver.resources.budgets_of import budgets_of
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.resources.subresources import SUCCESS, admit_sent, names_same
from drakkar.apiserver.resources.write_options import WriteOptions, fitted
from drakkar.validation.field_error import FieldError

KIND = Kind("policy", "v1", "evictions", "Eviction", True, verbs=("create",))
# More evicted pods than that are not waited for.
_MOST_DISRUPTED = 2_000


async def evict(rest: Rest, namespace: str, name: str, eviction: Object, options: WriteOptions) -> Object:
    """Delete a pod, unless a disruption budget says that it cannot be spared now (429)."""
    restrictions.check(rest.store, options.requester, PODS, "create", eviction, None)
    names_same(eviction, namespace, name, "Eviction")
    changed = await admit_sent(rest, namespace, name, eviction, options)
    eviction = eviction if changed is None else fitted(KIND, changed, options)
    asked = dict(eviction.get("deleteOptions") or {})
    deletion.check_options(asked)
    options.dry_run = _on_trial(asked, options.dry_run)
    pod = rest.store.get((PODS.resource, namespace, name))
    if pod is None:
        raise errors.not_found("", "pods", name)
    deletion.check_preconditions(PODS, pod, asked)
    if _is_counted(pod):
        labels = pod["metadata"].get("labels") or {}
        budget = _only(await budgets_of(rest.store, namespace, labels))
        if budget is not None and not _spares_the_unready(budget, pod):
            await _spend(rest, namespace, budget["metadata"]["name"], name, options.dry_run)
    await rest.delete(PODS, namespace, name, asked, options)
    return SUCCESS


def _on_trial(asked: Object, dry_run: bool) -> bool:
    """Whether it is a dry run; a request that says two things of it is refused."""
    inside = bool(asked.get("dryRun"))
    asked.pop("dryRun", None)
    return inside or dry_run


def _is_counted(pod: Object) -> bool:
    over = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed", "Pending")
    return not over and "deletionTimestamp" not in pod["metadata"]


def _only(budgets: list[Object]) -> Object | None:
    if len(budgets) > 1:
        raise errors.internal(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        )
    return budgets[0] if budgets else None


def _spares_the_unready(budget: Object, pod: Object) -> bool:
    """Whether the budget is not asked for a pod that serves nobody anyway."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    if any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions):
        return False
    counted, policy = budget.get("status") or {}, (budget.get("spec") or {}).get("unhealthyPodEvictionPolicy")
    if policy == "AlwaysAllow":
        return True
    return int(counted.get("currentHealthy") or 0) >= int(counted.get("desiredHealthy") or 0) > 0


async def _spend(rest: Rest, namespace: str, budget: str, pod: str, dry_run: bool) -> None:
    """Take one pod off the budget, before the pod goes; StatusError 403 or 429 where there is none left."""

    def spent(old: Object) -> Object:
        status = dict(old.get("status") or {})
        _check(old, status, budget)
        left = int(status["disruptionsAllowed"]) - 1
        status["disruptionsAllowed"] = left
        status["disruptedPods"] = {**(status.get("disruptedPods") or {}), pod: metadata.now()}
        if not left:
            status["conditions"] = _out_of_pods(status.get("conditions") or [], old)
        return {**old, "status": status}

    await rest.change(BUDGETS, namespace, budget, spent, "status", WriteOptions(dry_run=dry_run))


def _check(budget: Object, status: Object, name: str) -> None:
    allowed = int(status.get("disruptionsAllowed") or 0)
    if int(status.get("observedGeneration") or 0) < int(budget["metadata"].get("generation") or 0):
        said = f"The disruption budget {name} is still being processed by the server."
        raise _too_many(10, said)
    if allowed < 0:
        raise errors.forbidden("policy", BUDGETS.plural, name, "pdb disruptions allowed is negative")
    if len(status.get("disruptedPods") or ()) > _MOST_DISRUPTED:
        why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
        raise errors.forbidden("policy", BUDGETS.plural, name, why)
    if allowed:
        return
    needs, has = int(status.get("desiredHealthy") or 0), int(status.get("currentHealthy") or 0)
    if has <= needs:
        raise _too_many(0, f"The disruption budget {name} needs {needs} healthy pods and has {has} currently")
    raise _too_many(0, f"The disruption budget {name} does not allow evicting pods currently")


def _too_many(seconds: int, said: str) -> errors.StatusError:
    cause = FieldError("DisruptionBudget", said, "")
    return errors.too_many_requests(
        "Cannot evict pod as it would violate the pod's disruption budget.", seconds, cause
    )


def _out_of_pods(conditions: list[Object], budget: Object) -> list[Object]:
    kind = "DisruptionAllowed"
    ended = {
        "type": kind,
        "status": "False",
        "reason": "InsufficientPods",
        "message": "",
        "lastTransitionTime": metadata.now(),
        "observedGeneration": budget["metadata"].get("generation", 0),
    }
    return [*(one for one in conditions if one.get("type") != kind), ended]
