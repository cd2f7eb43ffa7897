"""Uniform resources: a table of fields and one pair of handlers do everything that plain collections do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from jumpgate.common.context import Context
from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.listing import ListParameters, Query, Sort
from jumpgate.common.policy import ADMIN, PROJECT_MEMBER_OR_ADMIN, PROJECT_READER_OR_ADMIN, Rule
from jumpgate.common.typed import Call, TypedService
from jumpgate.common.uniform import Collection, expose_collection
from tests.common.conftest import TypedClient
from tests.common.contract import Things, World
from tests.common.models import Thing, ThingSpec
from tests.common.things import IDS, DictThings
from tests.support.cloud import DEMO, OTHER

THINGS = "/network/v2.0/networks"
RULES = (
    *(Rule(f"{verb}_thing", PROJECT_MEMBER_OR_ADMIN) for verb in ("create", "update", "delete")),
    Rule("get_thing", PROJECT_READER_OR_ADMIN),
    Rule("get_thing:secret", ADMIN),
    Rule("create_thing:secret", ADMIN),
    Rule("update_thing:secret", ADMIN),
)
TEXT = {"type": "string"}


def capital(value: str) -> str:
    if not value.isalpha():
        raise ValueError(f"{value!r} has more than letters")
    return value.capitalize()


FIELDS = (
    Field("id", kind=Kind.NETWORK, filter=str),
    Field("name", input=Input(schema=TEXT, required=True), filter=str, sort=True),
    Field("bytes", "size", input=Input(schema={"type": "integer", "minimum": 1}, update=False), filter=int, sort=True),
    Field("color", input=Input(to_model=capital)),
    Field("secret", visible="get_thing:secret", input=Input(schema=TEXT, rule="{verb}_thing:secret")),
    Field("parent_id", kind=Kind.NETWORK, filter=str, input=Input(schema={"type": ["string", "null"]})),
    Field("friends", "friend_ids", kind=Kind.NETWORK, input=Input(schema={"type": "array", "items": TEXT})),
    Field("project_id", input=Input(schema=TEXT, update=False)),
)


def envelope(call: Call[Any], collection: Collection, items: list[dict[str, Any]], query: Query) -> Any:
    return {collection.plural: items, "limit": query.limit}


COLLECTION: Mapping[str, Any] = {
    "singular": "thing",
    "plural": "things",
    "contract": "things",
    "kind": Kind.NETWORK,
    "path_field": "network_id",
    "fields": FIELDS,
    "spec": ThingSpec,
    "rules": {"find": "get_thing", "get": "get_thing"} | {v: f"{v}_thing" for v in ("create", "update", "delete")},
    "envelope": envelope,
    "parameters": ListParameters(default_sort=(Sort("id"),), maximum=100, default_direction="asc"),
}

Make = Callable[..., TypedClient]


@pytest.fixture
def make(exposed: Callable[..., TypedClient]) -> Make:
    """An application with a collection that differs from COLLECTION as the arguments say."""

    def build(things: Things | None = None, service: str = "network", **options: Any) -> TypedClient:
        names = {
            "network": ("v2_networks", "v2_network"),
            "block_storage": ("v3_volumes", "v3_volume"),
        }[service]

        def expose(app: Any, disp: Any) -> None:
            typed = TypedService(app, disp, World(things=things or DictThings()), RULES)
            expose_collection(typed, Collection(**{**COLLECTION, **options}), many=names[0], one=names[1])

        return exposed(**{service: expose})

    return build


@pytest.fixture
def client(make: Make) -> TypedClient:
    return make()


def create(client: TypedClient, caller: str = "alice", **values: Any) -> dict[str, Any]:
    result = client.ask(caller, "POST", THINGS, {"thing": {"name": "a", **values}})
    assert result.status_code == 201, result.text
    thing: dict[str, Any] = result.json["thing"]
    return thing


def names(client: TypedClient, query_string: str = "", caller: str = "alice") -> list[str]:
    result = client.ask(caller, "GET", THINGS, query_string=query_string)
    assert result.status_code == 200, result.text
    return [thing["name"] for thing in result.json["things"]]


def test_what_is_created_has_what_was_given_and_the_specs_defaults(client: TypedClient) -> None:
    assert create(client, name="web", color="red") == {
        "id": IDS.to_openstack("n-1"),
        "name": "web",
        "bytes": 1,
        "color": "Red",
        "parent_id": None,
        "friends": [],
        "project_id": DEMO,
    }


def test_what_exists_is_shown(client: TypedClient) -> None:
    thing = create(client)

    assert client.ask("alice", "GET", f"{THINGS}/{thing['id']}").json == {"thing": thing}


def test_a_list_is_in_the_order_of_the_ids_that_clients_see(client: TypedClient) -> None:
    made = [create(client)["id"] for _ in range(12)]
    assert made != sorted(made)

    listed: list[str] = []
    while found := client.ask("alice", "GET", THINGS, query_string=_page(listed)).json["things"]:
        listed += [thing["id"] for thing in found]

    assert listed == sorted(made)


def _page(so_far: list[str]) -> str:
    return f"limit=5&marker={so_far[-1]}" if so_far else "limit=5"


def test_what_is_changed_is_changed_and_nothing_else(client: TypedClient) -> None:
    thing = create(client, color="red")

    result = client.ask("alice", "PUT", f"{THINGS}/{thing['id']}", {"thing": {"name": "b"}})

    assert result.json == {"thing": {**thing, "name": "b"}}


def test_null_clears_what_may_be_cleared(client: TypedClient) -> None:
    parent = create(client)
    thing = create(client, parent_id=parent["id"])
    assert thing["parent_id"] == parent["id"]

    result = client.ask("alice", "PUT", f"{THINGS}/{thing['id']}", {"thing": {"parent_id": None}})

    assert result.json["thing"]["parent_id"] is None


def test_what_is_deleted_is_gone(client: TypedClient) -> None:
    thing = create(client)

    result = client.ask("alice", "DELETE", f"{THINGS}/{thing['id']}")

    assert (result.status_code, result.content) == (204, b"")
    assert client.ask("alice", "GET", f"{THINGS}/{thing['id']}").status_code == 404


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PUT", {"thing": {"name": "b"}}), ("DELETE", None)])
@pytest.mark.parametrize("thing_id", [IDS.to_openstack("n-99"), "no-id-at-all"])
def test_what_is_not_there_is_404(client: TypedClient, method: str, body: Any, thing_id: str) -> None:
    assert client.ask("alice", method, f"{THINGS}/{thing_id}", body).status_code == 404


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PUT", {"thing": {"name": "b"}}), ("DELETE", None)])
def test_what_is_another_projects_is_404(client: TypedClient, method: str, body: Any) -> None:
    thing = create(client)

    assert client.ask("bob", method, f"{THINGS}/{thing['id']}", body).status_code == 404
    assert names(client, caller="bob") == []
    assert client.ask("alice", "GET", f"{THINGS}/{thing['id']}").json == {"thing": thing}


def test_policy_decides_about_each_verb(client: TypedClient) -> None:
    thing = create(client)
    path = f"{THINGS}/{thing['id']}"

    assert client.ask("reader", "GET", path).status_code == 200
    assert client.ask("reader", "POST", THINGS, {"thing": {"name": "x"}}).status_code == 403
    assert client.ask("reader", "PUT", path, {"thing": {"name": "x"}}).status_code == 403
    assert client.ask("reader", "DELETE", path).status_code == 403


def test_nobody_creates_in_another_project(client: TypedClient) -> None:
    result = client.ask("alice", "POST", THINGS, {"thing": {"name": "x", "project_id": OTHER}})

    assert result.status_code == 403
    assert create(client, "admin", project_id=OTHER)["project_id"] == OTHER


def test_a_field_may_be_for_administrators_to_see_and_to_set(client: TypedClient) -> None:
    assert "secret" not in create(client)
    assert create(client, "admin", secret="s")["secret"] == "s"
    assert client.ask("alice", "POST", THINGS, {"thing": {"name": "x", "secret": "s"}}).status_code == 403
    thing = create(client)
    assert client.ask("alice", "PUT", f"{THINGS}/{thing['id']}", {"thing": {"secret": "s"}}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"thing": {}},
        {"thing": []},
        {"thing": {"name": 1}},
        {"thing": {"name": "a", "unknown": 1}},
        {"thing": {"name": "a", "id": "x"}},
        {"thing": {"name": "a", "bytes": 0}},
        {"thing": {"name": "a", "color": "r3d"}},
        {"thing": {"name": "a", "parent_id": "no id"}},
        {"thing": {"name": "a", "friends": ["no id"]}},
        {"things": [{"name": "a"}]},
        {"thing": {"name": "a"}, "more": 1},
    ],
)
def test_a_body_that_does_not_fit_is_400(client: TypedClient, body: Any) -> None:
    assert client.ask("alice", "POST", THINGS, body).status_code == 400
    assert names(client) == []


def test_what_may_only_be_set_at_first_cannot_be_changed(client: TypedClient) -> None:
    thing = create(client)

    assert client.ask("alice", "PUT", f"{THINGS}/{thing['id']}", {"thing": {"bytes": 2}}).status_code == 400


def test_ids_in_bodies_and_answers_are_openstacks(client: TypedClient) -> None:
    friends = [create(client)["id"] for _ in range(2)]

    assert create(client, friends=friends, parent_id=friends[0])["friends"] == friends


def test_keys_that_no_field_names_may_be_kept(make: Make) -> None:
    client = make(extra=True, fields=(*FIELDS, Field("extra")))

    thing = create(client, mood="good")
    assert thing["extra"] == {"mood": "good"}

    result = client.ask("alice", "PUT", f"{THINGS}/{thing['id']}", {"thing": {"mood": "bad"}})
    assert result.json["thing"]["extra"] == {"mood": "bad"}


def test_a_list_is_filtered_sorted_and_cut(client: TypedClient) -> None:
    for name, size in [("c", 1), ("a", 2), ("b", 2), ("d", 3)]:
        create(client, name=name, bytes=size)

    assert sorted(names(client)) == ["a", "b", "c", "d"]
    assert sorted(names(client, "bytes=2")) == ["a", "b"]
    assert sorted(names(client, "bytes=2&bytes=3")) == ["a", "b", "d"]
    assert names(client, "name=a&bytes=1") == []
    assert names(client, "sort_key=name&sort_dir=desc") == ["d", "c", "b", "a"]
    assert names(client, "sort_key=bytes&sort_dir=desc&sort_key=name&sort_dir=asc") == ["d", "a", "b", "c"]
    assert names(client, "sort_key=name&limit=2") == ["a", "b"]
    assert names(client, f"sort_key=name&limit=2&marker={IDS.to_openstack('n-3')}") == ["c", "d"]


def test_a_filter_by_id_is_in_openstacks_ids(client: TypedClient) -> None:
    parent = create(client, name="parent")["id"]
    child = create(client, name="child", parent_id=parent)["id"]

    assert sorted(names(client, f"id={parent}&id={child}")) == ["child", "parent"]
    assert names(client, f"parent_id={parent}") == ["child"]
    assert names(client, "parent_id=n-1") == names(client, "parent_id=no-id") == []


@pytest.mark.parametrize("query", ["bytes=many", "sort_key=color", "limit=-1", "marker=no-id"])
def test_a_list_that_cannot_be_made_is_400(client: TypedClient, query: str) -> None:
    assert client.ask("alice", "GET", THINGS, query_string=query).status_code == 400


def test_unknown_filters_are_refused_where_the_service_does(make: Make) -> None:
    strict = make(strict_query=True)

    assert strict.ask("alice", "GET", THINGS, query_string="mood=good").status_code == 400
    assert strict.ask("alice", "GET", THINGS, query_string="name=a&limit=1&fields=id").status_code == 200
    assert make().ask("alice", "GET", THINGS, query_string="mood=good").status_code == 200


def test_a_client_may_want_some_keys_only(client: TypedClient) -> None:
    thing = create(client)

    listed = client.ask("alice", "GET", THINGS, query_string="fields=name&fields=id").json["things"]
    shown = client.ask("alice", "GET", f"{THINGS}/{thing['id']}", query_string="fields=name").json

    assert listed == [{"id": thing["id"], "name": "a"}]
    assert shown == {"thing": {"name": "a"}}


def test_several_are_created_at_once_where_the_service_does(make: Make) -> None:
    client = make(bulk=True)

    result = client.ask("alice", "POST", THINGS, {"things": [{"name": "a"}, {"name": "b"}]})
    assert (result.status_code, [thing["name"] for thing in result.json["things"]]) == (201, ["a", "b"])
    assert client.ask("alice", "POST", THINGS, {"things": []}).status_code == 400
    assert client.ask("alice", "POST", THINGS, {"things": [{"name": "c"}, {"name": 1}]}).status_code == 400
    assert sorted(names(client)) == ["a", "b"]


def test_statuses_and_the_method_of_an_update_may_differ(make: Make) -> None:
    client = make(statuses={"delete": 202}, update_method="patch")
    thing = create(client)
    path = f"{THINGS}/{thing['id']}"

    assert client.ask("alice", "PATCH", path, {"thing": {"name": "b"}}).json["thing"]["name"] == "b"
    refused = client.ask("alice", "PUT", path, {"thing": {"name": "b"}})
    assert refused.status_code == 405
    assert "PATCH" in refused.headers["Allow"]
    assert client.ask("alice", "DELETE", path).status_code == 202


class ReadOnly(Things):
    """A cloud that only shows its things."""

    def find(self, ctx: Context, query: Query) -> Iterable[Thing]:
        return [Thing(id="9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d", name="only", project_id=ctx.project)]

    def get(self, ctx: Context, resource_id: str) -> Thing:
        return next(iter(self.find(ctx, Query())))


def test_what_a_driver_does_not_offer_is_501(make: Make) -> None:
    client = make(ReadOnly())
    path = f"{THINGS}/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"

    assert names(client) == ["only"]
    assert client.ask("alice", "POST", THINGS, {"thing": {"name": "x"}}).status_code == 501
    assert client.ask("alice", "PUT", path, {"thing": {"name": "x"}}).status_code == 501
    assert client.ask("alice", "DELETE", path).status_code == 501


def test_a_resource_that_the_cloud_lacks_has_no_handlers(exposed: Callable[..., TypedClient]) -> None:
    def expose(app: Any, disp: Any) -> None:
        typed = TypedService(app, disp, World(things=DictThings()), RULES)
        lamps = Collection(**{**COLLECTION, "contract": "lamps"})
        expose_collection(typed, lamps, many="v2_networks", one="v2_network")

    client = exposed(network=expose)

    assert client.ask("alice", "GET", THINGS).status_code == 501
    assert "v2_networks" in client.jumpgate.get_dispatcher("network").get_unused_endpoints()


@pytest.mark.parametrize(
    "path", ["/volume/v3/{}/volumes", "/volume/v3/{}/volumes/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"]
)
def test_another_projects_path_is_refused(make: Make, path: str) -> None:
    client = make(ReadOnly(), service="block_storage", path_field="volume_id")

    assert client.ask("alice", "GET", path.format(DEMO)).status_code == 200
    assert client.ask("alice", "GET", path.format(OTHER)).status_code == 400
