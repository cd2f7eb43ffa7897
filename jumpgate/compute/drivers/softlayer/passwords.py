"""The passwords that SoftLayer makes for its guests, shown as Nova shows those that guests make: encrypted."""

from __future__ import annotations

import base64
from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from jumpgate.clouds.softlayer.session import Record
from jumpgate.clouds.softlayer.values import at, text
from jumpgate.common.context import Context
from jumpgate.compute.drivers.softlayer.notes import Note

MASK = "mask[id,notes,sshKeys[key],operatingSystem[id,passwords[username,password]]]"
_ADMINISTRATORS = ("root", "Administrator")


class Passwords:
    """What ``nova get-password`` decrypts. `record` asks for a guest, `renote` changes its notes."""

    def __init__(self, record: Callable[[Context, str, str], Record], renote: Callable[..., None]) -> None:
        self._record = record
        self._renote = renote

    def encrypted(self, ctx: Context, server_id: str) -> str:
        """Return the administrator's password in base64, encrypted with the guest's own SSH key.

        It is "" where there is none yet, where the guest has no RSA key, with which alone one can encrypt, and from
        when the password was cleared until the guest is installed anew.
        """
        guest = self._record(ctx, server_id, MASK)
        password = _password(guest)
        keys = [_rsa_key(text(item, "key")) for item in at(guest, "sshKeys") or ()]
        usable = next((key for key in keys if key is not None), None)
        if not password or usable is None or Note.read(text(guest, "notes")).hides_password:
            return ""
        return base64.b64encode(usable.encrypt(password.encode(), padding.PKCS1v15())).decode()

    def clear(self, ctx: Context, server_id: str) -> None:
        """Show the password no more; the guest, and SoftLayer's portal, keep it."""
        self._renote(ctx, server_id, hides_password=True)


def _password(guest: Record) -> str:
    known = {text(item, "username"): text(item, "password") for item in at(guest, "operatingSystem.passwords") or ()}
    return next((known[name] for name in _ADMINISTRATORS if name in known), next(iter(known.values()), ""))


def _rsa_key(public_key: str) -> rsa.RSAPublicKey | None:
    try:
        key = load_ssh_public_key(public_key.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPublicKey) else None
