"""The options of ``[lxd]``: where LXD is, and what Jumpgate makes in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jumpgate.common.config import Config
from jumpgate.common.errors import ConfigError

SECTION = "lxd"
DEFAULT_ENDPOINT = "/var/lib/lxd/unix.socket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`endpoint` is the path of LXD's Unix socket, or an https URL.

    Over https LXD knows Jumpgate by the client certificate, and Jumpgate knows LXD by its own, `server_cert`: files in
    PEM. `pool` is the storage pool of root disks and images' copies. `bridge` is the managed network of servers in a
    region whose network service does not keep LXD's networks. `timeout_s` is how long a call may take.
    """

    endpoint: str = DEFAULT_ENDPOINT
    client_cert: str | None = None
    client_key: str | None = None
    server_cert: str | None = None
    timeout_s: float = 30.0
    pool: str = "default"
    bridge: str = "lxdbr0"

    @classmethod
    def of(cls, config: Config) -> Settings:
        """Read the section; raise ConfigError naming the option that is missing or wrong."""
        given = dict(config[SECTION]) if config.has_section(SECTION) else {}
        made = cls(
            endpoint=given.get("endpoint") or DEFAULT_ENDPOINT,
            client_cert=_file(given, "client_cert"),
            client_key=_file(given, "client_key"),
            server_cert=_file(given, "server_cert"),
            timeout_s=_seconds(given, "timeout", 30.0),
            pool=given.get("pool") or "default",
            bridge=given.get("bridge") or "lxdbr0",
        )
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


def _file(given: dict[str, str], option: str) -> str | None:
    name = given.get(option)
    if name and not Path(name).is_file():
        raise ConfigError(f"[{SECTION}] {option} = {name}: there is no such file.")
    return name or None


def _seconds(given: dict[str, str], option: str, default: float) -> float:
    text = given.get(option) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise ConfigError(f"[{SECTION}] {option} = {text}: it must be a number of seconds above 0.")
    return value
