"""What the DNS and DHCP server of a bridge (dnsmasq) is told of ports: their names, and their extra DHCP options.

LXD's own names are off (``dns.mode``): it takes one instance of a name on a bridge, and each project has its own names.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping

from jumpgate.clouds.lxd.notes import PREFIX, notes

# The domain of ports that name no other, as it is shown in their ``dns_assignment``.
DOMAIN = "openstacklocal"
# What follows it in a bridge's raw.dnsmasq is Jumpgate's and written anew, what is before is not.
MARK = "# What follows is of ports"
_KEY = "raw.dnsmasq"


def own_lines(config: Mapping[str, str]) -> list[str]:
    """Return the lines that a bridge adds to the configuration of its DNS and DHCP server, but for those of ports."""
    lines = config.get(_KEY, "").splitlines()
    return lines[: lines.index(MARK)] if MARK in lines else lines


def with_ports(config: Mapping[str, str]) -> dict[str, str]:
    """Return a bridge's keys with the lines of the ports that they keep; those of others' bridges stay as they are."""
    if PREFIX + "network" not in config:
        return dict(config)
    ours = [*_names(config), *_options(config)]
    lines = [*own_lines(config), *([MARK, *ours] if ours else [])]
    rest = {key: text for key, text in config.items() if key != _KEY}
    return {**rest, _KEY: "\n".join(lines)} if lines else rest


def _names(config: Mapping[str, str]) -> Iterator[str]:
    prefixes = [text for text in (config.get(f"ipv{version}.address", "none") for version in (4, 6)) if "/" in text]
    if not prefixes:
        return
    search = config.get("dns.domain", DOMAIN)
    yield f"domain={search}"
    yield f"local=/{DOMAIN}/"
    for text in prefixes:
        # Ports without a name are known by their addresses: host-10-0-0-5.
        yield f"synth-domain={DOMAIN},{ipaddress.ip_interface(text).network},host-"
    for port in sorted(notes(config, "port"), key=lambda note: str(note["id"])):
        if port.get("dns_name"):
            domains = dict.fromkeys((port.get("dns_domain", "").rstrip(".") or DOMAIN, search))
            names = [f"{port['dns_name'].rstrip('.')}.{domain}" for domain in domains]
            yield from (f"host-record={','.join(names)},{address}" for address in port["addresses"])


def _options(config: Mapping[str, str]) -> Iterator[str]:
    for port in sorted(notes(config, "port"), key=lambda note: str(note["id"])):
        options = port.get("extra_dhcp_opts", ())
        if options:
            yield f"dhcp-mac=set:{port['id']},{port['mac_address']}"
        for option in options:
            name = option["name"] if option["name"].isdigit() else f"option:{option['name']}"
            yield f"dhcp-option=tag:{port['id']},{name},{option['value']}"
