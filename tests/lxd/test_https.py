"""LXD over https: each side knows the other by its certificate, and says so clearly when it does not."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from jumpgate.clouds.lxd.session import Session
from jumpgate.clouds.lxd.settings import OPTIONS, Settings
from jumpgate.common.config import Config
from jumpgate.common.errors import CloudUnreachable, ConfigError
from tests.support.lxd import RunningLxd
from tests.support.namespaces import entered

PORT = 8443
NOTHING = {
    "source": {"type": "none"},
    "profiles": [],
    "devices": {"root": {"type": "disk", "path": "/", "pool": "default"}},
}
_names = itertools.count(1)


@dataclass(frozen=True)
class Identity:
    """A certificate and its key: files in PEM."""

    cert: Path
    key: Path


def new_identity(folder: Path) -> Identity:
    """Return a new self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"jumpgate-{next(_names)}")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    found = Identity(folder / f"{name.rfc4514_string()}.crt", folder / f"{name.rfc4514_string()}.key")
    found.cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    found.key.write_bytes(pem)
    return found


@pytest.fixture
def remote(lxd: RunningLxd, tmp_path: Path) -> Iterator[Settings]:
    """LXD that listens for https, and settings that it trusts. The test works in LXD's network namespace."""
    lxd.lxc("config", "set", "core.https_address", f"127.0.0.1:{PORT}")
    mine = new_identity(tmp_path)
    lxd.lxc("config", "trust", "add", str(mine.cert), "--name", mine.cert.stem)
    with entered(lxd.namespace):
        options = (
            f"endpoint = https://127.0.0.1:{PORT}",
            f"client_cert = {mine.cert}",
            f"client_key = {mine.key}",
            f"server_cert = {lxd.folder / 'lxd' / 'server.crt'}",
            "timeout = 10",
        )
        yield Settings.of(Config.from_text("\n".join(["[lxd]", *options])))
    lxd.lxc("config", "unset", "core.https_address")


def test_calls_operations_and_events_go_over_https(remote: Settings) -> None:
    session = Session(remote)
    session.events.listen()
    assert session.events._connected
    session.post("instances", body={"name": "distant", **NOTHING})
    assert session.get("instances", "distant")["status"] == "Stopped"
    session.delete("instances", "distant")


def test_another_server_than_the_pinned_one_is_told_and_gets_nothing(remote: Settings, tmp_path: Path) -> None:
    other = new_identity(tmp_path)
    with pytest.raises(CloudUnreachable, match="certificate is not the one of server_cert") as refused:
        Session(replace(remote, server_cert=str(other.cert))).get("instances")
    assert refused.value.headers == {"Retry-After": "5"}
    _tells_no_secret(refused.value.message, remote)


def test_a_client_that_lxd_does_not_trust_is_told_what_to_do(remote: Settings, lxd: RunningLxd, tmp_path: Path) -> None:
    stranger = new_identity(tmp_path)
    settings = replace(remote, client_cert=str(stranger.cert), client_key=str(stranger.key))
    session = Session(settings)
    with pytest.raises(CloudUnreachable, match="lxc config trust add") as refused:
        session.get("instances")
    _tells_no_secret(refused.value.message, settings)
    lxd.lxc("config", "trust", "add", str(stranger.cert), "--name", stranger.cert.stem)
    assert session.get("instances") == []


def test_trust_that_is_taken_away_is_told_too(remote: Settings, lxd: RunningLxd) -> None:
    session = Session(remote)
    session.get("instances")
    mine = x509.load_pem_x509_certificate(Path(str(remote.client_cert)).read_bytes())
    lxd.lxc("config", "trust", "remove", mine.fingerprint(hashes.SHA256()).hex())
    with pytest.raises(CloudUnreachable, match="lxc config trust add"):
        session.get("instances")


def test_a_key_of_another_certificate_ends_the_start(remote: Settings, tmp_path: Path) -> None:
    other = new_identity(tmp_path)
    values = {**asdict(replace(remote, client_key=str(other.key))), "timeout": "10"}
    known = {option.name for option in OPTIONS}
    lines = [f"{name} = {value}" for name, value in values.items() if name in known]
    (tmp_path / "jumpgate.conf").write_text("\n".join(["[lxd]", *lines]))
    with pytest.raises(ConfigError, match="client_cert and client_key") as refused:
        Settings.of(Config.from_file(tmp_path / "jumpgate.conf"))
    assert str(other.key) not in str(refused.value)


def test_https_that_nobody_listens_for_is_unreachable(remote: Settings) -> None:
    with pytest.raises(CloudUnreachable, match="does not answer"):
        Session(replace(remote, endpoint="https://127.0.0.1:9")).get("instances")


def _tells_no_secret(message: str, settings: Settings) -> None:
    assert "KEY" not in message
    assert str(settings.client_key) not in message
