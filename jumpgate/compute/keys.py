"""SSH and X.509 keys: checking those that a user brings, making those that a user asks for.

Source: Nova's ``crypto.py``: an RSA key of 2048 bits (Nova has made those from the start, and the oldest guests take
them), a fingerprint in MD5 for SSH and SHA-1 for certificates.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from jumpgate.common.errors import BadRequest
from jumpgate.common.format import utcnow

_BITS = 2048
_LIFETIME = dt.timedelta(days=3650)
_USER_PRINCIPAL_NAME = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")


def fingerprint(public_key: str, kind: str) -> str:
    """Return the fingerprint of a key of a kind (ssh, x509); raise BadRequest for what is no such key."""
    digest = _ssh_digest(public_key) if kind == "ssh" else _certificate_digest(public_key)
    return ":".join(f"{byte:02x}" for byte in digest)


def _ssh_digest(public_key: str) -> bytes:
    try:
        serialization.load_ssh_public_key(public_key.encode())
        return hashlib.md5(base64.b64decode(public_key.split()[1]), usedforsecurity=False).digest()
    except (ValueError, IndexError, UnsupportedAlgorithm) as error:
        raise BadRequest("Keypair data is invalid: failed to generate fingerprint", reason="InvalidKeypair") from error


def _certificate_digest(certificate: str) -> bytes:
    try:
        return x509.load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA1())
    except ValueError as error:
        raise BadRequest(
            f"Keypair data is invalid: failed to generate X509 fingerprint. Error message: {error}",
            reason="InvalidKeypair",
        ) from error


def generate(kind: str, user_id: str) -> tuple[str, str]:
    """Return a new private key and its public part: an SSH key, or a PKCS #12 archive and a certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return _ssh_pair(key) if kind == "ssh" else _certificate_pair(key, user_id)


def _ssh_pair(key: rsa.RSAPrivateKey) -> tuple[str, str]:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), f"{public.decode()} Generated-by-Nova"


def _certificate_pair(key: rsa.RSAPrivateKey, user_id: str) -> tuple[str, str]:
    """Make the certificate with which a Windows guest lets its user in: the user is its principal name."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user_id[:64])])
    principal = f"{user_id}@localhost".encode()
    value = bytes([0x0C, len(principal)]) + principal  # DER: a UTF8String
    now = utcnow()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.OtherName(_USER_PRINCIPAL_NAME, value)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    archive = pkcs12.serialize_key_and_certificates(None, key, certificate, None, serialization.NoEncryption())
    return base64.b64encode(archive).decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()
