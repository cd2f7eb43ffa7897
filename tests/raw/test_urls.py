"""Handlers and `tenant_id`: with it in the path or not, in `req.env` or not, taken by the handler or not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.raw.conftest import RawCloud


class Servers:
    """Says which tenant it was given, and the URL of a server."""

    def __init__(self, disp: Any) -> None:
        self.disp = disp

    def answer(self, req: Any, resp: Any, tenant_id: Any) -> None:
        resp.body = {
            "tenant_id": tenant_id,
            "env": req.env.get("tenant_id"),
            "url": self.disp.get_endpoint_url(req, "v2_server", server_id="s"),
        }


class Named(Servers):
    def on_get(self, req: Any, resp: Any, tenant_id: str) -> None:
        self.answer(req, resp, tenant_id)


class Optional(Servers):
    def on_get(self, req: Any, resp: Any, tenant_id: str | None = "default") -> None:
        self.answer(req, resp, tenant_id)


class Keywords(Servers):
    def on_get(self, req: Any, resp: Any, **path: str) -> None:
        self.answer(req, resp, path.get("tenant_id", "not given"))


class Without(Servers):
    def on_get(self, req: Any, resp: Any) -> None:
        self.answer(req, resp, "not taken")


def set_tenant(req: Any, resp: Any, params: Any) -> None:
    req.env["tenant_id"] = "hook"


HANDLERS = [Named, Optional, Keywords, Without]


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_tenant_in_the_path_reaches_the_handlers_that_take_one(raw: RawCloud, handler: type[Servers]) -> None:
    cloud = raw(compute=lambda app, disp: disp.set_handler("v2_servers", handler(disp)))

    answer = cloud.simulate_get("/compute/v2/path/servers", host="h").json

    assert answer["tenant_id"] == ("not taken" if handler is Without else "path")
    assert answer["env"] == "path"
    assert answer["url"] == "http://h/compute/v2/path/servers/s"


@pytest.mark.parametrize(
    ("handler", "tenant"),
    [(Named, "hook"), (Optional, "hook"), (Keywords, "not given"), (Without, "not taken")],
)
def test_a_path_without_a_tenant_is_served_by_the_same_handlers(
    raw: RawCloud, handler: type[Servers], tenant: str
) -> None:
    def setup_routes(app: Any, disp: Any) -> None:
        disp.set_handler("v2_servers", handler(disp))
        disp.add_before_hook(set_tenant)

    answer = raw(compute=setup_routes).simulate_get("/compute/v2.1/servers", host="h").json

    assert answer["tenant_id"] == tenant
    assert answer["url"] == "http://h/compute/v2.1/servers/s"


def test_without_any_tenant_a_handler_that_takes_one_gets_none(raw: RawCloud) -> None:
    cloud = raw(compute=lambda app, disp: disp.set_handler("v2_servers", Named(disp)))

    assert cloud.simulate_get("/compute/v2.1/servers").json["tenant_id"] is None


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/compute/v2/t/servers", "/compute/v2/t/servers/s"),
        ("/compute/v2.1/servers", "/compute/v2.1/servers/s"),
        ("/compute/v2.1/t/servers", "/compute/v2.1/t/servers/s"),
        ("/compute/v2/servers", "/compute/v2/servers/s"),
    ],
)
def test_links_have_the_form_by_which_the_request_came(raw: RawCloud, path: str, url: str) -> None:
    cloud = raw(compute=lambda app, disp: disp.set_handler("v2_servers", Without(disp)))

    assert cloud.simulate_get(path, host="h").json["url"] == "http://h" + url


def test_the_env_tenant_id_of_a_hook_overrides_the_one_in_the_path(raw: RawCloud) -> None:
    def setup_routes(app: Any, disp: Any) -> None:
        disp.set_handler("v2_servers", Without(disp))
        disp.add_before_hook(set_tenant)

    answer = raw(compute=setup_routes).simulate_get("/compute/v2/path/servers", host="h").json

    assert answer["url"] == "http://h/compute/v2/hook/servers/s"


def test_the_env_tenant_id_of_a_global_hook_reaches_the_urls_of_other_services(raw: RawCloud) -> None:
    class Volumes:
        def __init__(self, app: Any) -> None:
            self.app = app

        def on_get(self, req: Any, resp: Any) -> None:
            resp.body = [
                self.app.get_endpoint_url("block_storage", req, "v3_volumes"),
                self.app.get_endpoint_url("block_storage", req, "v1_volumes"),
                self.app.get_endpoint_url("compute", req, "v2_servers"),
                self.app.get_endpoint_url("image", req, "v2_images"),
            ]

    def setup_routes(app: Any, disp: Any) -> None:
        disp.set_handler("v2_images", Volumes(app))
        app.add_before_hook(set_tenant)

    assert raw(image=setup_routes).simulate_get("/image/v2/images", host="h").json == [
        "http://h/volume/v3/hook/volumes",
        "http://h/volume/v1/hook/volumes",
        "http://h/compute/v2/hook/servers",
        "http://h/image/v2/images",
    ]
