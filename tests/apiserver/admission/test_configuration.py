"""How admission is configured by a file, and by the names of plugins."""

from __future__ import annotations

from pathlib import Path

import pytest

from drakkar.apiserver.admission.configuration import PLAIN, AdmissionConfig, configured
from drakkar.apiserver.admission.errors import ConfigurationError, PluginError

_HEAD = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\n"
_PODS = "{apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration, "
_QUOTA = "{apiVersion: apiserver.config.k8s.io/v1, kind: ResourceQuotaConfiguration, "


def of(tmp_path: Path, text: str, disabled: tuple[str, ...] = ()) -> AdmissionConfig:
    path = tmp_path / "config.yaml"
    path.write_text(_HEAD + text)
    return configured(path, (), disabled)


def plugin(name: str, configuration: str) -> str:
    return f"plugins: [{{name: {name}, configuration: {configuration}}}]"


def test_without_a_file_nothing_is_configured() -> None:
    assert configured(None, (), ()) == PLAIN


def test_pod_security(tmp_path: Path) -> None:
    said = (
        "defaults: {enforce: baseline, enforce-version: v1.30, audit: restricted}, "
        "exemptions: {usernames: [a b], namespaces: [home], runtimeClasses: [r]}}"
    )
    found = of(tmp_path, plugin("PodSecurity", _PODS + said))
    # What is warned of does not follow from what is enforced, as it does with labels.
    assert list(map(str, found.defaults)) == ["baseline:v1.30", "restricted:latest", "privileged:latest"]
    assert found.exemptions == ({"a b"}, {"home"}, {"r"})
    warned = of(
        tmp_path, plugin("PodSecurity", f"{_PODS}defaults: {{warn: baseline, warn-version: v1.20}}}}")
    )
    assert list(map(str, warned.defaults)) == ["privileged:latest", "privileged:latest", "baseline:v1.20"]


def test_a_file_of_its_own_is_sought_beside_the_first(tmp_path: Path) -> None:
    (tmp_path / "pods.yaml").write_text(f"{_PODS}exemptions: {{namespaces: [home]}}}}")
    assert of(tmp_path, "plugins: [{name: PodSecurity, path: pods.yaml}]").exemptions.namespaces == {"home"}
    (tmp_path / "pods.yaml").unlink()
    with pytest.raises(ConfigurationError, match="failed to read file path"):
        of(tmp_path, "plugins: [{name: PodSecurity, path: pods.yaml}]")


def test_what_is_off_is_not_looked_at(tmp_path: Path) -> None:
    text = plugin("PodSecurity", "{nonsense: true}")
    with pytest.raises(ConfigurationError):
        of(tmp_path, text)
    assert of(tmp_path, text, ("PodSecurity",)) == PLAIN._replace(off=frozenset({"PodSecurity"}))


def test_what_is_no_plugin_here_is_told_and_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert of(tmp_path, plugin("EventRateLimit", "{a: b}")) == PLAIN
    assert "EventRateLimit: nothing of it can be configured" in caplog.text


def test_limited_resources(tmp_path: Path) -> None:
    scope = "{scopeName: PriorityClass, operator: In, values: [high]}"
    said = f"limitedResources: [{{resource: pods, matchContains: [cpu], matchScopes: [{scope}]}}]}}"
    assert of(tmp_path, plugin("ResourceQuota", _QUOTA + said)).limits
    assert not of(tmp_path, plugin("ResourceQuota", f"{_QUOTA}limitedResources: null}}")).limits


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plugins: [", "failed decoding"),
        ("plugin: []", "unknown field `plugin`"),
        ("plugins: [{name: PodSecurity, more: 1}]", "unknown field `more`"),
        (plugin("PodSecurity", "{kind: PodSecurityConfiguration, apiVersion: v1}"), "no kind"),
        (plugin("PodSecurity", f"{_PODS}defaults: {{enforce: none}}}}"), "defaults.enforce: Invalid value"),
        (
            plugin("PodSecurity", f"{_PODS}defaults: {{warn-version: new}}}}"),
            "defaults.warn-version: Invalid",
        ),
        (plugin("PodSecurity", f"{_PODS}defaults: {{enforced: none}}}}"), "unknown field `enforced`"),
        (
            plugin("PodSecurity", f"{_PODS}exemptions: {{namespaces: [a, A]}}}}"),
            "namespaces[1]: Invalid value",
        ),
        (
            plugin("PodSecurity", f"{_PODS}exemptions: {{usernames: [a, a]}}}}"),
            "usernames[1]: Duplicate value",
        ),
        (plugin("PodSecurity", f"{_PODS}exemptions: {{usernames: ['']}}}}"), "usernames[0]: Invalid value"),
        (
            plugin("ResourceQuota", f"{_QUOTA}limitedResources: [{{}}]}}"),
            "limitedResources[0].resource: Required",
        ),
        (plugin("ValidatingAdmissionWebhook", "{kubeConfigFile: x}"), "no credentials"),
    ],
)
def test_what_configures_nothing_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as failure:
        of(tmp_path, text)
    assert said in str(failure.value)


def test_other_kinds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("apiVersion: v1\nkind: ConfigMap\n")
    with pytest.raises(ConfigurationError, match="no kind"):
        configured(path, (), ())
    with pytest.raises(ConfigurationError, match="unable to read"):
        configured(tmp_path / "none", (), ())


@pytest.mark.parametrize(
    ("enabled", "disabled", "said"),
    [
        (("Nothing",), (), 'enable-admission-plugins plugin "Nothing" is unknown'),
        ((), ("podSecurity",), 'disable-admission-plugins plugin "podSecurity" is unknown'),
        (("PodSecurity",), ("PodSecurity",), "[PodSecurity] in enable-admission-plugins and"),
        (("AlwaysPullImages",), (), "AlwaysPullImages: not built here"),
        ((), ("NodeRestriction",), "NodeRestriction: every server does this here"),
    ],
)
def test_plugins_that_cannot_be_had_are_refused(
    enabled: tuple[str, ...], disabled: tuple[str, ...], said: str
) -> None:
    with pytest.raises(PluginError) as failure:
        configured(None, enabled, disabled)
    assert said in str(failure.value)


def test_plugins_that_are_off(tmp_path: Path) -> None:
    enabled = ("NodeRestriction", "DefaultStorageClass", "PodSecurity", "AlwaysAdmit")
    # What does nothing here is off anyway.
    found = configured(None, enabled, ("ResourceQuota", "DefaultIngressClass", "EventRateLimit"))
    assert found.off == {"ResourceQuota"}
