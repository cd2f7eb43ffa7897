"""The page that says of each row of the published compatibility tables whether it works, and by which test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools import sizes
from tools.conformance import verdicts
from tools.softlayer_rows import ROWS

ROOT = Path(__file__).parent.parent
TITLES: Mapping[str, str] = {
    "identity": "Identity (Keystone)",
    "compute": "Compute (Nova)",
    "image": "Images (Glance)",
    "block_storage": "Block storage (Cinder)",
    "network": "Network (Neutron)",
}
TESTS: Mapping[str, str] = {
    "identity": "test_guide_identity.py",
    "compute": "test_guide_compute.py",
    "image": "test_guide_images.py",
    "block_storage": "test_guide_block_storage.py",
    "network": "test_guide_network.py",
}
# What a client of the table should know, by row.
NOTES: Mapping[tuple[str, str], str] = {
    ("POST", "v2/{tenant_id}/servers"): "on the VLANs that are named, else on SoftLayer's choice; the hint "
    "`subnet=ID` chooses a subnet; a single address, and the public network alone, are refused (400): SoftLayer sells "
    "neither",
    ("POST", "v2/{tenant_id}/servers/{server_id}/action"): "suspend, resume, resize, confirmResize, revertResize, "
    "rescue and unrescue work; changePassword and os-getConsoleOutput are refused (501): SoftLayer has no such calls",
    ("POST", "v2/{tenant_id}/images"): "of files in SoftLayer's object storage (`swift://`, `cos://`)",
    ("POST", "v2/{tenant_id}/os-keypairs/{keypair_name}"): "makes the keypair that the path names",
    ("GET", "v2/{tenant_id}/limits"): "use is the account's; SoftLayer tells no limits, so they are -1",
    ("DELETE", "v3/tokens/{token_id}"): "the token is void from then on",
    ("DELETE", "v2.0/tokens/{tokenId}"): "the token is void from then on",
}
LISTS: Mapping[str, str] = {
    "interop-softlayer.txt": "OpenStack's interoperability tests",
    "first-softlayer.txt": "The tests that the first driver was tried with",
}
TEMPEST = """\
## What Tempest finds

Two lists of Tempest's tests run against the drivers, behind which the same SoftLayer stands; each test does what is
said here of it, or the run fails. `make interop-softlayer` runs them and names each.
"""
INTRODUCTION = """\
# SoftLayer: the published compatibility tables

The developer's guide listed what the first SoftLayer driver served. Each row is here as it was published, with the test
that drives it over HTTP against a SoftLayer that keeps what it is told (`tests/fakes/softlayer`), by this path and by
the one that OpenStack's clients use today. [The drivers](softlayer.md) have a page of their own.
"""


def name_of_test(verb: str, path: str) -> str:
    """Return the name of a row's test."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", path).lower()
    slug = re.sub(r"[^a-z0-9]+", "_", words).strip("_")
    return f"test_{verb.lower()}_{slug or 'root'}"


def written_tests(service: str) -> frozenset[str]:
    """Return the names of the tests of a service's rows."""
    file = ROOT / "tests" / "softlayer" / TESTS[service]
    if not file.exists():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def page(notice: str) -> str:
    """Return the page; `notice` is its first line."""
    sections = [_section(service) for service in ROWS]
    return "\n".join([notice, INTRODUCTION, *sections, *_tempest(), _sizes()])


def _section(service: str) -> str:
    lines = [f"## {TITLES[service]}", "", "| verb | endpoint | | note | test |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*lines, *_rows(service), ""])


def _rows(service: str) -> Iterator[str]:
    tests = written_tests(service)
    for verb, path in ROWS[service]:
        name = name_of_test(verb, path)
        state, shown = ("works", f"`{name}`") if name in tests else ("is not served yet", "")
        yield f"| {verb} | `{path}` | {state} | {NOTES.get((verb, path), '')} | {shown} |"


def _tempest() -> Iterator[str]:
    """Yield what Tempest's tests do: how many of each list pass, and why the others do not."""
    yield TEMPEST
    for name, title in LISTS.items():
        file = ROOT / "tests" / "conformance" / name
        reasons: dict[str, list[str]] = {}
        for test, reason in sorted(verdicts.explained(file).items()):
            reasons.setdefault(reason, []).append(".".join(test.split(".")[-2:]))
        yield f"### {title}\n\n{len(verdicts.passing(file))} of {len(verdicts.names(file))} pass.\n"
        yield "| not passed | why |\n| --- | --- |"
        for reason, tests in reasons.items():
            yield f"| {len(tests)}: {', '.join(f'`{test}`' for test in tests)} | {reason} |"
        yield ""


def _sizes() -> str:
    return "\n".join(["## How large the drivers are", "", *sizes.table("softlayer", ROWS), ""])
