"""The links in what the passthrough returns: they name Jumpgate, and everything else stays as it is."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from falcon.testing import TestClient, create_environ

from jumpgate.common import passthrough
from jumpgate.common.config import SERVICE_NAMES
from tests.raw.passthrough import passing
from tests.support.service import Service, running_service

JSON = ("Content-Type", "application/json")
MOUNTS = {
    "identity": "identity",
    "compute": "compute",
    "image": "image",
    "block_storage": "volume",
    "network": "network",
}


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


def addresses(service: Service) -> dict[str, str]:
    """The five services as paths of one server: `service` answers for all of them."""
    return {name: f"{service.url}/{name}" for name in SERVICE_NAMES}


@pytest.fixture
def client(service: Service) -> TestClient:
    return passing(**addresses(service))


def ask(client: TestClient, service: Service, document: Any, path: str = "/compute/v2.1/x", **options: Any) -> Any:
    """Let the service answer with a document; return what the client gets."""
    service.answers(200, json.dumps(document).encode(), JSON)
    return client.simulate_get(path, host="cloud", **options).json


@pytest.mark.parametrize("name", SERVICE_NAMES)
def test_a_version_document_names_jumpgate(service: Service, client: TestClient, name: str) -> None:
    base = addresses(service)[name]
    document = {"versions": [{"id": "v2.1", "links": [{"rel": "self", "href": f"{base}/v2.1/"}]}]}

    answer = ask(client, service, document, f"/{MOUNTS[name]}/")

    assert answer["versions"][0]["links"] == [{"rel": "self", "href": f"http://cloud/{MOUNTS[name]}/v2.1/"}]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"links": {"self": "{b}/v3/users", "next": None, "previous": "{b}/v3/users?page=1"}}, None),
        ({"servers_links": [{"rel": "next", "href": "{b}/v2.1/servers?marker=x"}]}, None),
        ({"networks_links": [{"rel": "previous", "href": "{b}?page_reverse=True"}]}, None),
        ({"first": "{b}/v2/images", "next": "{b}/v2/images?marker=1"}, None),
        ({"links": [{"href": "{b}", "rel": "self"}, {"rel": "x", "type": "{b}/t", "href": "{b}#fragment"}]}, None),
        ({"trust": {"roles_links": {"self": "{b}/v3/roles"}, "id": "t"}}, None),
        ({"role_assignments": [{"links": {"assignment": "{b}/v3/a", "membership": "{b}/v3/m"}}]}, None),
        ({"things": [], "next": "{b}/v2/things?marker=1", "previous": None}, None),
    ],
)
def test_every_kind_of_link_names_jumpgate(service: Service, client: TestClient, document: Any, expected: Any) -> None:
    text = json.dumps(document)
    base = addresses(service)["compute"]

    answer = ask(client, service, json.loads(text.replace("{b}", base)))

    assert answer == json.loads(text.replace("{b}", "http://cloud/compute"))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("prefix", ["", "/volume"])
def test_a_service_that_believes_our_host_may_leave_the_prefix_out(service: Service, scheme: str, prefix: str) -> None:
    """Whatever it believes of X-Forwarded-Proto and -Prefix."""
    client = passing(f"[server]\npublic_url={scheme}://cloud\n", block_storage=service.url, compute=service.url + "/x")
    theirs = f"{scheme}://cloud/volume" if prefix else "http://cloud"
    links = [{"rel": "next", "href": f"{theirs}/v3/p/volumes?marker=1"}]
    others = [{"rel": "bookmark", "href": f"{scheme}://cloud/{place}/y"} for place in ("compute", "network", "volume")]

    answer = ask(client, service, {"volumes_links": links, "links": others}, "/volume/v3/p/volumes")

    assert answer["volumes_links"][0]["href"] == f"{scheme}://cloud/volume/v3/p/volumes?marker=1"
    assert answer["links"] == others


def test_links_to_other_services_name_their_places(service: Service, client: TestClient) -> None:
    links = [{"rel": "bookmark", "href": f"{url}/x"} for url in addresses(service).values()]

    answer = ask(client, service, {"image": {"links": links}})

    assert [link["href"] for link in answer["image"]["links"]] == [f"http://cloud/{MOUNTS[n]}/x" for n in SERVICE_NAMES]


@pytest.mark.parametrize(
    "value",
    [
        {"next": "/v2/images?marker=1", "first": "/v2/images", "schema": "/v2/schemas/images"},
        {"href": "http://elsewhere.example.org/v2.1/"},
        {"href": "http://127.0.0.1:1.evil.example.org/"},
        {"metadata": {"url": "{b}/mine", "note": "see {b}/x", "href": "x {b}/"}},
        {"metadata": {"href": "{b}/mine", "self": "{b}/mine", "links": "{b}/mine", "my links": "{b}/"}},
        {"id": "an image", "next": "{b}/mine", "first": "{b}/mine", "tags": []},
        {"description": '"links": [{"href": "{b}/mine"}]'},
        {"links": [["{b}/mine"], {"href": {"url": "{b}/mine"}}]},
        {"endpoint": {"url": "{b}/v2.1", "region": "RegionOne"}},
        {"{b}/key": "{b}"},
    ],
)
def test_whatever_is_no_link_to_a_service_stays(service: Service, client: TestClient, value: Any) -> None:
    document = json.loads(json.dumps(value).replace("{b}", addresses(service)["compute"]))

    assert ask(client, service, document) == document


def test_a_documents_other_bytes_stay_as_they_are(service: Service, client: TestClient) -> None:
    base = addresses(service)["compute"]
    links = b'"links" :\n[ {"rel":"self","href"  :  "%s/v2.1" } , {} ]'
    body = b'{"b" : 1.0,\n\t"a":"\\u00e9 \xc3\xa9", "n": 12345678901234567890123, ' + links + b" }"
    service.answers(200, body % base.encode(), JSON)

    result = client.simulate_get("/compute/v2.1/x", host="cloud")

    assert result.content == body % b"http://cloud/compute"
    assert result.headers["Content-Length"] == str(len(result.content))


def test_what_is_no_json_stays_as_it_is(service: Service, client: TestClient) -> None:
    body = json.dumps({"href": addresses(service)["image"] + "/v2"}).encode()
    service.answers(200, body, ("Content-Type", "application/octet-stream"))

    assert client.simulate_get("/image/v2/images/i/file").content == body


def test_a_document_that_is_too_large_to_hold_goes_through_as_it_is(
    service: Service, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passthrough, "LARGEST_DOCUMENT_BYTES", 1000)
    body = json.dumps({"href": addresses(service)["compute"], "fill": "x" * 1000}).encode()
    service.answers(200, body, JSON)
    assert client.simulate_get("/compute/v2.1/x").content == body

    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    service.answers(200, chunked, JSON, ("Transfer-Encoding", "chunked"))
    assert client.simulate_get("/compute/v2.1/x").content == body


def test_documents_are_asked_for_uncompressed(service: Service, client: TestClient) -> None:
    client.simulate_get("/compute/v2.1/x", headers={"Accept-Encoding": "gzip, deflate, br"})

    assert service.last.headers["Accept-Encoding"] == "identity"


def test_a_document_that_is_compressed_all_the_same_stays_as_it_is(service: Service, client: TestClient) -> None:
    body = gzip.compress(b'{"href": "%s"}' % addresses(service)["compute"].encode())
    service.answers(200, body, JSON, ("Content-Encoding", "gzip"))

    result = client.simulate_get("/compute/v2.1/x")

    assert (result.content, result.headers["Content-Encoding"]) == (body, "gzip")


@pytest.mark.parametrize("status", [200, 201, 300, 302, 400])
def test_links_are_rewritten_whatever_the_status(service: Service, client: TestClient, status: int) -> None:
    service.answers(status, b'{"links": {"self": "%s/v3"}}' % addresses(service)["identity"].encode(), JSON)

    assert client.simulate_get("/identity/", host="cloud").json == {"links": {"self": "http://cloud/identity/v3"}}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Location", "{compute}/v2.1/servers/s", "http://cloud/compute/v2.1/servers/s"),
        ("Location", "{image}/v2/images/i", "http://cloud/image/v2/images/i"),
        ("Location", "/v3", "/v3"),
        ("Location", "/compute/v2.1/servers/s", "/compute/v2.1/servers/s"),
        ("Location", "//elsewhere/compute/v2.1", "//elsewhere/compute/v2.1"),
        ("Location", "http://elsewhere/?u={image}/", "http://elsewhere/?u={image}/"),
        ("Content-Location", "{compute}", "http://cloud/compute"),
        ("WWW-Authenticate", 'Keystone uri="{identity}"', 'Keystone uri="http://cloud/identity"'),
        ("Link", '<{network}/v2.0>; rel="next"', '<http://cloud/network/v2.0>; rel="next"'),
        ("X-Image-Meta-Property-Url", "{image}/v2", "{image}/v2"),
    ],
)
def test_links_in_headers_name_jumpgate(
    service: Service, client: TestClient, name: str, value: str, expected: str
) -> None:
    urls = addresses(service)
    service.answers(201, b"", (name, value.format(**urls)))

    assert client.simulate_post("/compute/v2.1/x", host="cloud").headers[name] == expected.format(**urls)


@pytest.mark.parametrize(
    ("config", "value", "expected"),
    [
        ("", "/v2.1/servers/s?a=b", "/compute/v2.1/servers/s?a=b"),
        ("", "/compute/v2.1", "/compute/v2.1"),
        ("[compute]\nmount=/\n", "/v2.1", "/v2.1"),
        ("[server]\npublic_url=https://api.example.org/os\n", "/v2.1", "/os/compute/v2.1"),
        ("", "v2.1", "v2.1"),
    ],
)
def test_a_location_without_a_host_stays_below_the_mount(
    service: Service, config: str, value: str, expected: str
) -> None:
    client = passing(config, compute=service.url)
    service.answers(302, b"", ("Location", value))
    path = "/x" if "mount" in config else "/compute/x"

    assert client.simulate_get(path, host="cloud").headers["Location"] == expected


def test_services_at_the_same_url_are_known_by_who_answers(service: Service) -> None:
    client = passing(compute=service.url, network=service.url)

    answer = ask(client, service, {"next": f"{service.url}/v2.1"})

    assert answer == {"next": "http://cloud/compute/v2.1"}


def catalog_v3(*urls: tuple[str, str, str]) -> list[dict[str, Any]]:
    """A v3 catalog of (type, region, URL)."""
    return [
        {
            "type": service_type,
            "name": "a name",
            "id": "1",
            "endpoints": [{"id": "2", "interface": "public", "region": region, "region_id": region, "url": url}],
        }
        for service_type, region, url in urls
    ]


def urls_in(catalog: list[dict[str, Any]]) -> list[str]:
    return [endpoint["url"] for entry in catalog for endpoint in entry["endpoints"]]


# What a Keystone tells the world, which is not where Jumpgate reaches the services; and what becomes of it.
PUBLIC = [
    ("identity", "https://keystone.example.org:5000/v3", "http://cloud/identity/v3"),
    ("identity", "https://cloud.example.org/identity", "http://cloud/identity"),
    ("compute", "https://nova.example.org:8774/v2.1", "http://cloud/compute/v2.1"),
    ("compute", "https://cloud.example.org/compute/v2/0123", "http://cloud/compute/v2/0123"),
    ("image", "https://glance.example.org:9292", "http://cloud/image"),
    ("image", "https://glance.example.org/image/", "http://cloud/image/"),
    ("volumev3", "https://cinder.example.org:8776/v3/0123", "http://cloud/volume/v3/0123"),
    ("block-storage", "https://cinder.example.org/volume/v3/0123", "http://cloud/volume/v3/0123"),
    ("network", "https://neutron.example.org:9696/", "http://cloud/network/"),
    ("network", "https://cloud.example.org/networking", "http://cloud/network"),
    ("object-store", "https://swift.example.org/v1/AUTH_0123", "https://swift.example.org/v1/AUTH_0123"),
]


@pytest.mark.parametrize(
    "wrap", [lambda catalog: {"token": {"catalog": catalog}}, lambda catalog: {"catalog": catalog}]
)
def test_a_v3_catalog_lists_the_services_at_jumpgate(service: Service, client: TestClient, wrap: Any) -> None:
    catalog = catalog_v3(*((service_type, "RegionOne", url) for service_type, url, _ in PUBLIC))

    answer = ask(client, service, wrap(catalog), "/identity/v3/auth/tokens")

    assert urls_in((answer.get("token") or answer)["catalog"]) == [expected for *_, expected in PUBLIC]


def test_a_catalogs_other_regions_stay_where_they_are(service: Service, client: TestClient) -> None:
    catalog = catalog_v3(("compute", "Elsewhere", "https://nova.elsewhere.example.org/v2.1"))

    answer = ask(client, service, {"token": {"catalog": catalog}}, "/identity/v3/auth/tokens")

    assert answer["token"]["catalog"] == catalog


def test_a_catalogs_further_regions_name_their_own_places(service: Service) -> None:
    config = f"[server]\nregion=one\n[compute:two]\nendpoint={service.url}/second\n"
    client = passing(config, **addresses(service))
    catalog = catalog_v3(("compute", "one", "https://1/v2.1"), ("compute", "two", "https://2/v2.1"))

    answer = ask(client, service, {"token": {"catalog": catalog}}, "/identity/v3/auth/tokens")

    assert urls_in(answer["token"]["catalog"]) == ["http://cloud/compute/v2.1", "http://cloud/two/compute/v2.1"]


def test_a_v2_catalog_lists_the_services_at_jumpgate(service: Service, client: TestClient) -> None:
    nova = "https://nova.example.org:8774/v2/0123"
    endpoint = {"region": "RegionOne", "publicURL": nova, "internalURL": nova, "adminURL": nova, "id": "1"}
    document = {"access": {"token": {"id": "t"}, "serviceCatalog": [{"type": "compute", "endpoints": [endpoint]}]}}

    answer = ask(client, service, document, "/identity/v2.0/tokens")

    ours = "http://cloud/compute/v2/0123"
    expected = {**endpoint, "publicURL": ours, "internalURL": ours, "adminURL": ours}
    assert answer["access"]["serviceCatalog"][0]["endpoints"] == [expected]


@pytest.mark.parametrize(
    "document", [{"catalog": [1]}, {"catalog": [{"endpoints": [2]}]}, {"token": {"catalog": [[]]}}]
)
def test_a_catalog_of_another_shape_goes_through(service: Service, client: TestClient, document: Any) -> None:
    assert ask(client, service, document) == document


def test_links_follow_the_port_of_a_service(service: Service) -> None:
    client = passing("[compute]\nport=8774\n", **addresses(service))
    link = {"links": [{"href": addresses(service)["compute"] + "/v2.1"}]}

    assert ask(client, service, link, "/identity/v3") == {"links": [{"href": "http://cloud:8774/v2.1"}]}


def test_links_follow_the_public_url(service: Service) -> None:
    client = passing("[server]\npublic_url=https://api.example.org/os\n", **addresses(service))
    link = {"next": addresses(service)["compute"] + "/v2.1"}

    assert ask(client, service, link) == {"next": "https://api.example.org/os/compute/v2.1"}
    assert service.last.headers["X-Forwarded-Proto"] == "https"
    assert service.last.headers["X-Forwarded-Host"] == "api.example.org"


def test_links_follow_a_trusted_proxy(service: Service) -> None:
    client = passing("[server]\ntrusted_proxies=127.0.0.0/8\n", **addresses(service))
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "proxy.example.org", "X-Forwarded-Prefix": "/os"}
    link = {"next": addresses(service)["compute"] + "/v2.1"}

    answer = ask(client, service, link, headers=forwarded, remote_addr="127.0.0.1")

    assert answer == {"next": "https://proxy.example.org/os/compute/v2.1"}


def test_a_service_that_believes_forwarded_headers_is_understood(service: Service) -> None:
    """Its links have our host and its own path, or the prefix it was told where it has no path."""
    with_path = passing(compute=f"{service.url}/nova")
    assert ask(with_path, service, {"next": "http://cloud/nova/v2.1"}) == {"next": "http://cloud/compute/v2.1"}
    assert "X-Forwarded-Prefix" not in service.last.headers

    without_path = passing(compute=service.url)
    assert ask(without_path, service, {"next": "http://cloud/compute/v2.1"}) == {"next": "http://cloud/compute/v2.1"}
    assert service.last.headers["X-Forwarded-Prefix"] == "/compute"


def test_a_service_may_call_itself_by_other_names(service: Service) -> None:
    client = passing(compute=f"{service.url}, https://nova.example.org:8774/, http://nova.internal")

    answer = ask(
        client,
        service,
        {
            "links": [
                {"href": "https://nova.example.org:8774/v2.1"},
                {"href": "http://nova.internal:80/v2.1"},
                {"href": "http://nova.internal/v2.1"},
                {"href": "http://nova.internal:8080/v2.1"},
            ]
        },
    )

    assert [link["href"] for link in answer["links"]] == [
        "http://cloud/compute/v2.1",
        "http://cloud/compute/v2.1",
        "http://cloud/compute/v2.1",
        "http://nova.internal:8080/v2.1",
    ]


def test_the_longest_address_wins(service: Service) -> None:
    client = passing(identity=service.url, compute=f"{service.url}/compute")

    answer = ask(client, service, {"prev": f"{service.url}/compute/v2.1", "next": f"{service.url}/v3"}, "/identity/v3")

    assert answer == {"prev": "http://cloud/compute/v2.1", "next": "http://cloud/identity/v3"}


def test_many_host_names_do_not_fill_the_memory(client: TestClient) -> None:
    app: Any = client.app
    disp = app.get_dispatcher("compute")
    for number in range(2500):
        disp.fallback.links.seen_by(create_environ("/", host=f"cloud-{number}"), disp)

    assert len(disp.fallback.links._rewriters) <= 1024
