"""A real LXD of its own: a daemon with its state in a temporary folder, in a network namespace that it cannot leave.

It has one storage pool (``default``, a directory) and one bridge (``lxdbr0``). It runs on Linux as root only.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.waiting import wait_until

PROGRAMS = ("lxd", "lxc", "ip", "unshare", "nsenter", "mount", "dnsmasq", "nft", "busybox", "tar")
PACKAGES = "lxd lxd-client dnsmasq-base nftables iproute2 busybox-static"
BRIDGE = "lxdbr0"
GATEWAY = "10.66.0.1"

# The daemon sees the devices of its own network namespace in a /sys of its own, below which the control groups of the
# machine are put back: without the first there are no bridges, without the second no containers.
ENTER = """
set -e
mount --rbind /sys/fs/cgroup "$HELD"
exec nsenter --net="/run/netns/$NETNS" sh -c '
    set -e
    mount -t sysfs sysfs /sys
    mount --rbind "$HELD" /sys/fs/cgroup
    ip link set lo up
    exec "$@"
' sh "$@"
"""
PRESEED = f"""
networks:
- {{name: {BRIDGE}, type: bridge, config: {{ipv4.address: {GATEWAY}/24, ipv4.nat: "false", ipv6.address: none}}}}
storage_pools:
- {{name: default, driver: dir}}
profiles:
- name: default
  devices:
    root: {{type: disk, path: /, pool: default}}
    eth0: {{type: nic, name: eth0, network: {BRIDGE}}}
"""


class Unavailable(Exception):
    """This machine cannot run LXD; the text says what is missing."""


@dataclass(slots=True)
class RunningLxd:
    """A daemon that runs. `folder` holds its state and its log, `namespace` is the name of its network namespace."""

    folder: Path
    namespace: str
    process: subprocess.Popen[bytes]

    @property
    def socket(self) -> str:
        """The path of the Unix socket."""
        return str(self.folder / "lxd" / "unix.socket")

    @property
    def log(self) -> str:
        """What the daemon has written so far."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def lxc(self, *arguments: str, text: str | None = None) -> str:
        """Run LXD's own client and return what it prints; raise AssertionError with its complaint."""
        return self._run("lxc", *arguments, text=text)

    def init(self) -> None:
        """Give a new daemon its pool, its bridge and its default profile."""
        self.preseed(PRESEED)

    def preseed(self, seed: str) -> None:
        """Give a new daemon what a seed, in YAML, tells."""
        self._run(*self._entered("lxd", "init", "--preseed"), text=seed)

    def inside(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the daemon's network namespace, where the servers' addresses are."""
        return subprocess.run(self._entered(*command), capture_output=True, text=True, check=False)

    def _entered(self, *command: str) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.namespace}", *command]

    def pings(self, address: str) -> bool:
        """Tell whether an address answers a ping within a second."""
        return self.inside("busybox", "ping", "-c", "1", "-W", "1", address).returncode == 0

    def stop(self) -> None:
        """Shut the daemon down, the containers first; `begin` starts it again with all that it had."""
        if self.process.poll() is None:
            self._run("lxd", "shutdown", "--timeout", "10")
            self.process.wait(timeout=30)
        self._end_leftovers()

    def begin(self) -> None:
        """Start the daemon again after `stop`, and wait until it answers."""
        self.process = _started(self.folder, self.namespace)
        self._run("lxd", "waitready", "--timeout", "30")

    def kill(self) -> None:
        """End the daemon as a crash does: containers go on."""
        self.process.kill()
        self.process.wait(timeout=10)

    def _run(self, *command: str, text: str | None = None) -> str:
        done = subprocess.run(
            command, env=self._environment(), input=text or "", capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}{done.stdout}"
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {**_unproxied(), "LXD_DIR": str(self.folder / "lxd"), "LXD_CONF": str(self.folder / "client")}

    def _end_leftovers(self) -> None:
        """End what LXD leaves in the namespace: its DHCP servers hold the bridge's address."""
        found = subprocess.run(["ip", "netns", "pids", self.namespace], capture_output=True, text=True, check=False)
        for pid in found.stdout.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                continue


@contextmanager
def running_lxd() -> Iterator[RunningLxd]:
    """Run a daemon for as long as the block runs; raise Unavailable where it cannot be."""
    check_machine()
    with running_daemon(f"jg-{os.getpid()}") as lxd:
        lxd.init()
        yield lxd


@contextmanager
def running_daemon(namespace: str) -> Iterator[RunningLxd]:
    """Run a daemon that has nothing yet, in a network namespace that is made for it."""
    folder = Path(tempfile.mkdtemp(prefix="jumpgate-lxd-"))
    # The root of a container is nobody here and must get through to its own files.
    folder.chmod(0o711)
    for name in ("lxd", "client", "cgroup"):
        (folder / name).mkdir()
    subprocess.run(["ip", "netns", "add", namespace], check=True, capture_output=True)
    lxd = RunningLxd(folder, namespace, _started(folder, namespace))
    try:
        wait_until(lambda: lxd.process.poll() is not None or Path(lxd.socket).exists(), timeout_s=30)
        if lxd.process.poll() is not None:
            raise Unavailable(f"LXD does not run here: {lxd.log[-500:]}")
        lxd._run("lxd", "waitready", "--timeout", "30")
        yield lxd
    finally:
        _remove(lxd)


def check_machine() -> None:
    """Raise Unavailable, naming what is missing."""
    if os.geteuid() != 0:
        raise Unavailable("LXD needs root, and these tests run without")
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise Unavailable(f"no {', '.join(missing)} here (on Debian: apt-get install {PACKAGES})")
    probe = ["unshare", "--mount", "--net", "mount", "-t", "sysfs", "sysfs", "/sys"]
    tried = subprocess.run(probe, capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise Unavailable(f"root may not make a network namespace here: {tried.stderr.strip()}")


def _unproxied() -> dict[str, str]:
    """Return this process's environment without proxies, which know nothing of what is in a namespace."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def _started(folder: Path, namespace: str) -> subprocess.Popen[bytes]:
    environment = {
        **_unproxied(),
        "LXD_DIR": str(folder / "lxd"),
        "HELD": str(folder / "cgroup"),
        "NETNS": namespace,
    }
    command = ["lxd", "--group", "root", "--logfile", str(folder / "log")]
    with (folder / "output").open("ab") as output:
        return subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _remove(lxd: RunningLxd) -> None:
    """End the daemon with everything that it started, and remove its namespace and its files."""
    try:
        lxd.stop()
    except (AssertionError, subprocess.TimeoutExpired):
        lxd.process.kill()
    finally:
        lxd._end_leftovers()
        subprocess.run(["ip", "netns", "delete", lxd.namespace], check=False, capture_output=True)
        shutil.rmtree(lxd.folder, ignore_errors=True)


def build_image(folder: Path) -> Path:
    """Build an LXD image of about a megabyte from busybox, and return the tarball.

    It gets its addresses by DHCP on every interface, runs a getty on its console, and says ``TINY READY`` there. What
    cloud-init would do it does in a line: the keys of the NoCloud metadata go to root's authorized_keys.
    """
    root = folder / "rootfs"
    for name in ("bin", "sbin", "etc", "proc", "sys", "dev", "run", "tmp", "root", "usr/share/udhcpc"):
        (root / name).mkdir(parents=True)
    busybox = shutil.which("busybox") or "/bin/busybox"
    shutil.copy(busybox, root / "bin/busybox")
    listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for applet in listed:
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    (root / "sbin/init").symlink_to("../bin/busybox")
    for path, text in FILES.items():
        (root / path).write_text(text)
    for path in ("etc/net.sh", "usr/share/udhcpc/default.script", "bin/chpasswd"):
        (root / path).chmod(0o755)
    (folder / "metadata.yaml").write_text(METADATA)
    image = folder / "tiny.tar.gz"
    owners = ["--numeric-owner", "--owner=0", "--group=0"]
    subprocess.run(["tar", *owners, "-czf", image, "-C", folder, "metadata.yaml", "rootfs"], check=True)
    return image


METADATA = "architecture: x86_64\ncreation_date: 1700000000\nproperties: {os: busybox, description: busybox tiny}\n"
FILES = {
    "etc/inittab": (
        "::sysinit:/bin/ip link set lo up\n::sysinit:/etc/net.sh\nconsole::respawn:/bin/getty -L console 0 linux\n"
    ),
    "etc/net.sh": (
        "#!/bin/sh\n"
        "for path in /sys/class/net/eth*; do\n"
        "  name=${path##*/}\n"
        "  ip link set $name up && udhcpc -i $name -q -n -t 10 -T 1 -s /usr/share/udhcpc/default.script\n"
        "done\n"
        'echo "TINY READY $(hostname)" > /dev/console\n'
        # A getty that begins throws away what nobody has read of the console yet.
        "sleep 0.2\n"
    ),
    "usr/share/udhcpc/default.script": (
        '#!/bin/sh\ncase "$1" in bound|renew)\n'
        "  ip addr flush dev $interface; ip addr add $ip/${mask:-24} dev $interface\n"
        '  [ -n "$router" ] && ip route add default via $router;;\nesac\n'
    ),
    "bin/chpasswd": (
        "#!/bin/sh\n"
        "IFS=: read -r user password\n"
        'hash=$(mkpasswd -m sha512 "$password" saltsalt)\n'
        'sed -i "s|^$user:[^:]*:|$user:$hash:|" /etc/passwd\n'
    ),
    "etc/passwd": "root::0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/hostname": "",
    "etc/hosts": "",
    "etc/resolv.conf": "",
}
