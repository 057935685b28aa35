"""Discovery in both forms, OpenAPI, versions and health."""

from __future__ import annotations

from starlette.testclient import TestClient

from drakkar.apiserver.http.negotiation import AGGREGATED
from drakkar.apiserver.kinds.built_in import KINDS
from drakkar.apiserver.schema import schemas

OLDER = AGGREGATED.replace("v=v2", "v=v2beta1")


def test_every_kind_has_a_schema() -> None:
    missing = [k for k in KINDS if schemas.definition_name(k.group, k.version, k.kind) is None]
    assert missing == []


def test_aggregated(client: TestClient) -> None:
    answer = client.get("/apis", headers={"accept": f"{AGGREGATED},{OLDER},application/json"})
    assert answer.headers["content-type"] == AGGREGATED
    assert answer.headers["vary"] == "Accept" and answer.headers["cache-control"] == "public"
    groups = {item["metadata"]["name"]: item for item in answer.json()["items"]}
    versions = groups["resource.k8s.io"]["versions"]
    assert [v["version"] for v in versions] == ["v1", "v1beta2", "v1beta1"]
    claims = next(r for r in versions[0]["resources"] if r["resource"] == "resourceclaims")
    assert claims["scope"] == "Namespaced" and claims["singularResource"] == "resourceclaim"
    assert claims["subresources"][0]["verbs"] == ["get", "patch", "update"]
    same = {"accept": AGGREGATED, "if-none-match": answer.headers["etag"]}
    assert client.get("/apis", headers=same).status_code == 304
    core = client.get("/api", headers={"accept": AGGREGATED}).json()["items"]
    assert len(core) == 1 and core[0]["metadata"] == {}
    assert client.get("/api", headers={"accept": f"{OLDER},application/json"}).json()["kind"] == "APIVersions"


def test_plain(client: TestClient) -> None:
    assert client.get("/api/").json()["versions"] == ["v1"]
    names = [g["name"] for g in client.get("/apis/").json()["groups"]]
    assert "apps" in names and "" not in names
    assert client.get("/apis/apps").json()["preferredVersion"]["groupVersion"] == "apps/v1"
    assert client.get("/apis/nope").status_code == 404
    listed = client.get("/apis/apps/v1").json()["resources"]
    scale = next(r for r in listed if r["name"] == "deployments/scale")
    assert (scale["group"], scale["version"], scale["kind"]) == ("autoscaling", "v1", "Scale")
    deployments = next(r for r in listed if r["name"] == "deployments")
    assert deployments["categories"] == ["all"] and deployments["shortNames"] == ["deploy"]
    assert "deletecollection" in deployments["verbs"]
    core = {r["name"]: r for r in client.get("/api/v1").json()["resources"]}
    assert core["bindings"]["verbs"] == ["create"] and "pods/log" in core


def test_what_discovery_lists_can_be_listed(client: TestClient) -> None:
    for kind in KINDS:
        prefix = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
        if "list" in kind.verbs:
            assert client.get(f"{prefix}/{kind.plural}").status_code == 200, kind


def test_openapi(client: TestClient) -> None:
    index = client.get("/openapi/v3")
    url = index.json()["paths"]["apis/resource.k8s.io/v1"]["serverRelativeURL"]
    answer = client.get(url)
    document = answer.json()
    patch = document["paths"]["/apis/resource.k8s.io/v1/namespaces/{namespace}/resourceclaims/{name}"][
        "patch"
    ]
    assert patch["x-kubernetes-group-version-kind"]["kind"] == "ResourceClaim"
    assert "fieldValidation" in [p["name"] for p in patch["parameters"]]
    schemas = document["components"]["schemas"]
    claim = schemas["io.k8s.api.resource.v1.ResourceClaim"]
    assert claim["type"] == "object" and claim["description"]
    reference = claim["properties"]["spec"]["allOf"][0]["$ref"]
    assert reference.removeprefix("#/components/schemas/") in schemas
    assert "null" not in answer.text.split('"paths"')[0]
    same = {"if-none-match": answer.headers["etag"]}
    assert client.get(url, headers=same).status_code == 304
    assert client.get("/openapi/v3/apis/nope/v1").status_code == 404
    old = client.get("/openapi/v2").json()
    pod = old["definitions"]["io.k8s.api.core.v1.Pod"]
    assert pod["properties"]["spec"]["$ref"] == "#/definitions/io.k8s.api.core.v1.PodSpec"
    wanted = {"accept": "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"}
    assert b"io.k8s.api.core.v1.PodSpec" in client.get("/openapi/v2", headers=wanted).content


def test_version_health_and_root(client: TestClient) -> None:
    version = client.get("/version/").json()
    assert (version["major"], version["minor"], version["gitVersion"]) == ("1", "37", "v1.37.2")
    assert client.get("/readyz").text == "ok"
    assert "[+]ping ok" in client.get("/livez?verbose").text
    assert "/apis/resource.k8s.io/v1" in client.get("/").json()["paths"]
