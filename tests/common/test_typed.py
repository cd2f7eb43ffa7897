"""The typed layer's engine: who asks, at which version, may he, does it fit, and how the answer looks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable
from typing import Any

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict
from jumpgate.common.ids import Kind
from jumpgate.common.policy import PROJECT_MEMBER_OR_ADMIN, PROJECT_READER_OR_ADMIN, Rule
from jumpgate.common.schema import Schema
from jumpgate.common.typed import LARGEST_BODY_BYTES, Call, Handler, TypedService, attach, operation
from tests.common.conftest import TypedClient
from tests.common.contract import World
from tests.common.models import ThingSpec
from tests.common.things import IDS, DictThings
from tests.support.cloud import DEMO, OTHER

RULES = (Rule("things:show", PROJECT_READER_OR_ADMIN), Rule("things:create", PROJECT_MEMBER_OR_ADMIN))
NAMED = Schema({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}})
ONLY_LIMIT = Schema({"type": "object", "properties": {"limit": {}}, "additionalProperties": False})

SERVERS = "/compute/v2.1/servers"
SERVER = SERVERS + "/x"


class ServersHandler(Handler[World]):
    """One endpoint whose methods each show one thing of the engine."""

    @operation("things.find", policy="things:show", query=ONLY_LIMIT)
    def on_get(self, call: Call[World]) -> Any:
        """List."""
        return {
            "user": call.ctx.user_name,
            "project": call.ctx.project_id,
            "version": str(call.version),
            "limit": call.parameter("limit"),
            "modern": call.at_least("2.50"),
            "here": call.here(),
            "url": call.url("v2_server", server_id="x"),
            "tenant": call.req.env["tenant_id"],
        }

    @operation("things.create", policy="things:create", body=NAMED, status=202)
    def on_post(self, call: Call[World]) -> Any:
        thing = call.cloud.things.create(call.ctx, ThingSpec(name=call.body["name"]))
        return {"id": call.openstack_id(Kind.NETWORK, thing.id)}

    @operation(public=True)
    def on_options(self, call: Call[World]) -> Any:
        return {"user": call.ctx.user_id}

    @operation(status=204)
    def on_delete(self, call: Call[World]) -> None:
        """Nothing to say."""

    @operation(since="2.10", until="2.19")
    def on_put(self, call: Call[World]) -> Any:
        return {"when": dt.datetime(2025, 1, 1, tzinfo=dt.UTC)}

    @operation("things.shake")
    def on_patch(self, call: Call[World]) -> Any:
        raise AssertionError("this cloud cannot")

    @operation()
    def on_head(self, call: Call[World]) -> Any:
        raise Conflict("It is busy.")


class ServerHandler(Handler[World]):
    """An endpoint with an id in its path."""

    @operation()
    def on_get(self, call: Call[World], server_id: str) -> Any:
        return {"native": call.native_in_path(Kind.NETWORK, server_id)}

    @operation(body=NAMED)
    def on_put(self, call: Call[World], server_id: str) -> Any:
        return {"native": call.native_in_body(Kind.NETWORK, call.body["name"])}

    @operation()
    def on_delete(self, call: Call[World], server_id: str) -> Any:
        call.resp.status = 202
        return b"bytes"


def expose(app: Any, disp: Any) -> None:
    service = TypedService(app, disp, World(things=DictThings()), RULES)
    attach(service, [("v2_servers", ServersHandler), ("v2_server", ServerHandler)])


@pytest.fixture
def client(exposed: Callable[..., TypedClient]) -> TypedClient:
    return exposed(compute=expose)


def test_the_caller_is_the_one_that_the_token_stands_for(client: TypedClient) -> None:
    answer = client.ask("alice", "GET", SERVERS).json

    assert (answer["user"], answer["project"], answer["tenant"]) == ("alice", DEMO, DEMO)


@pytest.mark.parametrize("caller", [None, "", "nobody"])
def test_without_a_good_token_nothing_is_said(client: TypedClient, caller: str | None) -> None:
    result = client.ask(caller, "GET", SERVERS)

    assert result.status_code == 401
    assert result.json["error"]["code"] == 401
    assert result.headers["WWW-Authenticate"].startswith('Keystone uri="')


def test_without_an_identity_that_knows_tokens_every_request_is_refused(
    exposed: Callable[..., TypedClient],
) -> None:
    from jumpgate.common.auth import NoAuthenticator

    client = exposed(compute=expose)
    client.jumpgate.authenticator = NoAuthenticator()

    result = client.ask("alice", "GET", SERVERS)
    assert result.status_code == 401
    assert "cannot validate tokens" in result.json["error"]["message"]


def test_a_public_operation_asks_for_no_token(client: TypedClient) -> None:
    assert client.ask(None, "OPTIONS", SERVERS).json == {"user": ""}


def test_an_operation_that_the_cloud_lacks_is_501(client: TypedClient) -> None:
    result = client.ask("alice", "PATCH", SERVERS)

    assert result.status_code == 501
    assert result.json == {"notImplemented": {"code": 501, "message": "This cloud does not support things.shake."}}


def test_policy_decides_before_the_body_is_read(client: TypedClient) -> None:
    result = client.ask("reader", "POST", SERVERS, b"not even JSON")

    assert result.status_code == 403
    assert "things:create" in result.json["forbidden"]["message"]


def test_a_success_has_the_operations_status(client: TypedClient) -> None:
    result = client.ask("alice", "POST", SERVERS, {"name": "web"})

    assert result.status_code == 202
    assert result.headers["Content-Type"] == "application/json"


def test_an_operation_without_a_result_has_no_body(client: TypedClient) -> None:
    result = client.ask("alice", "DELETE", SERVERS)

    assert (result.status_code, result.content) == (204, b"")


def test_an_operation_may_set_the_status_itself_and_answer_bytes(client: TypedClient) -> None:
    result = client.ask("alice", "DELETE", SERVER)

    assert (result.status_code, result.content) == (202, b"bytes")


def test_results_may_hold_times(client: TypedClient) -> None:
    result = client.ask("alice", "PUT", SERVERS, headers={"OpenStack-API-Version": "compute 2.10"})

    assert result.json == {"when": "2025-01-01T00:00:00+00:00"}


def test_a_word_that_an_operation_raises_is_the_answer(client: TypedClient) -> None:
    assert client.ask("alice", "HEAD", SERVERS).status_code == 409


@pytest.mark.parametrize(("version", "modern"), [("2.1", False), ("2.49", False), ("2.50", True), ("2.96", True)])
def test_the_version_is_negotiated_and_said(client: TypedClient, version: str, modern: bool) -> None:
    result = client.ask("alice", "GET", SERVERS, headers={"OpenStack-API-Version": f"compute {version}"})

    assert (result.json["version"], result.json["modern"]) == (version, modern)
    assert result.headers["OpenStack-API-Version"] == f"compute {version}"
    assert result.headers["X-OpenStack-Nova-API-Version"] == version
    assert "OpenStack-API-Version" in result.headers["Vary"]


def test_an_older_api_of_the_service_has_no_versions(client: TypedClient) -> None:
    path = SERVERS.replace("v2.1", "v2")

    result = client.ask("alice", "GET", path, headers={"OpenStack-API-Version": "compute 2.53"})

    microversions = client.jumpgate.get_dispatcher("compute").service.microversions
    assert microversions is not None
    assert result.json["version"] == str(microversions.older or microversions.minimum)
    assert "OpenStack-API-Version" not in result.headers


@pytest.mark.parametrize(
    ("version", "status"), [("2.9", 404), ("2.10", 200), ("2.19", 200), ("2.20", 404), ("2.105", 406), ("two", 400)]
)
def test_an_operation_is_there_in_its_window(client: TypedClient, version: str, status: int) -> None:
    result = client.ask("alice", "PUT", SERVERS, headers={"OpenStack-API-Version": f"compute {version}"})

    assert result.status_code == status


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"name": "web"}', "application/json", 202),
        (b'{"name": "web"}', "application/json; charset=utf-8", 202),
        (b'{"name": "web"}', None, 202),
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"name": 1}', "application/json", 400),
        (b'{"name": "\xff"}', "application/json", 400),
        (b"<server/>", "application/xml", 415),
        (b'{"name": "%s"}' % (b"x" * LARGEST_BODY_BYTES), "application/json", 413),
    ],
)
def test_a_body_is_json_that_fits(client: TypedClient, body: bytes, content_type: str | None, status: int) -> None:
    headers = {"Content-Type": content_type} if content_type else {}

    assert client.ask("alice", "POST", SERVERS, body, headers=headers).status_code == status


def test_a_query_must_fit_too(client: TypedClient) -> None:
    assert client.ask("alice", "GET", SERVERS, query_string="limit=1&limit=2").json["limit"] == "2"
    assert client.ask("alice", "GET", SERVERS, query_string="color=red").status_code == 400


def test_links_have_the_form_of_the_request(client: TypedClient) -> None:
    answer = client.ask("alice", "GET", f"/compute/v2.1/{DEMO}/servers", host="h", query_string="limit=1").json

    assert answer["here"] == f"http://h/compute/v2.1/{DEMO}/servers"
    assert answer["url"] == f"http://h/compute/v2.1/{DEMO}/servers/x"


@pytest.mark.parametrize("path", [f"/compute/v2.1/{OTHER}/servers", f"/compute/v2.1/{OTHER}/servers/x"])
def test_another_projects_path_is_refused(client: TypedClient, path: str) -> None:
    result = client.ask("alice", "GET", path)

    assert result.status_code == 400
    assert result.json["badRequest"]["message"].startswith(f"Malformed request URL: URL's project_id '{OTHER}'")


def test_ids_are_the_clouds_inside_and_openstacks_outside(client: TypedClient) -> None:
    outside = client.ask("alice", "POST", SERVERS, {"name": "web"}).json["id"]

    assert outside == IDS.to_openstack("n-1")
    assert client.ask("alice", "GET", f"{SERVERS}/{outside}").json == {"native": "n-1"}


def test_a_malformed_id_is_404_in_the_path_and_400_in_the_body(client: TypedClient) -> None:
    assert client.ask("alice", "GET", f"{SERVERS}/n-1").status_code == 404
    assert client.ask("alice", "PUT", f"{SERVERS}/x", {"name": "n-1"}).status_code == 400


def test_an_exposed_service_is_known_to_its_dispatcher_and_its_siblings(client: TypedClient) -> None:
    disp = client.jumpgate.get_dispatcher("compute")

    assert isinstance(disp.typed, TypedService)
    assert client.jumpgate.siblings(disp.region)["compute"] is disp.typed.cloud
    assert disp.typed.offers("things.create")
    assert not disp.typed.offers("things.shake")


def test_a_raw_handler_may_take_the_place_of_a_typed_one(exposed: Callable[..., TypedClient]) -> None:
    class Raw:
        def on_get(self, req: Any, resp: Any) -> None:
            resp.body = {"raw": True}

    def mixed(app: Any, disp: Any) -> None:
        expose(app, disp)
        disp.set_handler("v2_servers", Raw())

    client = exposed(compute=mixed)
    unused = client.jumpgate.get_dispatcher("compute").get_unused_endpoints()

    assert client.ask(None, "GET", SERVERS).json == {"raw": True}
    assert client.ask("alice", "GET", f"{SERVERS}/{IDS.to_openstack('n-1')}").json == {"native": "n-1"}
    assert {"v2_servers", "v2_server"}.isdisjoint(unused)
    assert len(unused) == len(list(client.jumpgate.get_dispatcher("compute"))) - 2


def test_each_region_has_its_own_policy_file(exposed: Callable[..., TypedClient], tmp_path: Any) -> None:
    (tmp_path / "eu.yaml").write_text('"things:show": "!"\n')
    name = "typed_driver_of_a_test_compute"
    client = exposed(compute=expose, config=f"[compute:eu]\ndriver={name}\npolicy_file={tmp_path}/eu.yaml")

    assert client.ask("alice", "GET", SERVERS).status_code == 200
    assert client.ask("alice", "GET", "/eu" + SERVERS).status_code == 403


class Counted(DictThings):
    """Tells a revision, and counts how often it is listed."""

    def __init__(self) -> None:
        super().__init__()
        self.current = 1
        self.listed = 0

    def revision(self, ctx: Context) -> Hashable:
        return self.current


class CachedHandler(Handler[World]):
    @operation("things.find", policy="things:show", cached="things")
    def on_get(self, call: Call[World]) -> Any:
        things = call.cloud.things
        assert isinstance(things, Counted)
        things.listed += 1
        return {"listed": things.listed, "user": call.ctx.user_name}


def test_an_answer_is_kept_until_the_revision_moves(exposed: Callable[..., TypedClient]) -> None:
    things = Counted()

    def expose_cached(app: Any, disp: Any) -> None:
        attach(TypedService(app, disp, World(things=things), RULES), [("v2_servers", CachedHandler)])

    client = exposed(compute=expose_cached)

    def listed(caller: str = "alice", path: str = SERVERS, **options: Any) -> int:
        return int(client.ask(caller, "GET", path, **options).json["listed"])

    assert [listed(), listed(), listed()] == [1, 1, 1]
    assert listed("reader") == 2
    assert listed(query_string="limit=1") == 3
    assert listed(host="elsewhere") == 4
    assert listed(headers={"OpenStack-API-Version": "compute 2.53"}) == 5
    assert listed(path=SERVERS.replace("v2.1", "v2")) == 6
    assert listed() == 1
    things.current += 1
    assert [listed(), listed()] == [7, 7]
