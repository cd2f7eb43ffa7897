"""docs/tutorial-typed.md works: each section's files are written, and its commands run against a server of its own."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import served
from tests.support.ports import find_free_port
from tests.support.served import Served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PAGE = Path(__file__).parents[1] / "docs" / "tutorial-typed.md"
BLOCK = re.compile(r"(?:^`([^`\n]+)`((?:, instead of [^:\n]*)?):\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FIRST_PART = "A cloud in one file"


def sections() -> dict[str, str]:
    """The page's sections by their headings."""
    _, *parts = re.split(r"^## (.+)\n", PAGE.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


SECTIONS = sections()


class Reader:
    """Somebody who does what the page says, section after section, in a folder for each of its two clouds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = find_free_port()
        self.transcripts: dict[str, list[tuple[str, str, str]]] = {}
        self._exports: dict[Path, list[str]] = {}

    def read_to(self, heading: str) -> list[tuple[str, str, str]]:
        """Do a section, and before it those that were not done yet; return its commands, outputs and the page's."""
        for each in SECTIONS:
            if each not in self.transcripts:
                self.transcripts[each] = self._do(each)
            if each == heading:
                break
        return self.transcripts[heading]

    def _do(self, heading: str) -> list[tuple[str, str, str]]:
        place = self.folder / ("first" if heading == FIRST_PART else "rack")
        place.mkdir(exist_ok=True)
        blocks = BLOCK.findall(SECTIONS[heading])
        for caption, more, _, text in blocks:
            if caption:
                self._write(place / caption, text, replaces_sections=bool(more))
        commands = [pair for _, _, language, text in blocks if language == "console" for pair in _commands(text)]
        if not commands:
            return []
        if (place / "jumpgate_rack").is_dir() and not (place / "rack").exists():
            (place / "jumpgate_rack" / "__init__.py").touch()
            first, *commands = commands
            self._run(place, first[0])
        server = self._serve(place)
        try:
            return [(command, self._run(place, command), wanted) for command, wanted in commands]
        finally:
            server.kill()

    def _write(self, path: Path, text: str, *, replaces_sections: bool) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = text.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{self.port}")
        if not replaces_sections:
            path.write_text(text)
            return
        config = configparser.ConfigParser(interpolation=None)
        config.read(path)
        config.read_string(text)
        with path.open("w") as file:
            config.write(file)

    def _serve(self, place: Path) -> Served:
        conf = ("--config", "jumpgate.conf")
        return served.start(place / "state", self.port, *conf, environment={"PYTHONPATH": _python_path()}, folder=place)

    def _run(self, place: Path, command: str) -> str:
        """Run a command as in a terminal in which those before it were typed; return what it says."""
        exports = self._exports.setdefault(place, [])
        if command.startswith("export "):
            exports.append(command)
        shell = f'jumpgate() {{ {shlex.quote(sys.executable)} -m jumpgate.cli "$@"; }}\n'
        done = subprocess.run(
            ["bash", "-c", shell + "\n".join([*exports, command])],
            cwd=place,
            env={**_environment(), "PYTHONPATH": _python_path()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout


def _commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block and the output that the page shows below it."""
    _, *parts = re.split(r"^\$ (.+)\n", text, flags=re.MULTILINE)
    yield from zip(parts[::2], parts[1::2], strict=True)


def _comparable(output: str) -> str:
    """Return an output without the counts of the contract suite, which grows."""
    return re.sub(r"\d+ (?=passed|skipped)", "some ", output.strip())


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "JUMPGATE_", "PYTEST"))}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def _python_path() -> str:
    """The folder of the reader and the checkout whose page is read."""
    return os.pathsep.join([".", str(PAGE.parents[1])])


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(tmp_path_factory.mktemp("reader"))


def test_the_first_cloud_has_at_most_60_lines() -> None:
    (code,) = (text for caption, _, _, text in BLOCK.findall(SECTIONS[FIRST_PART]) if caption == "my_cloud.py")

    assert len(code.splitlines()) <= 60


def test_every_block_is_a_file_or_commands() -> None:
    for caption, _, language, text in BLOCK.findall(PAGE.read_text()):
        assert bool(caption) != (language == "console"), text
    assert PAGE.read_text().count("\n```") == 2 * len(BLOCK.findall(PAGE.read_text()))


def test_every_file_of_the_package_is_on_the_page() -> None:
    listed = set(re.findall(r"^      (\w+\.py)$", PAGE.read_text(), re.MULTILINE)) - {"__init__.py"}

    assert listed == {
        Path(name).name for name, *_ in BLOCK.findall(PAGE.read_text()) if name.startswith("jumpgate_rack/")
    }


@pytest.mark.parametrize("heading", SECTIONS)
def test_the_section_does_what_it_says(heading: str, reader: Reader) -> None:
    for command, said, wanted in reader.read_to(heading):
        assert _comparable(said) == _comparable(wanted), f"$ {command}"
