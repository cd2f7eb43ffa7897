"""Servers with ports on a real LXD: all services are LXD's but identity, and the guests can be asked for anything."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from falcon.testing import Result

from tests.lxd.cloud import running_cloud
from tests.support.cloud import CALLERS, Cloud
from tests.support.lxd import RunningLxd
from tests.support.waiting import wait_until

Json = dict[str, Any]
DRIVERS: Mapping[str, str] = {name: f"jumpgate.{name}.drivers.lxd" for name in ("compute", "image", "network")}
SERVERS = "/compute/v2.1/servers"
NETWORK = "/network/v2.0"
# How long a ping, a DHCP client or a new device may take.
SOON_S = 20


@dataclass(slots=True)
class Ground:
    """One cloud, one image, and what is made on them until `stack` is closed, the latest first."""

    cloud: Cloud
    lxd: RunningLxd
    image: str
    stack: ExitStack

    def ask(self, caller: str, method: str, path: str, body: Any = None, *, status: int | None = None) -> Json:
        """Send a request to the network service, which succeeds or answers `status`, and return its body."""
        answer = self.cloud.request(caller, method, f"{NETWORK}/{path}", body)
        accepted = (status,) if status else (200, 201, 204)
        assert answer.status_code in accepted, f"{method} {path}: {answer.status_code} {answer.text}"
        body = answer.json if answer.text else {}
        return dict(body)

    def make(self, caller: str, kind: str, **values: Any) -> Json:
        """Make a thing of the network service, which goes at the end if it is still there."""
        plural = kind.replace("_", "-") + "s"
        made: Json = self.ask(caller, "POST", plural, {kind: values})[kind]
        self.stack.callback(self.cloud.delete, caller, f"{NETWORK}/{plural}/{made['id']}")
        return made

    def change(self, caller: str, kind: str, thing_id: str, **values: Any) -> Json:
        """Change a thing of the network service."""
        changed: Json = self.ask(caller, "PUT", f"{kind}s/{thing_id}", {kind: values})[kind]
        return changed

    def show(self, caller: str, kind: str, thing_id: str) -> Json:
        """Return a thing of the network service."""
        shown: Json = self.ask(caller, "GET", f"{kind}s/{thing_id}")[kind]
        return shown

    def network(self, caller: str, cidr: str, **subnet: Any) -> Json:
        """Make a network with one subnet; the network knows its `subnet_id`."""
        made = self.make(caller, "network", name=f"n-{cidr}")
        version = 6 if ":" in cidr else 4
        block = self.make(caller, "subnet", network_id=made["id"], ip_version=version, cidr=cidr, **subnet)
        return {**made, "subnet_id": block["id"]}

    def group(self, caller: str, *rules: Mapping[str, Any]) -> str:
        """Make a security group that lets in what `rules` say, and return its id."""
        group_id: str = self.make(caller, "security_group", name=f"g-{len(rules)}")["id"]
        for rule in rules:
            self.allow(caller, group_id, **rule)
        return group_id

    def allow(self, caller: str, group_id: str, **rule: Any) -> str:
        """Add an ingress rule to a group and return its id."""
        wanted = {"direction": "ingress", "ethertype": "IPv4", **rule, "security_group_id": group_id}
        made = self.ask(caller, "POST", "security-group-rules", {"security_group_rule": wanted})
        rule_id: str = made["security_group_rule"]["id"]
        self.stack.callback(self.cloud.delete, caller, f"{NETWORK}/security-group-rules/{rule_id}")
        return rule_id

    def default_group(self, caller: str) -> str:
        """Return the id of a project's default group."""
        found = self.ask(caller, "GET", "security-groups?name=default")["security_groups"]
        own = CALLERS[caller].project_id
        return str(next(item["id"] for item in found if item["project_id"] == own))

    def server(self, caller: str, name: str, *networks: Mapping[str, str], **more: Any) -> Guest:
        """Start a server, and wait until it is ACTIVE; it goes at the end if it is still there."""
        guest = self.begin(caller, name, networks=list(networks), **more)
        assert wait_until(guest.is_settled, timeout_s=60), guest.shown()
        assert guest.shown()["status"] == "ACTIVE", guest.shown()
        return guest

    def begin(self, caller: str, name: str, *, version: str = "2.79", **more: Any) -> Guest:
        """Ask for a server."""
        made = self._ask_for_server(caller, name, version, more)
        assert made.status_code == 202, made.text
        guest = Guest(self, caller, name, made.json["server"]["id"])
        self.stack.callback(guest.remove)
        return guest

    def refuses(self, caller: str, status: int, **more: Any) -> None:
        """Ask for a server that cannot be."""
        answer = self._ask_for_server(caller, "refused", "2.79", more)
        assert answer.status_code == status, answer.text

    def _ask_for_server(self, caller: str, name: str, version: str, more: Mapping[str, Any]) -> Result:
        body = {"server": {"name": name, "imageRef": self.image, "flavorRef": "42", **more}}
        return self.cloud.post(caller, SERVERS, body, version=f"compute {version}")


@dataclass(frozen=True, slots=True)
class Guest:
    """A server of a caller's project."""

    ground: Ground
    caller: str
    name: str
    id: str

    def shown(self) -> Json:
        """Return what the compute service says of it."""
        answer = self.ground.cloud.get(self.caller, f"{SERVERS}/{self.id}", version="compute 2.79")
        server: Json = answer.json["server"]
        return server

    def is_settled(self) -> bool:
        """Tell whether nothing is being done with it."""
        server = self.shown()
        return server["OS-EXT-STS:task_state"] is None and server["status"] != "BUILD"

    def addresses(self) -> list[str]:
        """Return the addresses that the compute service tells, in their order there."""
        return [item["addr"] for items in self.shown()["addresses"].values() for item in items]

    def act(self, action: str, body: Any = None, *, status: int = 202) -> None:
        """Send an action."""
        answer = self.ground.cloud.post(self.caller, f"{SERVERS}/{self.id}/action", {action: body})
        assert answer.status_code == status, answer.text

    def interfaces(self) -> list[Json]:
        """Return its interfaces."""
        answer = self.ground.cloud.get(self.caller, f"{SERVERS}/{self.id}/os-interface")
        found: list[Json] = answer.json["interfaceAttachments"]
        return found

    def plug(self, status: int = 200, **attachment: Any) -> Json:
        """Attach an interface."""
        body = {"interfaceAttachment": attachment}
        answer = self.ground.cloud.post(self.caller, f"{SERVERS}/{self.id}/os-interface", body)
        assert answer.status_code == status, answer.text
        return dict(answer.json.get("interfaceAttachment", answer.json))

    def unplug(self, port_id: str) -> None:
        """Detach an interface."""
        answer = self.ground.cloud.delete(self.caller, f"{SERVERS}/{self.id}/os-interface/{port_id}")
        assert answer.status_code == 202, answer.text

    def remove(self) -> None:
        """Delete it, and wait until it is gone; that it is gone already is no error."""
        url = f"{SERVERS}/{self.id}"
        assert self.ground.cloud.delete(self.caller, url).status_code in (204, 404)
        assert wait_until(lambda: self.ground.cloud.get(self.caller, url).status_code == 404, timeout_s=60)

    @property
    def _project(self) -> tuple[str, str]:
        return "--project", f"os-{CALLERS[self.caller].project_id}"

    def lxc(self, *arguments: str) -> str:
        """Run LXD's own client in the guest's project."""
        return self.ground.lxd.lxc(*arguments, *self._project)

    def run(self, command: str) -> str:
        """Run a shell's command line in the guest and return what it prints, whatever becomes of it."""
        return self.ground.lxd.lxc("exec", self.name, *self._project, "--", "sh", "-c", f"({command}) 2>&1; true")

    def device(self, name: str = "eth0") -> Mapping[str, str]:
        """Return a NIC as LXD has it."""
        found = self.ground.lxd.lxc("config", "device", "show", self.name, *self._project)
        return parsed_devices(found).get(name, {})

    def asks_for_an_address(self, device: str) -> None:
        """Let the guest's DHCP client ask for an interface's address, as it did when it started."""
        self.run(f"ip link set {device} up; udhcpc -i {device} -q -n -t 10 -T 1 -s /usr/share/udhcpc/default.script")

    def has(self, address: str, device: str = "eth0") -> bool:
        """Tell whether an interface of the guest has an address within a while."""
        wanted = f" {address}/"
        return wait_until(lambda: wanted in self.run(f"ip addr show {device}"), timeout_s=SOON_S)

    def pings(self, address: str) -> bool:
        """Tell whether an address answers the guest's ping within a second."""
        version = "-6" if ":" in address else "-4"
        return "OK" in self.run(f"ping {version} -c 1 -W 1 {address} >/dev/null && echo OK")

    def gets(self, address: str, port: int) -> str:
        """Return what a TCP server says that is asked for nothing; an empty text where it cannot be reached."""
        return self.run(f"nc -w 1 {address} {port} </dev/null 2>/dev/null").strip()

    def listens(self, port: int) -> None:
        """Let a TCP server greet each caller with the guest's name."""
        self.run(f"nc -ll -p {port} -e echo {self.name} >/dev/null 2>&1 &")
        assert wait_until(lambda: f":{port} " in self.run("netstat -ltn"), timeout_s=5)

    def inside(self) -> list[str]:
        """Return the command that runs a program of this machine in the guest's network."""
        state = self.ground.lxd.lxc("query", f"/1.0/instances/{self.name}/state?project={self._project[1]}")
        return ["nsenter", f"--net=/proc/{json.loads(state)['pid']}/ns/net"]

    def takes(self, *addresses: str) -> None:
        """Give an interface the addresses alone that its user sets by hand, with the length of their prefix."""
        commands = (("flush", "scope", "global"), *(("add", item, "nodad") for item in addresses))
        for command, *more in commands:
            place = [command, *more, "dev", "eth0"] if command == "add" else [command, "dev", "eth0", *more]
            subprocess.run([*self.inside(), "ip", "-6", "addr", *place], check=True)

    def records(self, port: int) -> list[str]:
        """Return a list to which each datagram is added that arrives at a UDP port."""
        return record(self.inside(), port, self.ground.stack)

    def sends(self, text: str, address: str, port: int) -> None:
        """Send a datagram by UDP."""
        send(self.inside(), text, address, port)


LISTENER = """
import socket, sys
place = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
place.bind(("::", int(sys.argv[1])))
print("ready")
while True:
    text, (sender, *_) = place.recvfrom(1500)
    print(text.decode(), "from", sender.removeprefix("::ffff:"))
"""
SENDER = """
import socket, sys
text, address, port = sys.argv[1:]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
socket.socket(family, socket.SOCK_DGRAM).sendto(text.encode(), (address, int(port)))
"""


def record(inside: Sequence[str], port: int, stack: ExitStack) -> list[str]:
    """Return a list to which each datagram is added that arrives at a UDP port of some network."""
    command = [*inside, sys.executable, "-uc", LISTENER, str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    stack.callback(_end, process)
    assert process.stdout.readline() == "ready\n"
    arrived: list[str] = []
    threading.Thread(target=_collect, args=(process.stdout, arrived), daemon=True).start()
    return arrived


def send(inside: Sequence[str], text: str, address: str, port: int) -> None:
    """Send a datagram by UDP from some network."""
    subprocess.run([*inside, sys.executable, "-c", SENDER, text, address, str(port)], check=False)


@dataclass(frozen=True, slots=True)
class Outside:
    """The world beside LXD's host: a network namespace of its own, which knows how to get to some prefixes only."""

    namespace: str
    address: str = "203.0.113.2"

    def inside(self) -> list[str]:
        """Return the command that runs a program of this machine out there."""
        return ["nsenter", f"--net=/run/netns/{self.namespace}"]

    def pings(self, address: str) -> bool:
        """Tell whether an address answers a ping within a second."""
        command = [*self.inside(), "busybox", "ping", "-c", "1", "-W", "1", address]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def run(self, *command: str) -> str:
        """Run a program out there and return what it prints."""
        return subprocess.run([*self.inside(), *command], capture_output=True, text=True, check=True).stdout


@contextmanager
def the_outside(lxd: RunningLxd, *prefixes: str) -> Iterator[Outside]:
    """Give the world outside, from which `prefixes` are routed to LXD's host."""
    outside = Outside(f"{lxd.namespace}-out")
    subprocess.run(["ip", "netns", "add", outside.namespace], check=True)
    try:
        lxd.inside("ip", "link", "add", "uplink", "type", "veth", "peer", "name", "eth0", "netns", outside.namespace)
        lxd.inside("ip", "addr", "add", "203.0.113.1/24", "dev", "uplink")
        lxd.inside("ip", "link", "set", "uplink", "up")
        outside.run("ip", "link", "set", "lo", "up")
        outside.run("ip", "addr", "add", f"{outside.address}/24", "dev", "eth0")
        outside.run("ip", "link", "set", "eth0", "up")
        for prefix in prefixes:
            outside.run("ip", "route", "add", prefix, "via", "203.0.113.1")
        yield outside
    finally:
        subprocess.run(["ip", "netns", "delete", outside.namespace], check=False)


def _collect(lines: IO[str], arrived: list[str]) -> None:
    arrived.extend(line.strip() for line in lines)


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


def parsed_devices(text: str) -> Mapping[str, Mapping[str, str]]:
    """Return devices as LXD's client prints them: an unindented name, and two more columns for its keys."""
    found: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        key, _, value = line.strip().partition(": ")
        if line.startswith(" "):
            found[list(found)[-1]][key] = value.strip('"')
        else:
            found[key.rstrip(":")] = {}
    return found


@contextmanager
def network_ground(state: Path, lxd: RunningLxd, tarball: Path) -> Iterator[Ground]:
    """Give a ground with an image, as long as the block runs."""
    with running_cloud(state, lxd, DRIVERS) as cloud, ExitStack() as stack:
        body = {"name": "guest", "disk_format": "raw", "container_format": "bare", "visibility": "public"}
        image_id = cloud.post("admin", "/image/v2/images", body).json["id"]
        stack.callback(cloud.delete, "admin", f"/image/v2/images/{image_id}")
        headers = {"Content-Type": "application/octet-stream"}
        data = tarball.read_bytes()
        assert cloud.put("admin", f"/image/v2/images/{image_id}/file", data, headers=headers).status_code == 204
        yield Ground(cloud, lxd, image_id, stack)
