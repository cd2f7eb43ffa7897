"""An image through the passthrough: the same bytes on both sides, in a worker that does not grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks import process, transfers
from tests.support.calls import log_in
from tests.support.served import Served

MIB = 256
MOST_GROWTH_MIB = 32


@pytest.mark.timeout(240)
def test_an_image_goes_up_and_down_in_constant_memory(serve: Callable[..., Served], tmp_path: Path) -> None:
    behind = serve()
    login = log_in(behind.state)
    headers = {"X-Auth-Token": login.token}

    with process.passthrough(behind.url, tmp_path, mounted=True) as front, an_image(login) as image_id:
        url = f"{front.url}/image/v2/images/{image_id}/file"
        peak = transfers.Peak(front.worker_pids()[0])
        up = transfers.upload(url, headers, MIB)
        down = transfers.download(url, headers)
        growth_mib = peak.growth_mib()
        stored = login.call("image", f"/v2/images/{image_id}").json

    print(f"{MIB} MiB: {up.mib_per_second:.0f} MiB/s up, {down.mib_per_second:.0f} down, {growth_mib:.1f} MiB more")
    assert up.checksum == down.checksum
    assert (stored["size"], stored["status"]) == (MIB * transfers.MIB, "active")
    assert growth_mib < MOST_GROWTH_MIB


@contextmanager
def an_image(login: Any) -> Iterator[str]:
    body = {"name": "large", "disk_format": "raw", "container_format": "bare"}
    image_id = str(login.call("image", "/v2/images", "POST", body).json["id"])
    yield image_id
    login.call("image", f"/v2/images/{image_id}", "DELETE")
