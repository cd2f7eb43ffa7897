"""`jumpgate.conf`: what it may hold, what it means when it says nothing, and what is wrong with it in one line."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from jumpgate.api import Jumpgate, embedded_config
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.common.errors import ConfigError

SILENT = "".join(f"[{name}]\ndriver=tests.support.silent\n" for name in SERVICE_NAMES)


def complaint(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        Config.from_text(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_empty_file_means_the_defaults() -> None:
    config = Config.from_text("")

    values = {name: config.value("server", name) for name in ("host", "port", "workers", "threads", "public_url")}
    assert values == {"host": "127.0.0.1", "port": 8000, "workers": 2, "threads": 4, "public_url": None}
    assert config.default_region == "RegionOne"
    assert [section.name for section in config.service_sections()] == list(SERVICE_NAMES)


def test_an_option_that_is_set_to_nothing_means_its_default() -> None:
    assert Config.from_text("[server]\nport=\n").value("server", "port") == 8000


def test_percent_signs_have_no_meaning() -> None:
    assert Config.from_text("[mine]\npassword=50%off%(x)s\n").get("mine", "password") == "50%off%(x)s"


@pytest.mark.parametrize(
    ("text", "value"),
    [("/compute/", "/compute"), ("compute", "/compute"), ("/", ""), ("/a/b", "/a/b"), ("//x//", "/x")],
)
def test_a_mount_is_a_path_without_a_slash_at_its_end(text: str, value: str) -> None:
    assert Config.from_text(f"[compute]\nmount={text}\n").value("compute", "mount") == value


def test_a_url_has_no_slash_at_its_end() -> None:
    config = Config.from_text("[server]\npublic_url=https://cloud.example.org/os/\n")

    assert config.value("server", "public_url") == "https://cloud.example.org/os"


def test_proxies_are_networks_with_commas_between() -> None:
    config = Config.from_text("[server]\ntrusted_proxies=10.0.0.0/8, 192.0.2.1 ,::1\n")

    networks = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "192.0.2.1/32", "::1/128")]
    assert list(config.value("server", "trusted_proxies")) == networks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[server]\nport=http", "[server] port = http: "),
        ("[server]\nport=0", "[server] port = 0: a port lies between 1 and 65535"),
        ("[server]\nport=65536", "[server] port = 65536: a port lies between 1 and 65535"),
        ("[server]\nworkers=0", "[server] workers = 0: it must be at least 1"),
        ("[server]\npublic_url=cloud.example.org", "a URL starts with http:// or https:// and names a host"),
        ("[server]\ntrusted_proxies=everybody", "[server] trusted_proxies = everybody: "),
        ("[server]\nlog_format=xml", "[server] log_format = xml: it is one of text, json"),
        ("[server]\nlog_level=loud", "it is one of debug, info, warning, error"),
        ("[compute]\nport=eight", "[compute] port = eight: "),
        ("[compute:eu]\nport=eight", "[compute:eu] port = eight: "),
        ("[identity]\ntoken_ttl=-1", "[identity] token_ttl = -1: it must be at least 1"),
        ("[compute:]\n", "[compute:] names no region: write [compute:NAME]."),
        ("[object_store:eu]\n", "[object_store:eu]: 'object_store' is no service; it is one of identity, compute, "),
    ],
)
def test_a_wrong_value_is_found_at_start_and_named(text: str, expected: str) -> None:
    assert expected in complaint(text)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"port=1", "File contains no section headers."),
        (b"[server]\nport=1\nport=2", "option 'port' in section 'server' already exists"),
        (b"[server]\n[server]\n", "section 'server' already exists"),
        (b"[server]\nno value", "contains parsing errors"),
        (b"[mine]\nname=\xff\n", "codec can't decode"),
    ],
)
def test_a_file_that_is_none_is_said_so(tmp_path: Path, content: bytes, expected: str) -> None:
    file = tmp_path / "jumpgate.conf"
    file.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        Config.from_file(file)

    assert str(caught.value).startswith(f"{file}: ")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.conf: No such file or directory"):
        Config.from_file(tmp_path / "nowhere.conf")
    with pytest.raises(ConfigError, match="Is a directory"):
        Config.from_file(tmp_path)


def test_sections_of_further_regions_come_after_the_services_own() -> None:
    config = Config.from_text("[server]\nregion=north\n[compute:south]\n[network:south]\n[mine]\n")

    assert [(section.name, section.service, section.region) for section in config.service_sections()][4:] == [
        ("network", "network", "north"),
        ("compute:south", "compute", "south"),
        ("network:south", "network", "south"),
    ]


def test_a_regions_options_are_its_own() -> None:
    config = Config.from_text("[compute]\nport=1\n[compute:south]\nport=2\n")

    assert (config.value("compute", "port"), config.value("compute:south", "port")) == (1, 2)
    assert config.value("compute:west", "port") is None


def test_the_state_directory_is_made(tmp_path: Path) -> None:
    config = Config.from_text(f"[server]\nstate={tmp_path}/a/b\n")

    assert config.state() == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_the_state_directory_of_the_command_wins(tmp_path: Path) -> None:
    config = Config.from_text(f"[server]\nstate={tmp_path}/file\n")
    config.state_directory = tmp_path / "option"

    assert config.state() == tmp_path / "option"


def test_without_a_state_directory_the_one_who_needs_it_says_so() -> None:
    with pytest.raises(ConfigError, match="name a directory with --state"):
        Config.from_text("").state()


def test_a_state_directory_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = Config.from_text(f"[server]\nstate={tmp_path}/file/below\n")

    with pytest.raises(ConfigError, match="cannot be made: Not a directory"):
        config.state()


def base_urls(text: str) -> dict[str, str]:
    app = Jumpgate(Config.from_text(SILENT + text))
    return {
        f"{disp.service.name} {disp.region}": app.base_url(disp.service.name, disp.region) for disp in app.dispatchers()
    }


@pytest.mark.parametrize(
    ("text", "place", "url"),
    [
        ("", "block_storage RegionOne", "http://127.0.0.1:8000/volume"),
        ("[server]\nhost=::1\nport=9\n", "image RegionOne", "http://[::1]:9/image"),
        ("[server]\npublic_url=https://c/os\n", "network RegionOne", "https://c/os/network"),
        ("[compute:eu]\ndriver=tests.support.silent\n", "compute eu", "http://127.0.0.1:8000/eu/compute"),
    ],
)
def test_where_a_service_stands_is_known_without_a_request(text: str, place: str, url: str) -> None:
    assert base_urls(text)[place] == url


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ("mount=/nova", "http://127.0.0.1:8000/nova"),
        ("port=8774", "http://127.0.0.1:8774"),
        ("port=8774\nmount=/nova", "http://127.0.0.1:8774/nova"),
        ("public_url=https://nova.example.org", "https://nova.example.org"),
    ],
)
def test_a_services_own_options_place_it(options: str, url: str) -> None:
    text = SILENT.replace("[compute]\n", f"[compute]\n{options}\n")

    assert Jumpgate(Config.from_text(text)).base_url("compute") == url


def test_two_services_at_one_place_are_said_so() -> None:
    text = SILENT.replace("[image]\n", "[image]\nmount=/compute\n")

    with pytest.raises(ConfigError, match=r"\[image\] stands at the same place as compute: change mount"):
        Jumpgate(Config.from_text(text))


def test_without_a_file_the_embedded_drivers_serve() -> None:
    config: Any = embedded_config()

    drivers = [config.value(name, "driver") for name in SERVICE_NAMES]
    assert drivers == [f"jumpgate.{name}.drivers.embedded" for name in SERVICE_NAMES]
