"""What a container sees and may do, tried from inside, in each kind of namespaces that is to be had here."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from kubelet.fake_api import eventually

from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.host import syscalls
from drakkar.kubelet.host.seclusion import Seclusion
from drakkar.kubelet.runtime.container import BindMount, ContainerSpec, Restrictions
from drakkar.kubelet.runtime.process import enter, privileges
from drakkar.kubelet.runtime.process.mounts import Isolation, obstacle
from drakkar.kubelet.runtime.process.runtime import ProcessRuntime

DEFAULT = tuple(privileges.NAMES.index(name) for name in sorted(privileges.DEFAULT))
PATH = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


class Box:
    """A runtime in one mode, whose state directory is secret."""

    def __init__(self, root: Path, mode: str) -> None:
        self.mode = mode
        self.root = root
        self.state = root / "state"
        self.state.mkdir(mode=0o700)
        (self.state / "ca.key").write_text("the key")
        hidden = {"/tmp": 0o1777, "/run": 0o755, str(self.state): 0o555}
        kept = (sys.prefix, sys.base_prefix)
        self.seclusion = Seclusion(hidden, (str(self.state),), kept)
        self.runtime = self.made()
        self.count = 0

    def made(self) -> ProcessRuntime:
        return ProcessRuntime(self.state / "containers", Isolation(self.mode), seclusion=self.seclusion)

    async def open(self) -> None:
        self.runtime = self.made()
        await self.runtime.recover()

    def spec(
        self, script: str, mounts: Sequence[BindMount] = (), env: dict[str, str] | None = None, **held: Any
    ) -> ContainerSpec:
        self.count += 1
        values = {"user": 0, "group": 0, "capabilities": DEFAULT, "own_processes": True, **held}
        cwd = values.pop("cwd", "/")
        name = f"c{self.count}"
        log = self.state / "logs" / f"{name}.log"
        argv = ("/bin/sh", "-c", script)
        return ContainerSpec(
            "uid", name, 0, argv, {**PATH, **(env or {})}, log, cwd, mounts, Restrictions(**values)
        )

    async def start(self, script: str, **more: Any) -> str:
        """The id of a container that runs."""
        state = await self.runtime.start(self.spec(script, **more))
        assert state.running, state.failure
        return state.spec.id

    async def run(self, script: str, **more: Any) -> str:
        """What a container's script says, errors too."""
        state = await self.runtime.start(self.spec(f"exec 2>&1; {script}", **more))
        container = self.runtime._containers[state.spec.id]
        async with asyncio.timeout(20):
            await container.ended.wait()
        assert not container.state.failure, container.state.failure
        return self.log(state.spec.id)

    def log(self, container_id: str) -> str:
        lines = self.runtime._containers[container_id].spec.log_path.read_text().splitlines()
        return "\n".join(line.split(" ", 3)[3] for line in lines)

    async def exec(self, container_id: str, script: str) -> tuple[int, str]:
        session = await self.runtime.exec(container_id, ["/bin/sh", "-c", script])
        assert session.stdout is not None and session.stderr is not None
        async with asyncio.timeout(20):
            out, err = await asyncio.gather(session.stdout.read(), session.stderr.read())
            return await session.wait(), (out + err).decode().strip()


@pytest.fixture(params=["mount", "user"])
async def box(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Box]:
    if reason := obstacle(request.param, own_processes=True):
        pytest.skip(f"no such namespaces here: {reason}")
    made = Box(tmp_path.resolve(), request.param)
    await made.open()
    yield made
    for state in made.runtime.containers():
        if state.running:
            await made.runtime.stop(state.spec.id, 0)
    made.runtime.close()


async def test_the_clusters_files_are_not_there(box: Box) -> None:
    key = box.state / "ca.key"
    tries = (
        f"cat {key}; ls -A {box.state}; cat /proc/1/root{key}; cat /proc/1/cwd{key}; cat /proc/self/root{key}"
    )
    said = await box.run(f"{tries}; echo done")
    assert "the key" not in said and "containers" not in said and said.endswith("done")
    running = await box.start("sleep 100")
    assert "the key" not in (await box.exec(running, tries))[1]


async def test_what_is_to_be_hidden_may_come_later(box: Box) -> None:
    if box.mode != "mount":
        pytest.skip("a tree that takes no writes has no place for it")
    later = Path(__file__).parent / f".later-{os.getpid()}"
    box.seclusion = Seclusion(
        {**box.seclusion.hidden, str(later): 0o555}, (*box.seclusion.secret, str(later))
    )
    await box.open()
    container = await box.start("sleep 60")
    # Something that stands in its place, and not only the kernel's memory that nothing does.
    assert await box.exec(container, f"ls -A {later}") == (0, "")
    later.mkdir()
    try:
        (later / "config").write_text("the key")
        code, said = await box.exec(container, f"cat {later}/config")
    finally:
        (later / "config").unlink()
        later.rmdir()
    assert code != 0 and "the key" not in said


def test_what_is_not_there_yet_is_hidden_all_the_same(tmp_path: Path) -> None:
    key = tmp_path / "key"
    config = KubeletConfig("n", tmp_path, key, key, key, hidden_dirs=(tmp_path / "later",))
    found = Seclusion.of(config)
    assert found.hidden[str(tmp_path / "later")] == 0o555 and found.holds(tmp_path / "later" / "key")


async def test_what_hides_them_cannot_be_taken_away(box: Box) -> None:
    key = box.state / "ca.key"
    tries = (
        f"umount {box.state}; umount -l /tmp; unshare -m umount {box.state}; unshare -Urm umount -l {box.state};"
        f" nsenter -t 1 -m cat {key}; mkdir /run/x; unshare -Urm mount --bind / /run/x; cat /run/x{key}; cat {key}; echo done"
    )
    said = await box.run(tries)
    assert "the key" not in said and said.endswith("done")


async def test_processes_are_its_own(box: Box) -> None:
    secret = "TOKEN-of-the-other"
    other = await box.start("sleep 1000", env={"TOKEN": secret})
    pid = box.runtime._containers[other].state.pid
    os.environ["DRAKKAR_TEST_SECRET"] = "of-the-kubelet"
    try:
        said = await box.run(
            f"cat /proc/*/environ /proc/{pid}/environ; ls -d /proc/[0-9]*; kill -9 {pid}; echo done"
        )
    finally:
        del os.environ["DRAKKAR_TEST_SECRET"]
    assert secret not in said and "of-the-kubelet" not in said and said.endswith("done")
    # The holder, the shell and ls.
    assert sum(line.startswith("/proc/") for line in said.splitlines()) <= 4
    assert box.runtime._containers[other].state.running
    _, seen = await box.exec(other, "cat /proc/[0-9]*/environ | tr '\\0' '\\n'; ls -l /proc/1/fd /proc/1/exe")
    assert "of-the-kubelet" not in seen and "DRAKKAR" not in seen


async def test_the_hosts_tree_takes_no_writes(box: Box, tmp_path: Path) -> None:
    name = f"drakkar-test-{os.getpid()}"
    places = [
        f"/{name}",
        f"/etc/{name}",
        f"/usr/{name}",
        f"/var/{name}",
        f"/tmp/{name}",
        f"/run/{name}",
        f"/dev/{name}",
    ]
    await box.run("; ".join(f"echo x > {place}" for place in places) + "; rm -f /etc/hostname; true")
    assert not [place for place in places if os.path.lexists(place)]
    said = await box.run(
        f"ls {' '.join(places)}; echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger; touch /tmp/mine && echo own"
    )
    # Nor does another container see them.
    assert said.count("No such file") == len(places) and said.endswith("own")
    assert "/proc/sys/kernel/sysrq" in said and not os.path.exists("/tmp/mine")


async def test_devices_are_the_harmless_ones(box: Box) -> None:
    said = await box.run(
        "ls /dev; echo x > /dev/null; head -c 3 /dev/zero | wc -c; find /dev -type b; "
        "mknod /run/disk b 254 0; echo x > /dev/shm/x; echo done"
    )
    assert {"null", "zero", "urandom", "shm"} <= set(said.split()) and not {
        "vda",
        "sda",
        "mem",
        "kmsg",
    } & set(said.split())
    assert "\n3\n" in said and "mknod" in said and said.endswith("done")


async def test_the_hosts_devices_and_system_stay_as_they_are(box: Box) -> None:
    mode = os.stat("/dev/null").st_mode
    device = [BindMount("/dev/zero", "/dev/mine", read_only=True)]
    tries = "chmod 600 /dev/null /dev/mine; chown 5 /dev/zero; echo x > /dev/mine; touch /sys/kernel/x; mkdir /sys/fs/cgroup/x"
    said = await box.run(
        f"{tries}; head -c 2 /dev/mine | wc -c; test -w /dev/null && echo done", mounts=device
    )
    assert os.stat("/dev/null").st_mode == mode and os.stat("/dev/zero").st_uid == 0
    assert said.endswith("2\ndone") and "cannot create /dev/mine" not in said


async def test_an_early_command_is_in_the_containers_tree(box: Box) -> None:
    mark = f"/drakkar-hook-{os.getpid()}"
    (box.root / "data").mkdir()
    mounts = [BindMount(str(box.root / "data"), f"/data{i}") for i in range(30)]
    inside = "readlink /proc/self/ns/mnt"
    host = os.readlink("/proc/self/ns/mnt")

    async def one() -> tuple[str, str, bool]:
        running = await box.start(f"{inside}; exec sleep 100", mounts=mounts)
        _, said = await box.exec(running, f"{inside}; echo x > {mark}; test -d /data29 && echo mounted")
        await eventually(lambda: box.log(running))
        state = (said.split()[0], box.log(running).strip(), "mounted" in said)
        await box.runtime.stop(running, 0)
        return state

    for _ in range(5):
        for first, second, mounted in await asyncio.gather(*(one() for _ in range(6))):
            assert first == second != host and mounted
    assert not os.path.lexists(mark)


async def test_a_command_joins_the_process_meant_and_no_other(box: Box) -> None:
    running = await box.start("sleep 100")
    init, started = box.runtime._containers[running].holder
    plan = {"mode": box.mode, "own_processes": True}
    for descriptor in enter.open_namespaces(plan, init, started).values():
        os.close(descriptor)
    # Its number given to another since, one of the host's own, and none at all.
    for pid, start in ((init, started + 1), (os.getpid(), enter.start_time(os.getpid())), (2**22 + 1, 1)):
        with pytest.raises(ProcessLookupError, match="has ended"):
            enter.open_namespaces(plan, pid, start)


async def test_the_next_kubelet_runs_commands_in_it(box: Box) -> None:
    running = await box.start("sleep 100", env={"WHO": "me"})
    box.runtime.close()
    await box.open()
    assert await box.exec(running, "echo $WHO; cat ca.key; exit 3") == (
        3,
        "me\ncat: ca.key: No such file or directory",
    )


async def test_nothing_outlives_a_shim_that_is_killed(box: Box) -> None:
    running = await box.start("setsid sleep 1000 & echo up; sleep 1000")
    await eventually(lambda: box.log(running))
    container = box.runtime._containers[running]
    namespace = os.stat(f"/proc/{container.state.pid}/ns/mnt")

    def members() -> list[str]:
        found = []
        for pid in os.listdir("/proc"):
            try:
                if pid.isdecimal() and os.path.samestat(os.stat(f"/proc/{pid}/ns/mnt"), namespace):
                    found.append(pid)
            except OSError:
                continue
        return found

    assert len(members()) >= 3
    assert container.shim is not None
    container.shim.kill()
    await eventually(lambda: not members())
    assert container.ended.is_set() or await container.ended.wait()


@pytest.mark.parametrize("cwd", [f"/proc/self/fd/{number}" for number in (3, 5, 7, 9, 11)])
async def test_no_descriptor_of_the_hosts_is_left(box: Box, cwd: str) -> None:
    state = await box.runtime.start(box.spec("sleep 100", cwd=cwd))
    assert not state.running and cwd in state.failure
    assert len((await box.run("ls /proc/self/fd")).split()) <= 4


async def test_a_volume_shows_nothing_secret_below_it(box: Box) -> None:
    key = box.state.name + "/ca.key"
    (box.root / "seen").write_text("open")
    said = await box.run(f"cat /host/{key}; cat /host/seen", mounts=[BindMount(str(box.root), "/host")])
    assert "the key" not in said and said.endswith("open")


async def test_a_volume_that_has_become_a_link_is_not_mounted(box: Box) -> None:
    (box.root / "volume").mkdir()
    (box.root / "volume" / "sub").symlink_to(box.state)
    (box.root / "link").symlink_to(box.state)
    for mount in (
        BindMount(str(box.root / "volume"), "/v", below="sub"),
        BindMount(str(box.root / "link"), "/v"),
    ):
        state = await box.runtime.start(box.spec("sleep 100", mounts=[mount]))
        assert not state.running and ("leads out" in state.failure or "become a link" in state.failure)


async def test_user_groups_and_rights(box: Box) -> None:
    script = "id -u; id -g; grep -E 'CapEff|CapBnd|NoNewPrivs|^Groups' /proc/self/status; sleep 100"
    held = {"user": 1234, "group": 2345, "groups": (77, 88), "no_new_privileges": True}
    running = await box.start(script, **held)
    await eventually(lambda: "NoNewPrivs" in box.log(running))
    for said in (box.log(running), (await box.exec(running, script.removesuffix("; sleep 100")))[1]):
        words = said.split()
        assert words[:2] == ["1234", "2345"]
        facts = dict(line.split(":") for line in said.splitlines()[2:])
        assert int(facts["CapEff"], 16) == 0 and facts["NoNewPrivs"].strip() == "1"
        assert int(facts["CapBnd"], 16) == sum(1 << number for number in DEFAULT)
        if box.mode == "mount":
            assert facts["Groups"].split() == ["77", "88"]
    if box.mode == "mount":
        # Its output belongs to it.
        assert "out" in await box.run("echo out > /dev/stdout", **held)
        assert "Permission denied" in await box.run("cat /etc/shadow", **held)


async def test_capabilities_are_those_given(box: Box) -> None:
    kept = (privileges.NAMES.index("CHOWN"),)
    assert int((await box.run("grep CapEff /proc/self/status", capabilities=kept)).split()[1], 16) == 1
    assert int((await box.run("grep CapEff /proc/self/status", capabilities=())).split()[1], 16) == 0


async def test_read_only_root_leaves_volumes_writable(box: Box) -> None:
    (box.root / "data").mkdir()
    mounts = [BindMount(str(box.root / "data"), "/new/data")]
    script = "for d in / /etc /tmp /run /new; do echo x > $d/x; done; echo x > /new/data/x; echo x > /dev/shm/x; echo done"
    said = await box.run(script, mounts=mounts, read_only_root=True)
    assert said.count("Read-only file system") == 5 and said.endswith("done")
    assert (box.root / "data" / "x").exists()


async def test_a_container_may_see_the_hosts_processes(box: Box) -> None:
    if box.mode == "user":
        # Of another user namespace's processes only the names are seen.
        assert str(os.getpid()) in await box.run("ls /proc", own_processes=False)
        return
    running = await box.start("sleep 100", own_processes=False)
    assert (await box.exec(running, f"test -d /proc/{os.getpid()}; cat {box.state}/ca.key"))[0] == 1


SECRET = "a cluster's own files, which no pod may mount"


async def refused(box: Box, *mounts: BindMount) -> bool:
    state = await box.runtime.start(box.spec("sleep 100", mounts=mounts))
    return not state.running and SECRET in state.failure


async def test_a_path_below_a_volume_shows_nothing_secret_either(box: Box) -> None:
    (box.state / "pods").mkdir()
    (box.root / "link").symlink_to(box.state.name)
    for below in (box.state.name, "state/pods", "state/ca.key", "link", "link/ca.key", "link/../state"):
        assert await refused(box, BindMount(str(box.root), "/v", below=below)), below
    for source in (box.state, box.state / "pods", box.state / "ca.key"):
        assert await refused(box, BindMount(str(source), "/v")), source


async def test_the_nodes_own_volumes_may_lie_among_what_is_secret(box: Box) -> None:
    (box.state / "volume" / "sub").mkdir(parents=True)
    (box.state / "volume" / "sub" / "file").write_text("mine")
    mounts = [
        BindMount(str(box.state / "volume"), "/a", owned=True),
        BindMount(str(box.state / "volume"), "/b", below="sub", owned=True),
    ]
    assert await box.run("cat /a/sub/file /b/file; cat /a/../ca.key 2>/dev/null", mounts=mounts) == "minemine"


async def test_a_directory_above_a_secret_one_shows_it_empty_and_keeps_it_in_its_place(box: Box) -> None:
    above = box.root / "above" / "deep"
    above.mkdir(parents=True)
    secret = above / "secret"
    secret.mkdir()
    (secret / "key").write_text("the key")
    box.seclusion = Seclusion(box.seclusion.hidden, (*box.seclusion.secret, str(secret)))
    await box.open()
    for mount in (BindMount(str(box.root), "/v"), BindMount(str(box.root / "above"), "/v/above")):
        said = await box.run(
            "cat /v/above/deep/secret/key; ls -A /v/above/deep/secret; mv /v/above/deep /v/above/other; mv /v/above /v/x;"
            " mkdir /v/above/deep/new && echo done",
            mounts=[mount],
        )
        assert "the key" not in said and said.endswith("done")
        assert (secret / "key").exists()
        (above / "new").rmdir()
    said = await box.run("ls -A /v", mounts=[BindMount(str(box.root), "/v", below="above/deep/secret/..")])
    assert said == "secret"


async def test_another_cluster_of_this_machine_is_no_volume(box: Box) -> None:
    other = box.root / "other"
    (other / "pki").mkdir(parents=True)
    (other / "cluster.json").write_text("{}")
    assert await refused(box, BindMount(str(other), "/v"))
    assert await refused(box, BindMount(str(box.root), "/v", below="other/pki"))


async def test_another_name_of_a_secret_file_is_no_volume(box: Box) -> None:
    os.link(box.state / "ca.key", box.root / "copy")
    assert await refused(box, BindMount(str(box.root / "copy"), "/v"))
    assert await refused(box, BindMount(str(box.root), "/v", below="copy"))


async def test_another_mount_of_a_secret_directory_shows_nothing(box: Box) -> None:
    if box.mode == "user":
        pytest.skip("an ordinary user mounts nothing on the host")
    (box.state / "pods").mkdir()
    (box.state / "pods" / "key").write_text("the key")
    (box.root / "seen" / "again").mkdir(parents=True)
    again = str(box.root / "seen" / "again")
    syscalls.bind(str(box.state / "pods"), again)
    try:
        assert await refused(box, BindMount(again, "/v"))
        assert await refused(box, BindMount(str(box.root), "/v", below="seen/again"))
        mounts = [BindMount(str(box.root / "seen"), "/v")]
        assert "the key" not in await box.run(f"cat /v/again/key {again}/key", mounts=mounts)
    finally:
        syscalls.detach(again)


async def test_what_has_become_a_link_since_the_start_is_secret_where_it_leads(box: Box) -> None:
    home = box.root / "home"
    (home / "real").mkdir(parents=True)
    (home / "real" / "config").write_text("the key")
    box.seclusion = Seclusion(box.seclusion.hidden, (*box.seclusion.secret, str(home / ".kube")))
    await box.open()
    (home / ".kube").symlink_to("real")
    assert await refused(box, BindMount(str(home / "real"), "/v"))
    said = await box.run("cat /v/real/config /v/.kube/config", mounts=[BindMount(str(home), "/v")])
    assert "the key" not in said


async def test_what_the_host_has_mounted_elsewhere_too_is_not_seen_there(box: Box) -> None:
    if box.mode == "user":
        pytest.skip("an ordinary user mounts nothing on the host")
    (box.state / "pods").mkdir()
    (box.state / "pods" / "key").write_text("the key")
    # A container has a /tmp of its own, and this must be seen in it.
    seen = Path(tempfile.mkdtemp(prefix="drakkar-", dir="/var/tmp"))
    for name in ("inside", "above"):
        (seen / name).mkdir(parents=True)
    syscalls.bind(str(box.state / "pods"), str(seen / "inside"))
    syscalls.bind(str(box.root), str(seen / "above"))
    try:
        said = await box.run(
            f"cat {seen}/inside/key {seen}/above/state/pods/key; ls {seen}; ls {seen}/above/state; echo done"
        )
    finally:
        for name in ("inside", "above"):
            syscalls.detach(str(seen / name))
            (seen / name).rmdir()
        seen.rmdir()
    assert "the key" not in said and "ca.key" not in said and said.endswith("above\ninside\ndone")


async def test_a_target_that_begins_nowhere_begins_at_the_root_and_has_an_end(box: Box) -> None:
    (box.root / "data").mkdir()
    (box.root / "data" / "file").write_text("here")
    mounts = [BindMount(str(box.root / "data"), "nowhere-data")]
    assert await box.run("cat /nowhere-data/file", mounts=mounts) == "here"
    long = [BindMount(str(box.root / "data"), "/" + "d/" * 100_000)]
    state = await box.runtime.start(box.spec("true", mounts=long))
    assert "file name too long" in state.failure
