"""Claims that are shared, freed, wanted again; pods that end, wait, or are bound by hand."""

from __future__ import annotations

from drakkar.client.resources import PODS, RESOURCECLAIMS, RESOURCECLAIMTEMPLATES, RESOURCESLICES

from .stage import Stage


async def shared_and_over(stage: Stage) -> None:
    """Two pods share a claim, and both are over: as long as only one is, 1.37.2 takes its reservation and gives it back."""
    await _world(stage)
    await stage.claim()
    await stage.pod("a", claims=("c",))
    await stage.pod("b", claims=("c",))
    await stage.bound("a", "b")
    await stage.run("a", "Succeeded")
    await stage.run("b", "Failed")
    await stage.free()


async def shared_and_wanted_again(stage: Stage) -> None:
    """A claim that is free again is allocated for the next."""
    await _world(stage)
    await stage.claim()
    for name in "ab":
        await stage.pod(name, claims=("c",))
        await stage.bound(name)
        await stage.gone(name)
        await stage.free()
    await stage.pod("z", claims=("c",))
    await stage.bound("z")


async def two_for_one(stage: Stage) -> None:
    """The second pod gets the only device when the first is done."""
    await _world(stage, devices=1)
    await stage.template()
    await stage.pod("a", templates=("t",))
    await stage.bound("a")
    await stage.pod("b", templates=("t",))
    await stage.refused("b")
    await stage.run("a", "Succeeded")
    await stage.bound("b")


async def more_devices_come(stage: Stage) -> None:
    """The pool has a device too few, and then enough."""
    await _world(stage, devices=1)
    await stage.claim("c", stage.request(count=2))
    await stage.pod(claims=("c",))
    await stage.refused()
    await stage.slice(2, generation=2)
    await stage.bound()


async def over_before_it_ran(stage: Stage) -> None:
    """A pod fails on its node before anything of it ran."""
    await _world(stage)
    await stage.template()
    await stage.pod(templates=("t",))
    await stage.bound()
    await stage.run("p", "Failed")
    await stage.until(lambda: not stage.claims_of(), "the claim to go")


async def claim_deleted_under_a_pod(stage: Stage) -> None:
    """The claim of a running pod is deleted, and stays until that is gone."""
    await _world(stage)
    await stage.claim()
    await stage.pod(claims=("c",))
    await stage.bound()
    await stage.run()
    await stage.delete(RESOURCECLAIMS, "c")
    await stage.quiet(1)
    await stage.pod("late", claims=("c",))
    await stage.quiet(1)
    await stage.gone()
    await stage.away(RESOURCECLAIMS, "c")


async def template_comes_late(stage: Stage) -> None:
    """A pod names a template that is not there."""
    await _world(stage)
    await stage.pod(templates=("t",))
    await stage.refused(reason="FailedResourceClaimCreation")
    await stage.template()
    await stage.bound()


async def template_changes(stage: Stage) -> None:
    """What a template asks for when the claim is made counts."""
    await _world(stage)
    await stage.template()
    await stage.pod("a", templates=("t",))
    await stage.bound("a")
    await stage.delete(RESOURCECLAIMTEMPLATES, "t")
    await stage.template("t", stage.request("other", count=1))
    await stage.pod("b", templates=("t",))
    await stage.bound("b")


async def several_entries(stage: Stage) -> None:
    """A pod with a claim of its own, one that is shared, and one that two entries name."""
    await _world(stage, devices=4)
    await stage.claim("one")
    await stage.claim("two", stage.request(count=2))
    await stage.template()
    await stage.pod("a", claims=("one", "two"), templates=("t",))
    await stage.bound("a")
    await stage.pod("b", claims=("one",))
    await stage.bound("b")
    await stage.gone("a")
    await stage.free("two")


async def bound_by_hand(stage: Stage) -> None:
    """A pod that names its node has allocated claims reserved, and others not allocated."""
    await _world(stage)
    await stage.claim("has")
    await stage.claim("has-not")
    await stage.pod("first", claims=("has",))
    await stage.bound("first")
    await stage.pod("p", claims=("has", "has-not"), nodeName=stage.nodes[0])
    await stage.quiet(2)
    await stage.gone("first")
    await stage.quiet(1)


async def held_by_a_gate(stage: Stage) -> None:
    """A gate holds a pod back, whose claim is made all the same."""
    await _world(stage)
    await stage.template()
    await stage.pod(templates=("t",), schedulingGates=[{"name": "example.com/wait"}])
    await stage.until(stage.claims_of, "a claim")
    await stage.quiet(1)
    await stage.change(PODS, "p", lambda pod: {**pod, "spec": {**pod["spec"], "schedulingGates": []}})
    await stage.bound()


async def gated_and_deleted(stage: Stage) -> None:
    """A pod is deleted that was never let go."""
    await _world(stage)
    await stage.template()
    await stage.pod(templates=("t",), schedulingGates=[{"name": "example.com/wait"}])
    await stage.until(stage.claims_of, "a claim")
    await stage.delete(PODS, "p")
    await stage.until(lambda: not stage.claims_of(), "the claim to go")


async def out_of_reach(stage: Stage) -> None:
    """A claim has its device on one node, and a pod may only run on another: nobody uses it, so it is freed."""
    await _world(stage)
    await stage.slice(1, node=1)
    await stage.claim()
    await stage.pod("a", claims=("c",), node=0)
    await stage.bound("a")
    await stage.pod("b", claims=("c",), node=1)
    await stage.refused("b")
    await stage.gone("a")
    await stage.bound("b")


async def the_pool_goes(stage: Stage) -> None:
    """The devices go while a pod waits, and come again."""
    await _world(stage)
    await stage.delete(RESOURCESLICES, stage.nodes[0])
    await stage.claim()
    await stage.pod(claims=("c",))
    await stage.refused()
    await stage.slice(1)
    await stage.bound()


async def deleted_by_force(stage: Stage) -> None:
    """A pod is deleted without a grace on its node."""
    await _world(stage)
    await stage.template()
    await stage.pod(templates=("t",))
    await stage.bound()
    await stage.delete(PODS, "p", grace_period_seconds=0)
    await stage.until(lambda: not stage.claims_of(), "the claim to go")


async def made_anew(stage: Stage) -> None:
    """A pod of the same name comes as soon as the first is gone."""
    await _world(stage, devices=1)
    await stage.template()
    for _ in range(3):
        await stage.pod(templates=("t",))
        await stage.bound()
        await stage.delete(PODS, "p", grace_period_seconds=0)
    await stage.pod(templates=("t",))
    await stage.bound()


async def _world(stage: Stage, devices: int = 2) -> None:
    await stage.device_class()
    await stage.slice(devices)


STORIES = {
    function.__name__.replace("_", "-"): function
    for function in (
        shared_and_over,
        shared_and_wanted_again,
        two_for_one,
        more_devices_come,
        over_before_it_ran,
        claim_deleted_under_a_pod,
        template_comes_late,
        template_changes,
        several_entries,
        bound_by_hand,
        held_by_a_gate,
        gated_and_deleted,
        out_of_reach,
        the_pool_goes,
        deleted_by_force,
        made_anew,
    )
}
