"""The generated documentation: written once, then checked against the code."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import generate_docs


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(generate_docs, "GENERATED", {"docs/a.md": lambda: "a\n", "docs/b.md": lambda: "b\n"})
    monkeypatch.setattr(generate_docs, "undocumented", lambda _docs: [])
    generate_docs.main([], root=tmp_path)
    return tmp_path


def test_what_was_just_written_is_not_stale(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    assert generate_docs.main(["--check"], root=root) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("change", [lambda path: path.write_text("old"), Path.unlink])
def test_check_names_the_stale_file_and_leaves_it(
    root: Path, change: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    change(root / "docs/b.md")
    before = sorted(root.rglob("*.md"))
    capsys.readouterr()

    assert generate_docs.main(["--check"], root=root) == 1
    assert capsys.readouterr().out == "docs/b.md is stale: run `make docs`\n"
    assert sorted(root.rglob("*.md")) == before


def test_the_endpoint_page_has_every_service_and_every_endpoint() -> None:
    page = generate_docs.endpoints_page()

    for service, title in generate_docs.SERVICES.items():
        module = importlib.import_module(f"jumpgate.{service}.endpoints")
        assert f"## {title}\n" in page
        for endpoint in module.ENDPOINTS:
            assert f"| `{endpoint.name}` | `{endpoint.templates[0]}`" in page
