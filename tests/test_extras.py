"""What a cloud's drivers say on a machine without their client library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jumpgate.common.config import SERVICE_NAMES

LIBRARIES = {"lxd": "pylxd", "softlayer": "SoftLayer"}
HIDING = "import sys; sys.modules[{!r}] = None; from jumpgate.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.mark.parametrize("cloud", LIBRARIES)
def test_a_missing_library_is_one_sentence_that_names_the_extra(tmp_path: Path, cloud: str) -> None:
    drivers = {name: f"jumpgate.{name}.drivers.{cloud if name == 'compute' else 'embedded'}" for name in SERVICE_NAMES}
    conf = tmp_path / "jumpgate.conf"
    conf.write_text("".join(f"[{name}]\ndriver = {driver}\n" for name, driver in drivers.items()))
    serving = ("serve", "--config", str(conf), "--state", str(tmp_path), "--port", "8799")
    done = subprocess.run(
        [sys.executable, "-c", HIDING.format(LIBRARIES[cloud]), *serving], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    (said,) = done.stderr.strip().splitlines()
    assert said.startswith(f"jumpgate: [compute] driver = jumpgate.compute.drivers.{cloud}: ")
    assert said.endswith(f"pip install 'jumpgate[{cloud}]'.")
