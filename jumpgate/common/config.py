"""`jumpgate.conf`: a ConfigParser file, the options that Jumpgate itself reads from it, and their types.

A driver of ours declares its options in a table ``OPTIONS`` and reads them with `Config.setting`. Anybody's driver may
read its own section with the ordinary ConfigParser calls through ``app.config``.
"""

from __future__ import annotations

import configparser
import ipaddress
import re
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jumpgate.common.errors import ConfigError

SERVICE_NAMES = ("identity", "compute", "image", "block_storage", "network")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
DEFAULT_REGION = "RegionOne"


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError("a port lies between 1 and 65535")
    return port


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("it must be at least 1")
    return number


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError("it must be at least 0")
    return number


def _names(text: str) -> tuple[str, ...]:
    names = tuple(item.strip() for item in text.split(","))
    if not all(map(_NAME.fullmatch, names)) or len(set(names)) < len(names):
        raise ValueError("it is one name or more, each once, in letters, digits, '_', '.' and '-'")
    return names


def flag(text: str) -> bool:
    """Read yes or no, in ConfigParser's words."""
    words = configparser.ConfigParser.BOOLEAN_STATES
    if text.lower() not in words:
        raise ValueError("it is true or false.")
    return words[text.lower()]


def seconds(text: str) -> float:
    """Read a time in seconds, above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise ValueError("it must be a number of seconds above 0.")
    return value


def file_name(text: str) -> str:
    """Read the name of a file that is there."""
    if not Path(text).is_file():
        raise ValueError("there is no such file.")
    return text


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"it is no regular expression: {error}") from None


def url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("a URL starts with http:// or https:// and names a host")
    return text.rstrip("/")


def _mount(text: str) -> str:
    path = "/" + text.strip("/")
    return "" if path == "/" else path


def _ports(text: str) -> Container[int]:
    return range(1, 65536) if text == "any" else frozenset(_port(word) for word in text.replace(",", " ").split())


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(item.strip()) for item in text.split(",") if item.strip())


def _choice(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"it is one of {', '.join(words)}")
        return text

    return read


@dataclass(frozen=True, slots=True)
class Option:
    """An option: where it stands, how it is read, its default as text, and what it does."""

    section: str
    name: str
    read: Callable[[str], Any]
    default: str | None
    help: str


# Keystone's [security_compliance], under the same names; nothing of it is on unless it is asked for.
_PASSWORDS = (
    Option(
        "identity", "lockout_failure_attempts", _positive, None, "After how many wrong passwords a user is locked out."
    ),
    Option("identity", "lockout_duration", _positive, "1800", "How long a user stays locked out, in seconds."),
    Option(
        "identity",
        "unique_last_password_count",
        _natural,
        "0",
        "How many of a user's last passwords, the present one among them, a new one must differ from.",
    ),
    Option(
        "identity",
        "minimum_password_age",
        _natural,
        "0",
        "How many days a password that a user has chosen must be kept.",
    ),
    Option("identity", "password_expires_days", _positive, None, "After how many days a new password expires."),
    Option(
        "identity",
        "change_password_upon_first_use",
        flag,
        "false",
        "Whether a user must change a password that an administrator has set.",
    ),
    Option("identity", "password_regex", _pattern, None, "What a password must match, as a regular expression."),
    Option("identity", "password_regex_description", str, None, "What password_regex asks for, in words."),
)
_SERVER = (
    Option("server", "host", str, "127.0.0.1", "The address to listen on."),
    Option("server", "port", _port, "8000", "The port that all services without a port of their own share."),
    Option("server", "workers", _positive, "2", "The number of worker processes."),
    Option("server", "threads", _positive, "4", "The number of requests that one worker handles at a time."),
    Option("server", "public_url", url, None, "The URL at which clients reach the shared port."),
    Option("server", "trusted_proxies", _networks, "", "The proxies, as CIDRs, whose X-Forwarded-* headers count."),
    Option("server", "region", str, DEFAULT_REGION, "The name of the region of sections that name none."),
    Option("server", "log_format", _choice("text", "json"), "text", "How log lines look: text or json."),
    Option("server", "log_level", _choice("debug", "info", "warning", "error"), "info", "The least level logged."),
    Option("server", "state", str, None, "The directory for everything that Jumpgate keeps (--state wins)."),
    Option("store", "url", str, None, "The database as an SQLAlchemy URL; SQLite in the state directory by default."),
    Option("identity", "token_ttl", _positive, "3600", "How long a token is valid, in seconds."),
    Option("identity", "key_repository", str, None, "The directory of the Fernet keys; `keys` in the state directory."),
    *_PASSWORDS,
    Option(
        "compute", "console_token_ttl", _positive, "600", "How long the URL of a console can be opened, in seconds."
    ),
    Option(
        "image",
        "import_networks",
        _networks,
        "",
        "Networks, as CIDRs, from which images may be imported by URL though they are not public.",
    ),
    Option("image", "import_ports", _ports, "80,443", "The ports that an image's URL may name, or `any`."),
    Option(
        "block_storage",
        "backends",
        _names,
        "files, files2",
        "The embedded cloud's backends for volumes, in the order in which they are filled.",
    ),
)
_PER_SERVICE = (
    ("driver", str, None, "The driver: a module path, or the name of an installed driver."),
    ("mount", _mount, None, "The prefix on the shared port."),
    ("port", _port, None, "A port for this service alone, without a prefix."),
    ("public_url", url, None, "The URL at which clients reach this service."),
    ("policy_file", str, None, "A policy.yaml whose rules replace this service's defaults; read at start."),
)
OPTIONS: tuple[Option, ...] = _SERVER + tuple(
    Option(service, name, read, default, text)
    for service in SERVICE_NAMES
    for name, read, default, text in _PER_SERVICE
)
_BY_NAME = {(option.section, option.name): option for option in OPTIONS}


@dataclass(frozen=True, slots=True)
class Section:
    """A service's section: ``[compute]`` or, for a further region, ``[compute:eu]``."""

    name: str
    service: str
    region: str


class Config(configparser.ConfigParser):
    """The parsed file. `value` reads Jumpgate's own options with their type, default and check."""

    def __init__(self) -> None:
        super().__init__(interpolation=None)
        self.state_directory: Path | None = None

    @classmethod
    def from_file(cls, path: Path) -> Config:
        """Read a file; raise ConfigError when it cannot be read or a value of Jumpgate's own is wrong."""
        config = cls()
        try:
            with path.open(encoding="utf-8") as file:
                config.read_file(file)
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from error
        except (configparser.Error, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: {str(error).splitlines()[0]}") from error
        config.check()
        return config

    @classmethod
    def from_text(cls, text: str) -> Config:
        """Read a configuration from a string."""
        config = cls()
        config.read_string(text)
        config.check()
        return config

    def check(self) -> None:
        """Read every option of Jumpgate's own once, so that a bad value is found at start."""
        for section in self.service_sections():
            for name, *_ in _PER_SERVICE:
                self.value(section.name, name)
        for option in _SERVER:
            self.value(option.section, option.name)

    def value(self, section: str, name: str) -> Any:
        """Return one of Jumpgate's own options in its type, its default where it is not set."""
        return self.setting(_BY_NAME[section.partition(":")[0], name], section)

    def setting(self, option: Option, section: str | None = None) -> Any:
        """Return an option in its type, its default where it is not set; `section` is that of a further region."""
        section, name = section or option.section, option.name
        text = self.get(section, name, fallback=None) if self.has_section(section) else None
        if text is None or text == "":
            text = option.default
        if text is None:
            return None
        try:
            return option.read(text)
        except ValueError as error:
            raise ConfigError(f"[{section}] {name} = {text}: {error}") from error

    @property
    def default_region(self) -> str:
        """The region of the sections that name none."""
        region: str = self.value("server", "region")
        return region

    def service_sections(self) -> Iterator[Section]:
        """Yield the sections of services: each service's own, present or not, and those of further regions."""
        for service in SERVICE_NAMES:
            yield Section(service, service, self.default_region)
        for name in self.sections():
            service, colon, region = name.partition(":")
            if colon and service in SERVICE_NAMES:
                if not region:
                    raise ConfigError(f"[{name}] names no region: write [{service}:NAME].")
                yield Section(name, service, region)
            elif colon:
                raise ConfigError(f"[{name}]: {service!r} is no service; it is one of {', '.join(SERVICE_NAMES)}.")

    def state(self) -> Path:
        """Return the state directory, which exists; raise ConfigError where none is configured."""
        directory = self.state_directory or self.value("server", "state")
        if directory is None:
            raise ConfigError("This configuration keeps state: name a directory with --state or [server] state.")
        path = Path(directory).expanduser()
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise ConfigError(f"The state directory {path} cannot be made: {error.strerror}") from error
        return path
