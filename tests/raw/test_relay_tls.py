"""TLS to the service behind the passthrough: a CA file, insecure only when asked."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.raw.passthrough import passing
from tests.support.gateway import application, serving
from tests.support.ports import LOOPBACK
from tests.support.service import Service, running_service
from tests.support.wire import ask


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that it has signed itself, for the loopback address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a service")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "cert.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def service(certificate: Path) -> Iterator[Service]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with running_service(tls=context) as running:
        yield running


CASES = [("ca_file={file}\n", 200), ("insecure=true\n", 200), ("", 503), ("insecure=false\n", 503)]


@pytest.mark.parametrize(("options", "status"), CASES)
def test_the_relay_trusts_whom_it_is_told_to(service: Service, certificate: Path, options: str, status: int) -> None:
    app = application(options.format(file=certificate), compute=service.url)

    with serving(app) as relayed, relayed.connect() as client:
        answers = [ask(client, "PUT /compute/x", "Content-Length: 4", body=b"body").status for _ in range(2)]

    assert answers == [status, status]
    assert [received.body for received in service.received] == ([b"body"] * 2 if status == 200 else [])


@pytest.mark.parametrize(("options", "status"), CASES)
def test_so_does_the_passthrough_under_another_server(
    service: Service, certificate: Path, options: str, status: int
) -> None:
    client = passing(options.format(file=certificate), compute=service.url)

    assert client.simulate_get("/compute/x").status_code == status


def test_a_certificate_for_another_name_is_not_the_services(service: Service, certificate: Path) -> None:
    app = application(f"ca_file={certificate}\n", compute=service.url.replace(LOOPBACK, "localhost"))

    with serving(app) as relayed, relayed.connect() as client:
        assert ask(client, "GET /compute/x").status == 503
