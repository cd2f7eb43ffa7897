"""What a cloud's drivers say on a machine without their client library."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jumpgate import cli
from jumpgate.common.config import SERVICE_NAMES

LIBRARIES = {"lxd": "pylxd", "softlayer": "SoftLayer"}


@pytest.mark.parametrize("cloud", LIBRARIES)
def test_a_missing_library_is_one_sentence_that_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cloud: str
) -> None:
    for name in [*sys.modules]:
        if name.startswith((f"jumpgate.clouds.{cloud}", f"jumpgate.compute.drivers.{cloud}")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, LIBRARIES[cloud], None)
    conf = tmp_path / "jumpgate.conf"
    drivers = {name: f"jumpgate.{name}.drivers.{cloud if name == 'compute' else 'embedded'}" for name in SERVICE_NAMES}
    conf.write_text("".join(f"[{name}]\ndriver = {driver}\n" for name, driver in drivers.items()))
    assert cli.main(["serve", "--config", str(conf), "--state", str(tmp_path)]) == 2
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert said.startswith(f"jumpgate: [compute] driver = jumpgate.compute.drivers.{cloud}: ")
    assert said.endswith(f"pip install 'jumpgate[{cloud}]'.")
