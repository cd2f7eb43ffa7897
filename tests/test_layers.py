"""The layer rule and the nameless core: Jumpgate keeps both, and the checker catches what breaks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import check_layers

ROOT = Path(__file__).parent.parent

FORBIDDEN = [
    ("jumpgate/common/dispatcher.py", "import jumpgate.compute.endpoints", "common imports common only"),
    ("jumpgate/common/auth.py", "from jumpgate import store", "common imports common only"),
    ("jumpgate/common/auth.py", "from jumpgate.api import Jumpgate", "common imports common only"),
    ("jumpgate/common/auth.py", "from jumpgate.clouds.acme import session", "common imports common only"),
    ("jumpgate/common/auth.py", "from ..compute import contract", "common imports common only"),
    ("jumpgate/store/__init__.py", "from jumpgate.compute import models", "store imports store and common only"),
    ("jumpgate/clouds/acme/session.py", "from jumpgate import store", "a cloud imports common only"),
    ("jumpgate/clouds/acme/session.py", "from jumpgate.compute import models", "a cloud imports common only"),
    ("jumpgate/clouds/acme/session.py", "from jumpgate.clouds.zenith import ids", "a cloud imports common only"),
    ("jumpgate/compute/wiring.py", "from jumpgate.image import contract", "a service imports itself and common only"),
    ("jumpgate/compute/wiring.py", "from jumpgate.store import engine", "a service imports itself and common only"),
    ("jumpgate/compute/wiring.py", "from jumpgate.api import Jumpgate", "a service imports itself and common only"),
    ("jumpgate/compute/wiring.py", "from .drivers import acme", "the loader imports drivers"),
    ("jumpgate/compute/models.py", "from jumpgate.compute import views", "models import models and common only"),
    ("jumpgate/compute/views/servers.py", "from jumpgate.compute import contract", "views import"),
    ("jumpgate/compute/schemas/servers.py", "from jumpgate.compute import models", "schemas import"),
    ("jumpgate/compute/handlers/servers.py", "from jumpgate.compute.wiring import expose", "handlers import"),
    ("jumpgate/compute/handlers/servers.py", "from ..endpoints import ENDPOINTS", "handlers import"),
    ("jumpgate/compute/drivers/acme/servers.py", "from ..zenith import servers", "a driver imports no other driver"),
    ("jumpgate/compute/drivers/acme/servers.py", "import jumpgate.image.drivers.acme", "no other driver"),
    ("jumpgate/compute/drivers/acme/servers.py", "from jumpgate.image.views import images", "of a sibling"),
    ("jumpgate/compute/drivers/acme/servers.py", "from jumpgate import image", "of a sibling"),
    ("jumpgate/compute/drivers/acme/servers.py", "from jumpgate.api import Jumpgate", "a driver imports its service"),
    ("jumpgate/compute/drivers/__init__.py", "from . import acme", "a driver imports no other driver"),
    ("jumpgate/api.py", "from jumpgate.compute.drivers import acme", "the loader imports drivers"),
    ("jumpgate/api.py", "from jumpgate.compute import drivers", "the loader imports drivers"),
    ("jumpgate/cli.py", "import jumpgate.compute.drivers.acme as driver", "the loader imports drivers"),
    ("jumpgate/testing/suite.py", "from jumpgate.compute.drivers.acme import servers", "only the loader imports"),
    (
        "jumpgate/cli.py",
        "import importlib\nimportlib.import_module('jumpgate.compute.drivers.acme')",
        "only the loader",
    ),
    ("jumpgate/cli.py", "from importlib import import_module\nimport_module(name)", "by a computed name"),
    ("jumpgate/cli.py", "import importlib\nimportlib.import_module(f'jumpgate.{x}.drivers')", "by a computed name"),
    ("jumpgate/cli.py", "import importlib\nimportlib.import_module(f'jumpgate.image.drivers.{x}')", "only the loader"),
    ("jumpgate/common/auth.py", "def later():\n    from jumpgate.store import engine", "common imports common only"),
]

ALLOWED = [
    ("jumpgate/common/auth.py", "import json\nimport falcon\nimport jumpgate\nfrom . import errors"),
    (
        "jumpgate/store/tables.py",
        "import sqlalchemy\nfrom jumpgate.store import engine\nfrom jumpgate.common import ids",
    ),
    ("jumpgate/store/tables.py", "import importlib\nimportlib.import_module(f'jumpgate.store.x.{name}')"),
    ("jumpgate/clouds/acme/errors.py", "import acme_sdk\nfrom . import session\nfrom jumpgate.common import errors"),
    ("jumpgate/compute/wiring.py", "from . import contract, endpoints\nfrom .handlers import servers"),
    (
        "jumpgate/compute/handlers/servers.py",
        "from jumpgate.compute import contract, models\nfrom ..views import servers",
    ),
    ("jumpgate/compute/views/servers.py", "from jumpgate.compute.models import Server\nfrom . import links"),
    ("jumpgate/compute/drivers/acme/__init__.py", "from jumpgate.compute.wiring import expose\nfrom .servers import S"),
    ("jumpgate/compute/drivers/acme/servers.py", "from jumpgate.image.contract import Images\nimport acme_sdk"),
    ("jumpgate/compute/drivers/acme/servers.py", "from jumpgate.clouds.acme import session\nimport jumpgate.store"),
    (
        "jumpgate/compute/drivers/acme/__init__.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from jumpgate.api import Jumpgate",
    ),
    ("jumpgate/api.py", "import importlib\nimportlib.import_module(name)\nfrom jumpgate.compute import endpoints"),
    ("jumpgate/testing/suite.py", "from jumpgate.compute import contract, handlers\nimport jumpgate.api"),
]

SKELETON = [
    "jumpgate/clouds/acme",
    "jumpgate/compute/drivers/acme",
    "jumpgate/compute/handlers",
    "jumpgate/compute/schemas",
    "jumpgate/compute/views",
    "jumpgate/image/drivers/acme",
    "jumpgate/store",
    "jumpgate/common",
    "jumpgate/testing",
]


def tree(root: Path, name: str, text: str) -> Path:
    """Make a tree with the package's folders and one module."""
    for folder in SKELETON:
        (root / folder).mkdir(parents=True)
    for module in ("contract", "models"):
        (root / f"jumpgate/compute/{module}.py").touch()
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    return root


def test_jumpgate_keeps_the_layer_rule() -> None:
    assert [str(violation) for violation in check_layers.check_imports(ROOT)] == []


def test_no_core_file_names_a_cloud() -> None:
    assert [str(violation) for violation in check_layers.check_words(ROOT)] == []


@pytest.mark.parametrize(("name", "text", "rule"), FORBIDDEN)
def test_a_forbidden_import_is_one_line_with_its_place_and_rule(
    tmp_path: Path, name: str, text: str, rule: str
) -> None:
    found = [str(violation) for violation in check_layers.check_imports(tree(tmp_path, name, text))]

    assert len(found) == 1
    assert found[0].startswith(f"{name}:{len(text.splitlines())}: ")
    assert rule in found[0]


@pytest.mark.parametrize(("name", "text"), ALLOWED)
def test_an_import_down_the_layers_is_allowed(tmp_path: Path, name: str, text: str) -> None:
    assert list(check_layers.check_imports(tree(tmp_path, name, text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "# as on AWS",
        "if driver == 'softlayer':",
        "class LxdServers:",
        "class AWSSession:",
        "def from_azure_id():",
        "HOST = 'VMware'",
        "vSphere = DigitalOcean = None",
        "from acme import x",
    ],
)
@pytest.mark.parametrize(
    "name",
    ["jumpgate/common/ids.py", "jumpgate/api.py", "jumpgate/compute/handlers/servers.py", "jumpgate/store/x.sql"],
)
def test_a_cloud_named_in_the_core_is_found(tmp_path: Path, name: str, text: str) -> None:
    found = list(check_layers.check_words(tree(tmp_path, name, f"\n{text}\n")))

    assert {(str(violation.path), violation.line) for violation in found} == {(name, 2)}


@pytest.mark.parametrize("text", ["laws = draws(jaws)", "OS-EC2 = 'docker'", "alxdb", "# an acmeist"])
def test_other_words_are_no_clouds(tmp_path: Path, text: str) -> None:
    assert list(check_layers.check_words(tree(tmp_path, "jumpgate/common/ids.py", text))) == []


@pytest.mark.parametrize("name", ["jumpgate/clouds/acme/session.py", "jumpgate/compute/drivers/acme/servers.py"])
def test_drivers_and_clouds_may_name_their_cloud(tmp_path: Path, name: str) -> None:
    assert list(check_layers.check_words(tree(tmp_path, name, "# AWS and acme"))) == []


def test_the_command_prints_each_violation_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path, "jumpgate/common/ids.py", "import jumpgate.store\n# aws\n")

    assert check_layers.main([str(root)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "jumpgate/common/ids.py:1: jumpgate.common.ids may not import jumpgate.store (common imports common only)",
        "jumpgate/common/ids.py:2: the core names a cloud: aws",
    ]


def test_the_command_is_silent_about_a_good_tree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_layers.main([str(tree(tmp_path, "jumpgate/common/ids.py", "import json"))]) == 0
    assert capsys.readouterr().out == ""
