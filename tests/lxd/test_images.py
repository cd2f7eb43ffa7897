"""Images on a real LXD: every form in which it takes them, back the same bytes, and what boots of them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from jumpgate.clouds.lxd.session import Session
from tests.lxd.servers import PROJECT, ask, boot, remove, settled, show
from tests.support.calls import call, log_in
from tests.support.cloud import Cloud
from tests.support.lxd import RunningLxd
from tests.support.served import Served
from tests.support.waiting import wait_until

IMAGES = "/image/v2/images"
BIG_MIB = 192


@pytest.fixture(scope="module")
def forms(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of an image in every form."""
    folder, files = tmp_path_factory.mktemp("forms"), tarball.parent / "rootfs"
    owners: list[str] = ["--numeric-owner", "--owner=0", "--group=0"]
    subprocess.run(["tar", *owners, "-cJf", f"{folder}/rootfs.tar.xz", "-C", str(files), "."], check=True)
    qcow2 = folder / "disk.qcow2"
    made = {"whole": tarball.read_bytes(), "files": (folder / "rootfs.tar.xz").read_bytes()}
    if shutil.which("mksquashfs"):
        squashed = ["mksquashfs", str(files), f"{folder}/rootfs.squashfs", "-all-root", "-no-progress"]
        subprocess.run(squashed, check=True, capture_output=True)
        made["squashfs"] = (folder / "rootfs.squashfs").read_bytes()
    if shutil.which("qemu-img"):
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", qcow2, "1M"], check=True)
        made["qcow2"] = qcow2.read_bytes()
    return made


def form(forms: dict[str, bytes], name: str) -> bytes:
    if name not in forms:
        pytest.skip(f"no program here that makes a {name} (on Debian: squashfs-tools, qemu-utils)")
    return forms[name]


def upload(cloud: Cloud, data: bytes, *, status: int = 204, **properties: Any) -> dict[str, Any]:
    """Make an image with data and return what is known of it, which is nothing of the data when it is refused."""
    body = {"name": "form", "disk_format": "raw", "container_format": "bare", **properties}
    made = cloud.post("alice", IMAGES, body)
    assert made.status_code == 201, made.text
    headers = {"Content-Type": "application/octet-stream"}
    sent = cloud.put("alice", f"{IMAGES}/{made.json['id']}/file", data, headers=headers)
    assert sent.status_code == status, sent.text
    image: dict[str, Any] = cloud.get("alice", f"{IMAGES}/{made.json['id']}").json
    return {**image, "said": sent.text}


@pytest.mark.parametrize("name", ["whole", "files", "squashfs", "qcow2"])
def test_the_bytes_come_back_as_they_were_sent(cloud: Cloud, forms: dict[str, bytes], name: str) -> None:
    data = form(forms, name)
    image = upload(cloud, data, disk_format="qcow2" if name == "qcow2" else "raw")
    assert (image["status"], image["size"]) == ("active", len(data))
    assert image["checksum"] == hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert (image["os_hash_algo"], image["os_hash_value"]) == ("sha512", hashlib.sha512(data).hexdigest())
    path = f"{IMAGES}/{image['id']}/file"
    assert cloud.get("alice", path).content == data
    part = cloud.get("alice", path, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, data[100:200])
    assert cloud.delete("alice", f"{IMAGES}/{image['id']}").status_code == 204


@pytest.mark.parametrize("name", ["whole", "files", "squashfs"])
def test_a_server_of_each_form_of_a_container_runs(
    cloud: Cloud, forms: dict[str, bytes], lxd: RunningLxd, name: str
) -> None:
    image = upload(cloud, form(forms, name))
    server = boot(cloud, image["id"], f"of-{name}")
    assert lxd.lxc("exec", f"of-{name}", *PROJECT, "--", "cat", "/etc/inittab").startswith("::sysinit:")
    remove(cloud, server)
    assert cloud.delete("alice", f"{IMAGES}/{image['id']}").status_code == 204


def metadata(text: str, name: str = "metadata.yaml") -> str:
    """Return the metadata tarball of a split image as it is given to Glance."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text.encode()))
    return base64.b64encode(file.getvalue()).decode()


def test_a_split_image_is_its_root_files_with_the_metadata_as_a_property(
    cloud: Cloud, forms: dict[str, bytes], lxd: RunningLxd
) -> None:
    text = "architecture: x86_64\ncreation_date: 1700000000\nproperties: {os: mine, release: '7'}\n"
    image = upload(cloud, forms["files"], lxd_metadata=metadata(text))
    assert cloud.get("alice", f"{IMAGES}/{image['id']}/file").content == forms["files"]
    server = boot(cloud, image["id"], "split")
    (instance,) = json.loads(lxd.lxc("list", *PROJECT, "name=split", "--format", "json"))
    assert (instance["config"]["image.os"], instance["config"]["image.release"]) == ("mine", "7")
    remove(cloud, server)
    assert cloud.delete("alice", f"{IMAGES}/{image['id']}").status_code == 204


@pytest.mark.parametrize("given", ["no base64", base64.b64encode(b"no tarball").decode(), metadata("", "other.yaml")])
def test_metadata_that_are_none_are_refused_and_the_image_waits(
    cloud: Cloud, forms: dict[str, bytes], given: str
) -> None:
    image = upload(cloud, forms["files"], status=400, lxd_metadata=given)
    assert "lxd_metadata" in image["said"]
    assert (image["status"], image["checksum"]) == ("queued", None)
    assert cloud.delete("alice", f"{IMAGES}/{image['id']}").status_code == 204


def test_a_disk_of_a_virtual_machine_boots_where_the_host_can_and_is_else_refused(
    cloud: Cloud, forms: dict[str, bytes], lxd: RunningLxd
) -> None:
    image = upload(cloud, form(forms, "qcow2"), disk_format="qcow2")
    driver = json.loads(lxd.lxc("query", "/1.0"))["environment"]["driver"]
    asked = ask(cloud, image["id"], "machine")
    if "qemu" in driver:
        assert asked.status_code == 202
        remove(cloud, asked.json["server"]["id"])
    else:
        assert (asked.status_code, "virtual machines" in asked.text, "KVM" in asked.text) == (400, True, True)
    assert cloud.delete("alice", f"{IMAGES}/{image['id']}").status_code == 204


def test_a_host_that_says_it_runs_virtual_machines_is_given_one(
    cloud: Cloud, forms: dict[str, bytes], lxd: RunningLxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a host without KVM LXD itself refuses what it was given, which shows that it was given a virtual machine."""
    image = upload(cloud, form(forms, "qcow2"), disk_format="qcow2")

    def boasting(self: Session) -> Any:
        told = self.get()
        return {**told, "environment": {**told["environment"], "driver": "lxc | qemu"}}

    monkeypatch.setattr(Session, "server", property(boasting))
    asked = ask(cloud, image["id"], "boast")
    if asked.status_code == 202:
        server_id = asked.json["server"]["id"]
        assert wait_until(lambda: show(cloud, server_id)["status"] in ("ACTIVE", "ERROR"), timeout_s=60)
        if show(cloud, server_id)["status"] == "ERROR":
            assert "virtual-machine" in show(cloud, server_id)["fault"]["message"]
        remove(cloud, server_id)
    else:
        assert asked.status_code == 400
        assert 'Instance type "virtual-machine" is not supported' in asked.json["badRequest"]["message"]
    assert cloud.delete("alice", f"{IMAGES}/{image['id']}").status_code == 204


def test_an_image_of_a_server_boots_another_with_what_the_first_had(
    cloud: Cloud, forms: dict[str, bytes], lxd: RunningLxd
) -> None:
    image = upload(cloud, forms["whole"])
    first = boot(cloud, image["id"], "first")
    lxd.lxc("exec", "first", *PROJECT, "--", "sh", "-c", "echo mine > /root/mine")
    path = f"/compute/v2.1/servers/{first}/action"
    taken = cloud.post("alice", path, {"createImage": {"name": "taken"}}, version="compute 2.79").json["image_id"]
    assert wait_until(lambda: cloud.get("alice", f"{IMAGES}/{taken}").json["status"] == "active", timeout_s=60)
    settled(cloud, first, "ACTIVE")
    shown = cloud.get("alice", f"{IMAGES}/{taken}").json
    data = cloud.get("alice", f"{IMAGES}/{taken}/file").content
    assert (shown["size"], shown["os_hash_value"]) == (len(data), hashlib.sha512(data).hexdigest())
    second = boot(cloud, taken, "second")
    assert lxd.lxc("exec", "second", *PROJECT, "--", "cat", "/root/mine") == "mine\n"
    remove(cloud, first, second)
    for image_id in (taken, image["id"]):
        assert cloud.delete("alice", f"{IMAGES}/{image_id}").status_code == 204


def test_a_big_image_goes_through_in_constant_memory(
    lxd: RunningLxd, conf: Path, tmp_path: Path, serve: Callable[..., Served]
) -> None:
    served = serve("--config", str(conf))
    login = log_in(served.state)
    headers = {"X-Auth-Token": login.token, "Content-Type": "application/octet-stream"}
    url = f"{served.url}/image/v2/images"
    body = {"name": "big", "disk_format": "raw", "container_format": "bare"}

    def through(file: Path) -> int:
        """Send a file, fetch it, and return the most memory that any process of the server has had, in MiB."""
        image_id = call(url, "POST", body, headers={"X-Auth-Token": login.token}).json["id"]
        with file.open("rb") as data:
            sent = requests.put(f"{url}/{image_id}/file", data=data, headers=headers, timeout=120)
        assert sent.status_code == 204, sent.text
        digest = hashlib.sha256()
        with requests.get(f"{url}/{image_id}/file", headers=headers, stream=True, timeout=120) as got:
            for chunk in got.iter_content(1024 * 1024):
                digest.update(chunk)
        with file.open("rb") as data:
            assert digest.hexdigest() == hashlib.file_digest(data, "sha256").hexdigest()
        assert call(f"{url}/{image_id}", "DELETE", headers=headers).status == 204
        return peak_mib(served.process.pid)

    small, big = tmp_path / "small", tmp_path / "big"
    small.write_bytes(os.urandom(1024 * 1024))
    with big.open("wb") as file:
        for _ in range(BIG_MIB):
            file.write(os.urandom(1024 * 1024))
    before = through(small)
    assert through(big) - before < BIG_MIB / 4


def peak_mib(group: int) -> int:
    """Return the most memory that a process of a process group has had."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ProcessLookupError):
            if os.getpgid(int(folder.name)) == group:
                lines = (folder / "status").read_text().splitlines()
                found += [int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")]
    return max(found)


def test_nothing_of_the_images_is_left_in_lxd(cloud: Cloud, lxd: RunningLxd) -> None:
    assert [item for item in json.loads(lxd.lxc("image", "list", "--format", "json")) if item["size"] > 100_000] == []
