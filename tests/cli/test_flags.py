"""What a user gets wrong is told in a line or a box, with the flag, and not by a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drakkar.cli.go_flags import translated


def drakkar(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "drakkar", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("part", ["scheduler", "controllers"])
def test_a_kubeconfig_that_is_not_there_or_is_none(part: str, tmp_path: Path) -> None:
    missing = drakkar(part, f"--kubeconfig={tmp_path / 'missing'}")
    assert missing.returncode == 2 and "--kubeconfig" in missing.stderr, missing.stderr
    none = tmp_path / "config"
    none.write_text("kind: Config\n")
    told = drakkar(part, f"--kubeconfig={none}")
    assert told.returncode == 2 and told.stderr.startswith("drakkar: kubeconfig"), told.stderr
    assert "Traceback" not in missing.stderr + told.stderr


@pytest.mark.parametrize(
    ("flag", "word"),
    [
        ("--leader-elect=maybe", "--leader-elect"),
        ("--leader-elect-lease-duration=x", "no duration"),
        ("--leader-elect-lease-duration=5s", "greater than the renew deadline"),
        ("--leader-elect-resource-lock=endpoints", "only leases"),
    ],
)
def test_an_election_that_cannot_be_held(flag: str, word: str) -> None:
    told = drakkar("scheduler", flag)
    assert told.returncode == 2 and word in " ".join(told.stderr.replace("│", " ").split()), told.stderr


@pytest.mark.parametrize(
    "command",
    [
        (
            *("kubelet", "--node-name=n", "--root-dir=r", "--client-ca-file={0}"),
            *("--tls-cert-file={0}", "--tls-private-key-file={0}"),
        ),
        ("simulated", "--nodes=1"),
        ("driver", "example", "--node-name=n"),
    ],
)
def test_a_gate_that_is_not_known_is_told(command: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    told = drakkar(*(word.format(file) for word in command), "--feature-gates=DRAExtendedResourc=true")
    said = " ".join(told.stderr.replace("│", " ").split())
    assert told.returncode == 2 and "--feature-gates" in said, told.stderr
    assert "unrecognized feature gate: DRAExtendedResourc; DRAExtendedResource?" in said


def test_booleans_are_taken_as_go_takes_them() -> None:
    given = ["scheduler", "--leader-elect=false", "--leader-elect=T", "--leader-elect", "--compat=false"]
    assert translated(given) == [
        "scheduler",
        "--no-leader-elect",
        "--leader-elect",
        "--leader-elect",
        "--compat=false",
    ]


@pytest.mark.parametrize("command", ["apiserver", "controllers", "scheduler", "kubelet", "up", "plan"])
def test_help_names_every_flag_in_full_in_a_narrow_window(command: str) -> None:
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "drakkar", command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert "…" not in done.stdout
    assert "--" in done.stdout and max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("flag", "word"),
    [
        ("--enable-admission-plugins=PodSecurty", '"PodSecurty" is unknown'),
        ("--disable-admission-plugins=NodeRestriction", "cannot be turned off"),
        ("--admission-control-config-file={0}", "failed to read plugin config"),
        ("--audit-policy-file={0}", "loading audit policy file"),
        ("--audit-log-format=xml", "json, legacy"),
        ("--audit-log-mode=blocking", "'blocking' cannot be had"),
        ("--audit-log-mode=odd", "'odd' is not batch"),
        ("--audit-log-version=audit.k8s.io/v2", "is not audit.k8s.io/v1"),
        ("--audit-log-truncate-max-event-size=0", "0 is no positive number"),
        ("--audit-log-truncate-max-batch-size=10", "less than one event may have (102400)"),
        ("--audit-webhook-mode=blocking", "No such option"),
    ],
)
def test_an_api_server_that_cannot_be_had_so(flag: str, word: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kind: Nothing")
    files = ("client-ca-file", "tls-cert-file", "tls-private-key-file", "service-account-signing-key-file")
    told = drakkar(
        "apiserver", f"--data-dir={tmp_path}", *(f"--{one}={file}" for one in files), flag.format(file)
    )
    assert told.returncode == 2 and word in " ".join(told.stderr.replace("│", " ").split()), told.stderr


def test_an_audit_log_that_cannot_be_opened(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    policy = tmp_path / "policy"
    policy.write_text("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n")
    files = ("client-ca-file", "tls-cert-file", "tls-private-key-file", "service-account-signing-key-file")
    flags = (f"--audit-policy-file={policy}", f"--audit-log-path={file}/audit.log")
    told = drakkar(
        "apiserver", f"--data-dir={tmp_path / 'data'}", *(f"--{one}={file}" for one in files), *flags
    )
    assert told.returncode == 1 and "error: the audit log cannot be opened" in told.stderr, told.stderr
