"""Nothing is undocumented: each check names what nobody has described, and the site fails on a page that is wrong."""

from __future__ import annotations

import argparse
import dataclasses
import shutil
from pathlib import Path

import pytest

from jumpgate.common import config
from jumpgate.compute.contract import Servers
from jumpgate.compute.models import Server
from jumpgate.network.contract import Networks
from tools import contract_reference, generate_docs, references, site

DOCS = generate_docs.ROOT / "docs"


def test_everything_is_documented() -> None:
    assert generate_docs.undocumented(DOCS) == []


def test_a_contract_method_without_a_docstring_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Servers.pause, "__doc__", None)

    (line,) = generate_docs.undocumented(DOCS)
    assert line == "jumpgate.compute.contract.Servers.pause (servers.pause) has no docstring"


def test_a_contract_class_and_a_model_without_a_docstring_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Networks, "__doc__", None)
    monkeypatch.setattr(Server, "__doc__", "Server(id: str, name: str)")

    assert generate_docs.undocumented(DOCS) == [
        "jumpgate.compute.models.Server has no docstring",
        "jumpgate.network.contract.Networks has no docstring",
    ]


def test_an_option_without_a_meaning_or_a_type_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def _moon(text: str) -> str:
        return text

    silent = config.Option("server", "silent", str, None, "")
    strange = config.Option("server", "strange", _moon, None, "What nobody can read.")
    monkeypatch.setattr(references, "OPTIONS", (*config.OPTIONS, silent, strange))

    assert generate_docs.undocumented(DOCS) == [
        "jumpgate.common.config: [server] silent has no meaning",
        "tools/references.py: KINDS has no word for the type of [server] strange",
    ]


def test_an_option_that_is_read_past_its_declaration_is_named(tmp_path: Path) -> None:
    package = tmp_path / "jumpgate"
    package.mkdir()
    (package / "moon.py").write_text('SECTION = "moon"\nphase = config.getint(SECTION, "phase")\n')

    assert list(references.undeclared_options(package)) == [
        "jumpgate/moon.py:2 reads an option that no OPTIONS declares"
    ]


def test_the_options_of_drivers_are_on_the_page() -> None:
    page = references.configuration_page()

    assert all(
        f"| `{name}` |" in page for name in ("compute_endpoint", "endpoint_url", "client_cert", "image_size_cap")
    )


def test_the_drivers_page_counts_what_passed(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests" / "conformance").mkdir(parents=True)
    name = "tempest.api.image.v2.test_images.ListTest.test_list"
    (tmp_path / "docs" / "conformance.csv").write_text(f"test,outcome\n{name},pass\n{name}_2,skip\n")
    (tmp_path / "docs" / "conformance-passthrough.csv").write_text(f"test,direct,through\n{name},pass,fail\n")
    for cloud in ("softlayer", "lxd"):
        (tmp_path / "tests" / "conformance" / f"interop-{cloud}.txt").write_text("# not offered: a.b.c\n")

    rows = [line for line in references.results_table(tmp_path) if line.startswith("| image |")]

    assert [row.split(" | ")[1:3] for row in rows] == [["1 of 2", "0 of 1"]]


def test_a_command_without_a_page_and_an_option_that_its_page_leaves_out_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DOCS / "commands", tmp_path / "commands")
    (tmp_path / "commands" / "routes.md").write_text("jumpgate routes [--config FILE] [--state DIR]")
    wanted = references.commands() | {"dance": argparse.ArgumentParser("dance")}
    wanted["drivers"].add_argument("--loud")
    monkeypatch.setattr(references, "commands", lambda: wanted)

    assert sorted(references.undocumented_commands(tmp_path)) == [
        "docs/commands/dance.md is missing: jumpgate dance has no page",
        "docs/commands/routes.md does not tell of --unused",
        "jumpgate drivers --loud has no help",
    ]


def test_an_endpoint_that_its_page_does_not_have_is_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from jumpgate.image import endpoints

    shutil.copytree(DOCS, tmp_path / "docs")
    more = dataclasses.replace(endpoints.ENDPOINTS[0], name="v9_moon")
    monkeypatch.setattr(endpoints, "ENDPOINTS", (*endpoints.ENDPOINTS, more))

    assert generate_docs.main(["--check"], root=tmp_path) == 1
    assert capsys.readouterr().out == "docs/endpoints.md is stale: run `make docs`\n"


def test_the_contract_reference_has_every_method_with_its_models_in_their_places() -> None:
    page = contract_reference.page("network", "Network")

    for resource, contract in contract_reference.resources("network").items():
        for method in contract_reference.methods(contract):
            assert f"### {resource}.{method}\n" in page
    assert "`create(ctx: Context, spec: NetworkSpec) -> Network`" in page
    assert "`find(ctx: Context, query: Query) -> Iterable[Network]` · *required*" in page
    assert "| `mtu` | <code>int</code> | `1500` |" in page


def test_the_table_of_drivers_says_what_each_overrides() -> None:
    offers = references.drivers("compute")

    assert "pause" in offers["embedded"]["servers"]
    assert "find" in offers["softlayer"]["servers"]
    assert "live_migrate" not in offers["softlayer"]["servers"]
    assert "openstack" not in offers


def test_the_configuration_page_has_every_option_with_its_type_and_default() -> None:
    page = references.configuration_page()

    assert "| `port` | port, 1 to 65535 | `8000` | The port that all services" in page
    assert "| `log_format` | text or json | `text` |" in page
    assert all(f"| `{option.name}` |" in page for option in config.OPTIONS)


@pytest.mark.slow
def test_the_site_fails_on_pages_that_are_wrong(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    docs = tmp_path / "docs"
    shutil.copytree(DOCS, docs)
    with (docs / "architecture.md").open("a") as page:
        page.write("\n[no page](nowhere.md) [no heading](tutorial-raw.md#no-such-heading)\n")
    (docs / "odd.md").write_text("# A page that skips a level\n\n### As this one does\n")

    assert site.build(tmp_path / "site", docs=docs) != 0
    complaints = capfd.readouterr().err
    assert all(wrong in complaints for wrong in ("nowhere.md", "no-such-heading", "odd.md"))


@pytest.mark.slow
def test_the_site_has_the_pages_that_are_made_of_the_code(tmp_path: Path) -> None:
    assert site.main(["--output", str(tmp_path / "site")]) == 0

    page = (tmp_path / "site" / "reference" / "contract" / "compute.html").read_text()
    assert "servers.live_migrate" in page
    assert (tmp_path / "site" / "reference" / "configuration.html").is_file()
