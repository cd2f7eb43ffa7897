"""docs/tutorial-raw.md works: its files are written as the page shows them, and served over real HTTP."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.served import Served

PAGE = Path(__file__).parents[2] / "docs" / "tutorial-raw.md"
CAPTIONED = re.compile(r"^`([^`\n]+)`:\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LOOPBACK_ONLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def blocks() -> dict[str, str]:
    """The page's code by its caption: the name of a file, or of a request."""
    return {caption: text for caption, _, text in CAPTIONED.findall(PAGE.read_text())}


def write_files(folder: Path) -> None:
    for name, text in blocks().items():
        if name.endswith((".py", ".conf")):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    (folder / "my_driver" / "__init__.py").touch()


@pytest.fixture
def served(serve: Callable[..., Served], tmp_path: Path) -> Served:
    write_files(tmp_path)
    return serve("--config", str(tmp_path / "jumpgate.conf"), environment={"PYTHONPATH": str(tmp_path)})


def ask(url: str, body: str | None = None, **headers: str) -> tuple[int, Any]:
    request = urllib.request.Request(url, body.encode() if body else None, headers)
    try:
        with LOOPBACK_ONLY.open(request, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_page_has_every_file_it_speaks_of() -> None:
    text = PAGE.read_text()
    captions = set(blocks())

    spoken_of = set(re.findall(r"^ {6,8}(\w+\.py)$", text, re.MULTILINE))
    assert {"index.py", "tokens.py"} <= spoken_of <= {name.rpartition("/")[2] for name in captions}
    assert len(captions) == len(CAPTIONED.findall(text)), "a caption stands twice"
    assert text.count("```") == 2 * len(captions), "a block has no caption"


def test_the_index_is_the_one_on_the_page(served: Served) -> None:
    expected = blocks()["GET /compute/v2"].replace("http://127.0.0.1:8000", served.url)

    assert ask(served.url + "/compute/v2") == (200, json.loads(expected))


def test_a_token_can_be_had(served: Served) -> None:
    status, body = ask(served.url + "/identity/v2.0/tokens", blocks()["POST /identity/v2.0/tokens"])

    access = body["access"]
    catalog = {service["type"]: service["endpoints"][0]["publicURL"] for service in access["serviceCatalog"]}
    assert status == 200
    assert access["user"]["name"] == "alice"
    assert access["token"]["id"].startswith("alice:")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", access["token"]["expires"])
    assert catalog == {
        "compute": f"{served.url}/compute/v2/{access['token']['tenant']['id']}",
        "identity": f"{served.url}/identity/v2.0",
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"auth": {"passwordCredentials": {"username": "alice", "password": "guess"}}}', 401),
        ('{"auth": {"passwordCredentials": {"username": "nobody", "password": "x"}}}', 401),
        ('{"auth": {}}', 401),
        ("no JSON", 400),
    ],
)
def test_nobody_else_gets_one(served: Served, body: str, status: int) -> None:
    code, answer = ask(served.url + "/identity/v2.0/tokens", body)

    assert code == answer["error"]["code"] == status


def test_the_other_services_are_passed_through_to_nobody(served: Served) -> None:
    assert ask(served.url + "/network/v2.0/networks")[0] == 503


def test_the_hook_on_the_page_finds_the_tenant(serve: Callable[..., Served], tmp_path: Path) -> None:
    write_files(tmp_path)
    (tmp_path / "my_driver" / "compute" / "__init__.py").write_text(
        "from ..identity.accounts import Accounts\n"
        "from .tenant import TenantOfToken\n"
        "class Servers:\n"
        "    def __init__(self, disp):\n"
        "        self.disp = disp\n"
        "    def on_get(self, req, resp):\n"
        "        resp.body = [self.disp.get_endpoint_url(req, 'v2_flavors', tenant_id=req.env['tenant_id'])]\n"
        "def setup_routes(app, disp):\n"
        "    disp.set_handler('v2_servers', Servers(disp))\n"
        "    disp.add_before_hook(TenantOfToken(Accounts(app.config)))\n"
    )
    served = serve("--config", str(tmp_path / "jumpgate.conf"), environment={"PYTHONPATH": str(tmp_path)})
    _, body = ask(served.url + "/identity/v2.0/tokens", blocks()["POST /identity/v2.0/tokens"])
    token, tenant = body["access"]["token"]["id"], body["access"]["token"]["tenant"]["id"]

    url = f"{served.url}/compute/v2/{tenant}"
    assert ask(f"{url}/servers", **{"X-Auth-Token": token}) == (200, [f"{url}/flavors"])
    assert ask(f"{url}/servers", **{"X-Auth-Token": "alice:forged"})[0] == 401
