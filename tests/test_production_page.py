"""docs/production.md: its configuration is valid, and a server with it stands behind a proxy as the page says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from jumpgate.common.config import Config
from tests.support.calls import call
from tests.support.served import Served
from tests.support.waiting import wait_until

PAGE = Path(__file__).parents[1] / "docs" / "production.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def test_the_configuration_is_valid() -> None:
    config = Config.from_text(blocks("ini")[0])

    assert config.value("server", "workers") == 4
    assert config.value("store", "url").startswith("postgresql+psycopg://")


@pytest.mark.slow
def test_links_are_the_proxys_and_lines_are_as_on_the_page(serve: Callable[..., Served], tmp_path: Path) -> None:
    text = re.sub(r"^(url|key_repository|state|host|port)=.*\n", "", blocks("ini")[0], flags=re.MULTILINE)
    (tmp_path / "jumpgate.conf").write_text(text)
    served = serve("--config", str(tmp_path / "jumpgate.conf"))
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "cloud.example.org", "X-Forwarded-For": "192.0.2.1"}

    answer = call(f"{served.url}/identity/v3", headers=proxied)

    assert answer.json["version"]["links"][0]["href"] == "https://cloud.example.org/identity/v3/"
    shown = json.loads(blocks("json")[0])
    wait_until(lambda: "v3_auth_index" in served.log, timeout_s=10)
    line = next(entry for entry in served.log.splitlines() if "v3_auth_index" in entry)
    assert set(json.loads(line)) == set(shown)
