"""How large the drivers of a cloud are: a table of lines, rounded, so that not every change of a driver changes it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
_ROUNDED = 50


def table(cloud: str, services: Iterable[str]) -> list[str]:
    """Return the lines of the table: what the services share, and each of them."""
    folders = {f"shared (`jumpgate.clouds.{cloud}`)": ROOT / "jumpgate" / "clouds" / cloud}
    for service in services:
        folders[f"`jumpgate.{service}.drivers.{cloud}`"] = ROOT / "jumpgate" / service / "drivers" / cloud
    rows = [f"| {name} | {_lines(folder)} |" for name, folder in folders.items() if folder.is_dir()]
    return ["Lines of Python, rounded.", "", "| | lines |", "| --- | --- |", *rows]


def _lines(folder: Path) -> int:
    total = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in folder.glob("*.py"))
    return round(total / _ROUNDED) * _ROUNDED


def page() -> str:
    """Return the page about the drivers of clouds."""
    services = ("identity", "compute", "image", "block_storage", "network")
    lines = ["# How large the drivers are", ""]
    for cloud, title in (("lxd", "LXD"), ("softlayer", "SoftLayer"), ("embedded", "The cloud in the box")):
        lines += [f"## {title}", "", *table(cloud, services), ""]
    return "\n".join(lines)
