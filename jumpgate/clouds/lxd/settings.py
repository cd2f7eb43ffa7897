"""The options of ``[lxd]``: where LXD is, and what Jumpgate makes in it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from jumpgate.common.config import Config, Option, file_name, seconds
from jumpgate.common.errors import ConfigError

SECTION = "lxd"
OPTIONS = (
    Option(SECTION, "endpoint", str, "/var/lib/lxd/unix.socket", "The path of LXD's Unix socket, or an https URL."),
    Option(SECTION, "client_cert", file_name, None, "By what LXD knows Jumpgate over https: a PEM file."),
    Option(SECTION, "client_key", file_name, None, "The key of client_cert: a PEM file."),
    Option(SECTION, "server_cert", file_name, None, "By what Jumpgate knows LXD over https: a PEM file."),
    Option(SECTION, "timeout", seconds, "30", "How long a call to LXD may take, in seconds."),
    Option(SECTION, "pool", str, "default", "The storage pool of root disks and of images' copies."),
    Option(
        SECTION,
        "bridge",
        str,
        "lxdbr0",
        "The managed network of servers in a region whose network service does not keep LXD's networks.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`endpoint` is the path of LXD's Unix socket, or an https URL.

    Over https LXD knows Jumpgate by the client certificate, and Jumpgate knows LXD by its own, `server_cert`, whatever
    host it names: files in PEM. `pool` is the storage pool of root disks and images' copies. `bridge` is the managed
    network of servers in a region whose network service does not keep LXD's networks. `timeout_s` is how long a call
    may take.
    """

    endpoint: str
    client_cert: str | None
    client_key: str | None
    server_cert: str | None
    timeout_s: float
    pool: str
    bridge: str

    @classmethod
    def of(cls, config: Config) -> Settings:
        """Read the section; raise ConfigError naming the option that is missing or wrong."""
        given = {option.name: config.setting(option) for option in OPTIONS}
        made = cls(timeout_s=given.pop("timeout"), **given)
        made._check()
        return made

    @property
    def is_remote(self) -> bool:
        """Whether LXD is reached over https."""
        return not self.endpoint.startswith("/")

    def _check(self) -> None:
        if self.is_remote and not self.endpoint.startswith("https://"):
            raise ConfigError(f"[{SECTION}] endpoint = {self.endpoint}: it is a socket's path or an https URL.")
        for option in ("client_cert", "client_key", "server_cert"):
            if self.is_remote and getattr(self, option) is None:
                raise ConfigError(f"[{SECTION}] {option} is missing: LXD over https needs it.")
        if self.is_remote:
            self._check_pair()

    def _check_pair(self) -> None:
        """Raise ConfigError for a certificate and a key that cannot be shown to LXD."""
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(str(self.client_cert), self.client_key)
        except OSError as error:
            raise ConfigError(
                f"[{SECTION}] client_cert and client_key: they are no certificate and its key, in PEM."
            ) from error
