from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from drakkar.cluster import kubeconfig, processes
from drakkar.cluster.certificates import Authority, Identity
from drakkar.cluster.errors import KubeconfigError
from drakkar.cluster.state import Settings, StateDirectory


def test_a_certificate_names_its_user_and_groups_and_chains_to_the_authority(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    pair = authority.issue("admin", Identity("kubernetes-admin", ("system:masters",)))
    certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    assert certificate.subject.rfc4514_string() == "CN=kubernetes-admin,O=system:masters"
    certificate.verify_directly_issued_by(
        x509.load_pem_x509_certificate(authority.pair.certificate.read_bytes())
    )
    assert pair.key.stat().st_mode & 0o077 == 0


def test_a_second_start_finds_the_same_authority_and_certificates(tmp_path: Path) -> None:
    first = Authority(tmp_path).issue("server", Identity("s", hosts=("localhost", "127.0.0.1")))
    before = first.certificate.read_bytes()
    again = Authority(tmp_path).issue("server", Identity("s", hosts=("localhost", "127.0.0.1")))
    assert again.certificate.read_bytes() == before
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(again.certificate, again.key)


def test_a_part_that_was_given_other_groups_gets_another_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    before = authority.issue("scheduler", Identity("s", ("system:masters",))).certificate.read_bytes()
    after = authority.issue("scheduler", Identity("s")).certificate.read_bytes()
    assert before != after
    assert x509.load_pem_x509_certificate(after).subject.rfc4514_string() == "CN=s"


def test_no_part_is_a_master_but_who_speaks_to_kubelets_for_the_server(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "s")
    state.path.mkdir()
    processes.certificates(state, Settings(port=1, simulated_nodes=1))
    masters = {
        path.stem
        for path in state.pki.glob("*.crt")
        if "system:masters" in x509.load_pem_x509_certificate(path.read_bytes()).subject.rfc4514_string()
    }
    assert masters == {"admin", "apiserver-kubelet-client"}


def test_merging_keeps_what_the_file_held_and_removing_gives_it_back(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    pair = authority.issue("admin", Identity("admin"))
    path = tmp_path / "config"
    other = {"name": "other", "cluster": {"server": "https://127.0.0.1:1"}}
    path.write_text(yaml.safe_dump({"kind": "Config", "clusters": [other], "current-context": "other"}))
    kubeconfig.merge(path, "drakkar", "https://127.0.0.1:2", authority.pair.certificate, pair)
    merged = yaml.safe_load(path.read_text())
    assert [entry["name"] for entry in merged["clusters"]] == ["other", "drakkar"]
    assert merged["current-context"] == "drakkar"
    kubeconfig.remove(path, "drakkar")
    left = yaml.safe_load(path.read_text())
    assert left["clusters"] == [other] and left["users"] == [] and left["contexts"] == []


def test_a_file_that_is_no_kubeconfig_is_left_alone(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    path = tmp_path / "config"
    path.write_text("kind: Pod\n")
    with pytest.raises(KubeconfigError, match="not a kubeconfig"):
        kubeconfig.merge(path, "d", "https://x", authority.pair.certificate, authority.pair)
    assert path.read_text() == "kind: Pod\n"


def test_a_servers_certificate_is_no_users(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    served = authority.issue("server", Identity("system:node:n", hosts=("127.0.0.1",)))
    used = authority.issue("user", Identity("system:node:n", ("system:nodes",)))
    found = [
        [str(usage.dotted_string) for usage in extension.value]
        for pair in (served, used)
        for extension in [
            x509.load_pem_x509_certificate(pair.certificate.read_bytes()).extensions.get_extension_for_class(
                x509.ExtendedKeyUsage
            )
        ]
    ]
    assert found == [["1.3.6.1.5.5.7.3.1"], ["1.3.6.1.5.5.7.3.2"]]
