"""The real OpenStack that the scripts of ``reference/`` in the shared folder install, start and stop."""

from __future__ import annotations

import configparser
import contextlib
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jumpgate.certify.target import Target, connect
from jumpgate.certify.tempest import Tempest
from jumpgate.common.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "JUMPGATE_SHARED"
DEFAULT_HOME = Path("/opt/refstack")
# What starts it, in this order; each does nothing where it has nothing to do.
SCRIPTS = ("install.sh", "up.sh", "tempest-setup.sh")
CLOUD = "refstack"
TYPES = {
    "identity": ("identity",),
    "compute": ("compute",),
    "image": ("image",),
    "block_storage": ("block-storage", "volumev3"),
    "network": ("network",),
}


def find_scripts() -> Path:
    """Return the folder of the scripts; raise ConfigError where there is none."""
    folder = Path(os.environ.get(VARIABLE) or ROOT.parent / "shared") / "reference"
    if not (folder / SCRIPTS[0]).is_file():
        raise ConfigError(
            f"There is no real OpenStack to compare with: {folder} has no {SCRIPTS[0]}. {VARIABLE} names the folder "
            "that has reference/."
        )
    return folder


def home() -> Path:
    """Return where the scripts keep everything."""
    return Path(os.environ.get("REFSTACK_HOME") or DEFAULT_HOME)


@dataclass(frozen=True, slots=True)
class Reference:
    """A real OpenStack that runs: what its administrator sees, and where its files are."""

    target: Target
    home: Path

    @property
    def endpoints(self) -> dict[str, str]:
        """The root of each service, without a version, by our name of the service."""
        return {name: re.sub(r"/v\d.*$", "", self._url(types)).rstrip("/") for name, types in TYPES.items()}

    def _url(self, types: tuple[str, ...]) -> str:
        kind = next(kind for kind in types if kind in self.target.catalog)
        return str(self.target.connection.session.get_endpoint(service_type=kind, interface="public"))

    def tempest(self, folder: Path, uri: str) -> Tempest:
        """Make a copy of the reference's Tempest workspace whose identity service is at `uri`."""
        original = self.home / "tempest"
        shutil.copytree(original, folder, ignore=shutil.ignore_patterns("logs", "tempest_lock"))
        (folder / "logs").mkdir()
        config = configparser.ConfigParser(interpolation=None)
        file = folder / "etc" / "tempest.conf"
        config.read(file)
        config["identity"]["uri_v3"] = uri
        config["DEFAULT"]["log_dir"] = str(folder / "logs")
        config["oslo_concurrency"]["lock_path"] = str(folder / "lock")
        with file.open("w") as stream:
            config.write(stream)
        return Tempest(folder, programs=self.home / "tempest-venv" / "bin")


@contextlib.contextmanager
def running() -> Iterator[Reference]:
    """Yield the reference; where it does not run yet, it is installed and started, and stopped at the end."""
    clouds = home() / "clouds.yaml"
    if _answers(clouds) and (home() / "tempest" / "etc" / "tempest.conf").is_file():
        yield Reference(connect(CLOUD, clouds), home())
        return
    scripts = find_scripts()
    try:
        for name in SCRIPTS:
            print(f"{scripts / name}", flush=True)
            subprocess.run([scripts / name], check=True)
        yield Reference(connect(CLOUD, clouds), home())
    finally:
        subprocess.run([scripts / "down.sh"], check=False)


def _answers(clouds: Path) -> bool:
    """Tell whether the reference's identity service answers."""
    found = re.search(r"auth_url:\s*(\S+)", clouds.read_text()) if clouds.is_file() else None
    if found is None:
        return False
    try:
        with urllib.request.urlopen(found[1], timeout=10):
            return True
    except (urllib.error.URLError, OSError):
        return False
