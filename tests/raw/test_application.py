"""`jumpgate.api.Jumpgate`, the application: configuration, dispatchers, URLs, drivers, `setup_routes`."""

from __future__ import annotations

import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest

from jumpgate.api import Jumpgate
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import ConfigError
from tests.raw.conftest import RawCloud

SILENT = "".join(f"[{service}]\ndriver=tests.support.silent\n" for service in SERVICE_NAMES)


def configured(compute: str) -> Config:
    """A configuration in which compute has the driver `compute` and the other services are silent."""
    return Config.from_text(SILENT.replace("[compute]\ndriver=tests.support.silent", f"[compute]\ndriver={compute}"))


def test_setup_routes_is_given_the_application_and_its_dispatcher(raw: RawCloud) -> None:
    given: list[Any] = []

    cloud = raw(compute=lambda *arguments: given.extend(arguments))

    assert given == [cloud.jumpgate, cloud.jumpgate.get_dispatcher("compute")]
    assert isinstance(given[1], Dispatcher)


def test_every_service_has_a_dispatcher_of_its_own(raw: RawCloud) -> None:
    cloud = raw()

    dispatchers = [cloud.jumpgate.get_dispatcher(service) for service in SERVICE_NAMES]

    assert len({id(disp) for disp in dispatchers}) == 5
    assert [disp.service.name for disp in dispatchers] == list(SERVICE_NAMES)


def test_all_dispatchers_exist_before_the_first_driver_is_set_up(raw: RawCloud) -> None:
    seen: list[Dispatcher] = []

    raw(identity=lambda app, disp: seen.append(app.get_dispatcher("network")))

    assert seen[0].service.name == "network"


def test_get_dispatcher_of_an_unknown_service_raises(raw: RawCloud) -> None:
    with pytest.raises(KeyError, match="object_store"):
        raw().jumpgate.get_dispatcher("object_store")


def test_app_config_is_the_parsed_file_with_the_drivers_own_sections(raw: RawCloud) -> None:
    cloud = raw(config="[my_cloud]\nuser=me\nretries=3")

    assert isinstance(cloud.jumpgate.config, ConfigParser)
    assert cloud.jumpgate.config.get("my_cloud", "user") == "me"
    assert cloud.jumpgate.config.getint("my_cloud", "retries") == 3


def test_app_get_endpoint_url_names_endpoints_of_any_service(raw: RawCloud) -> None:
    class Tokens:
        def __init__(self, app: Any) -> None:
            self.app = app

        def on_post(self, req: Any, resp: Any) -> None:
            resp.body = [
                self.app.get_endpoint_url("compute", req, "v2_index"),
                self.app.get_endpoint_url("compute", req, "v2_servers", tenant_id="t"),
                self.app.get_dispatcher("image").get_endpoint_url(req, "v2_image", image_id=7),
            ]

    cloud = raw(identity=lambda app, disp: disp.set_handler("v2_tokens", Tokens(app)))

    assert cloud.simulate_post("/identity/v2.0/tokens", host="cloud.example.org").json == [
        "http://cloud.example.org/compute/v2",
        "http://cloud.example.org/compute/v2/t/servers",
        "http://cloud.example.org/image/v2/images/7",
    ]


def test_driver_may_be_any_importable_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "acme_gateway" / "nova"
    package.mkdir(parents=True)
    (tmp_path / "acme_gateway" / "__init__.py").touch()
    (package / "index.py").write_text("class Index:\n    def on_get(self, req, resp):\n        resp.body = {}\n")
    (package / "__init__.py").write_text(
        "from .index import Index\n\ndef setup_routes(app, disp):\n    disp.set_handler('v2_index', Index())\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    app = Jumpgate(configured("acme_gateway.nova"))

    assert app.get_dispatcher("compute").driver == "acme_gateway.nova"
    assert type(app.get_dispatcher("compute").get_handler("v2_index")).__module__ == "acme_gateway.nova.index"


def test_driver_may_be_put_among_jumpgates_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import jumpgate.compute.drivers as place

    (tmp_path / "my_driver").mkdir()
    (tmp_path / "my_driver" / "__init__.py").write_text("def setup_routes(app, disp):\n    app.seen = disp\n")
    monkeypatch.setattr(place, "__path__", [*place.__path__, str(tmp_path)])

    app = Jumpgate(configured("jumpgate.compute.drivers.my_driver"))

    assert app.seen is app.get_dispatcher("compute")  # type: ignore[attr-defined]


def test_a_section_without_a_driver_gets_the_openstack_passthrough() -> None:
    app = Jumpgate(Config.from_text("".join(f"[{name}]\n" for name in SERVICE_NAMES) + ENDPOINTS))

    assert [disp.driver for disp in app.dispatchers()] == [
        f"jumpgate.{name}.drivers.openstack" for name in SERVICE_NAMES
    ]


ENDPOINTS = "[openstack]\n" + "".join(f"{name}_endpoint=http://127.0.0.1:1\n" for name in SERVICE_NAMES)


def test_the_guides_longer_name_of_the_block_storage_passthrough_is_accepted() -> None:
    driver = "jumpgate.block_storage.drivers.openstack.block_storage"
    text = SILENT.replace("[block_storage]\ndriver=tests.support.silent", f"[block_storage]\ndriver={driver}")

    app = Jumpgate(Config.from_text(text + ENDPOINTS))

    assert app.get_dispatcher("block_storage").fallback is not None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be imported (ModuleNotFoundError: No module named 'a_driver_of_a_test')"),
        ("import no_such_library", "cannot be imported (ModuleNotFoundError: No module named 'no_such_library'; "),
        ("def setup_routes(app, disp)", "cannot be imported (SyntaxError: "),
        ("x = 1", "the module has no function setup_routes(app, disp)."),
    ],
)
def test_a_driver_that_cannot_be_used_is_named_with_what_is_wrong(
    content: str | None, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "a_driver_of_a_test", raising=False)
    if content is not None:
        (tmp_path / "a_driver_of_a_test.py").write_text(content)

    with pytest.raises(ConfigError) as caught:
        Jumpgate(configured("a_driver_of_a_test"))

    assert str(caught.value).startswith("[compute] driver = a_driver_of_a_test: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
