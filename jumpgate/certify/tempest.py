"""Running Tempest's commands in a workspace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from jumpgate.certify import MISSING, results
from jumpgate.certify.results import Result
from jumpgate.common.errors import ConfigError

Tests = Mapping[str, str]
"""Tests by name; the value is the name with the tags that Tempest knows it by."""


class Tempest:
    """Tempest in one workspace folder. `programs` is where its commands are, beside this Python's by default."""

    def __init__(self, folder: Path, *, programs: Path | None = None) -> None:
        self._folder = folder
        self._programs = (programs or Path(sys.executable).parent).absolute()
        self._environment = {
            **os.environ,
            "PATH": f"{self._programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONWARNINGS": "ignore",
        }

    @property
    def stream(self) -> Path:
        """Where the last run's results are, as a subunit stream."""
        return self._folder / "result.subunit"

    def init(self) -> None:
        """Make the workspace; raise ConfigError where Tempest is not installed."""
        known = ("--workspace-path", str(self._folder.parent / "workspaces.yaml"))
        self._command("tempest", "init", *known, str(self._folder), cwd=self._folder.parent)

    def tests(self, names: Iterable[str] | None = None, *, regex: str = "^tempest") -> Tests:
        """Return the tests that exist and match; where `names` are given, those of them, in their order."""
        listing = self._command("tempest", "run", "--list-tests", "--regex", regex).stdout.decode()
        lines = [line.strip() for line in listing.splitlines() if line.startswith("tempest.")]
        existing = {line.partition("[")[0]: line for line in lines}
        if names is None:
            return existing
        plain = [re.split(r"[\[#]", name)[0].strip() for name in names]
        return {name: existing[name] for name in plain if name in existing}

    def run(self, tests: Tests, *, concurrency: int) -> dict[str, Result]:
        """Run tests and return their results by name."""
        chosen = self._folder / "wanted.txt"
        chosen.write_text("".join(f"{name}\n" for name in tests.values()))
        self._command("tempest", "run", "--load-list", str(chosen), "--concurrency", str(concurrency))
        self.stream.write_bytes(self._command("stestr", "last", "--subunit").stdout)
        return results.read(self.stream, tests)

    def _command(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
        program = shutil.which(words[0], path=self._environment["PATH"])
        if program is None:
            raise ConfigError(MISSING)

        return subprocess.run(
            [program, *words[1:]], cwd=cwd or self._folder, env=self._environment, capture_output=True, check=False
        )
