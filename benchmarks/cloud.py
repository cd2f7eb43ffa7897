"""What is measured against: a project with servers, images and a network, made by the API or in the tables."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from jumpgate.store.engine import Store
from jumpgate.store.tables import compute, network
from tests.support.calls import Login, log_in
from tests.support.waiting import wait_until

PATIENCE_S = 60
_BATCH = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What servers are made of."""

    login: Login
    flavor_id: str
    image_id: str
    network_id: str

    def at(self, here: str, there: str) -> Ground:
        """Return the same on another server: its URLs begin with `there` instead of `here`."""
        urls = {name: url.replace(here, there) for name, url in self.login.urls.items()}
        return replace(self, login=replace(self.login, urls=urls))

    def server(self, name: str) -> dict[str, Any]:
        """Return the body that asks for a server."""
        return {
            "server": {
                "name": name,
                "flavorRef": self.flavor_id,
                "imageRef": self.image_id,
                "networks": [{"uuid": self.network_id}],
            }
        }


def _ok(answer: Any) -> Any:
    if not 200 <= answer.status < 300:
        raise RuntimeError(f"{answer.status} {answer.text}")
    return answer.json if answer.body else None


def lift_quotas(state: Path, project_id: str) -> None:
    """Take the limits away, as an administrator."""
    admin = log_in(state, "jumpgate-admin")
    servers = dict.fromkeys(("instances", "cores", "ram"), -1)
    _ok(admin.call("compute", f"/os-quota-sets/{project_id}", "PUT", {"quota_set": servers}))
    _ok(admin.call("network", f"/v2.0/quotas/{project_id}", "PUT", {"quota": {"port": -1}}))


def prepare(state: Path, *, servers: int, images: int) -> Ground:
    """Make a network, images and servers, and wait until these are ACTIVE."""
    login = log_in(state)
    lift_quotas(state, login.project_id)
    network_id = _ok(login.call("network", "/v2.0/networks", "POST", {"network": {"name": "bench"}}))["network"]["id"]
    subnet = {"network_id": network_id, "ip_version": 4, "cidr": "10.0.0.0/16"}
    _ok(login.call("network", "/v2.0/subnets", "POST", {"subnet": subnet}))
    image_ids = [_make_image(login, f"image-{number}") for number in range(images)]
    flavors = _ok(login.call("compute", "/flavors/detail"))["flavors"]
    flavor_id = min(flavors, key=lambda flavor: flavor["ram"])["id"]
    ground = Ground(login=login, flavor_id=flavor_id, image_id=image_ids[0], network_id=network_id)
    for number in range(servers):
        _ok(login.call("compute", "/servers", "POST", ground.server(f"server-{number}")))
    wait_for_servers(login)
    return ground


def _make_image(login: Login, name: str) -> str:
    body = {"name": name, "disk_format": "raw", "container_format": "bare"}
    image_id = str(_ok(login.call("image", "/v2/images", "POST", body))["id"])
    _ok(login.call("image", f"/v2/images/{image_id}/file", "PUT", os.urandom(1024)))
    return image_id


def wait_for_servers(login: Login, *, timeout_s: float = PATIENCE_S) -> bool:
    """Wait until no server is being built; tell whether that came true."""

    def is_settled() -> bool:
        return not _ok(login.call("compute", "/servers?status=BUILD&limit=1"))["servers"]

    return wait_until(is_settled, timeout_s=timeout_s, interval_s=0.2)


def marker(ground: Ground, *, behind: int) -> str:
    """Return the id of the server behind which a page begins when so many come before it."""
    found, last = 0, ""
    while found < behind:
        query = f"limit={min(1000, behind - found)}" + (f"&marker={last}" if last else "")
        servers = _ok(ground.login.call("compute", f"/servers?{query}"))["servers"]
        found, last = found + len(servers), servers[-1]["id"]
    return last


def fill(source: Path, state: Path, *, servers: int) -> None:
    """Make a copy of a state directory, nobody using it, in which a server is copied until there are so many."""
    shutil.copytree(source, state)
    store = Store(f"sqlite:///{state / 'jumpgate.sqlite'}")
    with store.read() as connection:
        here = sa.and_(compute.servers.c.deleted.is_(False), compute.servers.c.vm_state == "active")
        template = connection.execute(sa.select(compute.servers).where(here).limit(1)).one()
        count = connection.execute(sa.select(sa.func.count()).where(compute.servers.c.deleted.is_(False))).scalar_one()
        last = connection.execute(sa.select(sa.func.max(compute.servers.c.number))).scalar_one()
        owned = _rows_of(connection, template.id)
    ids = [str(uuid.uuid4()) for _ in range(servers - count)]
    for start in range(0, len(ids), _BATCH):
        batch = list(enumerate(ids[start : start + _BATCH], start + 1))
        with store.write("compute", "network") as connection:
            for table, rows in _copies(template, owned, batch, last):
                connection.execute(table.insert(), rows)
    with store.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    store.close()


def _rows_of(connection: sa.Connection, server_id: str) -> Mapping[sa.Table, sa.Row[Any]]:
    """Return the one row that each of the other tables has of a server with one port."""
    port = connection.execute(sa.select(network.ports).where(network.ports.c.device_id == server_id)).one()
    by_port = (network.addresses, network.port_groups)
    rows = {table: connection.execute(sa.select(table).where(table.c.port_id == port.id)).first() for table in by_port}
    return {network.ports: port, **{table: row for table, row in rows.items() if row is not None}}


def _copies(
    server: sa.Row[Any], owned: Mapping[sa.Table, sa.Row[Any]], batch: list[tuple[int, str]], last: int
) -> Iterator[tuple[sa.Table, list[dict[str, Any]]]]:
    """Yield the copies for each table; a port has its server's id backwards."""
    changes: Mapping[sa.Table, Callable[[int, str], dict[str, Any]]] = {
        compute.servers: lambda number, name: {
            "id": name,
            "number": last + number,
            "name": f"server-{number}",
            "created_at": server.created_at + dt.timedelta(milliseconds=number),
        },
        network.ports: lambda number, name: {
            "id": name[::-1],
            "device_id": name,
            "mac_address": ":".join(f"{byte:02x}" for byte in (0xFA, 0x17, *number.to_bytes(4))),
        },
        network.addresses: lambda number, name: {
            "port_id": name[::-1],
            "number": f"{0x0A800000 + number:032x}",
            "ip_address": f"10.{128 + (number >> 16)}.{number >> 8 & 255}.{number & 255}",
        },
        network.port_groups: lambda _number, name: {"port_id": name[::-1]},
    }
    for table, row in {compute.servers: server, **owned}.items():
        change = changes[table]
        yield table, [{**row._mapping, **change(number, name)} for number, name in batch]
