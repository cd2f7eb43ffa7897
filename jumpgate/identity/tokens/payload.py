"""A token's payload as few bytes: an id that is a UUID takes 17, so that a token fits in 255 characters."""

from __future__ import annotations

import base64
import datetime as dt
import struct
import uuid
from io import BytesIO

import orjson

from jumpgate.identity.models import SYSTEM, UNSCOPED, Payload, Scope

METHODS = ("password", "token", "application_credential")

# How many ids each format has; the second is that of tokens with a trust.
_PLAIN, _TRUSTED = 1, 2
_IDS = {_PLAIN: 3, _TRUSTED: 4}
_HEAD = struct.Struct(">BBBQQ")
_UNSCOPED, _PROJECT, _DOMAIN, _SYSTEM = range(4)
_NO_ID, _HEX, _DASHED, _TEXT = range(4)
_AUDIT_BYTES = 16
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def encode(payload: Payload) -> bytes:
    """Write a payload; raise ValueError for an id of more than 250 bytes."""
    kind, scope_id = _scope_code(payload.scope)
    bits = sum(1 << METHODS.index(method) for method in payload.methods)
    times = (_microseconds(payload.issued_at), _microseconds(payload.expires_at))
    ids = (payload.user_id, scope_id, payload.application_credential_id, payload.trust_id)
    form = _PLAIN if payload.trust_id is None else _TRUSTED
    audits = b"".join(_unpad(audit_id) for audit_id in payload.audit_ids)
    secrets = orjson.dumps(dict(payload.secrets)) if payload.secrets else b""
    return b"".join(
        (
            _HEAD.pack(form, kind, bits, *times),
            *(_id_bytes(text) for text in ids[: _IDS[form]]),
            bytes([len(payload.audit_ids)]),
            audits,
            secrets,
        )
    )


def decode(data: bytes) -> Payload:
    """Read a payload; raise ValueError for bytes that are none."""
    stream = BytesIO(data)
    try:
        form, kind, bits, issued_us, expires_us = _HEAD.unpack(stream.read(_HEAD.size))
        if form not in _IDS:
            raise ValueError("unknown format")
        user_id, scope_id, credential_id, *more = [_read_id(stream) for _ in range(_IDS[form])]
        audit_ids = tuple(_pad(_exactly(stream, _AUDIT_BYTES)) for _ in range(_exactly(stream, 1)[0]))
        rest = stream.read()
        return Payload(
            user_id=user_id or "",
            scope=_scope(kind, scope_id),
            methods=tuple(method for place, method in enumerate(METHODS) if bits >> place & 1),
            issued_at=_EPOCH + issued_us * _MICROSECOND,
            expires_at=_EPOCH + expires_us * _MICROSECOND,
            audit_ids=audit_ids,
            application_credential_id=credential_id,
            trust_id=more[0] if more else None,
            secrets=orjson.loads(rest) if rest else {},
        )
    except (struct.error, OverflowError) as error:
        raise ValueError("no payload") from error


def new_audit_id() -> str:
    """Return a fresh audit id: 16 random bytes as 22 characters."""
    return _pad(uuid.uuid4().bytes)


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _scope_code(scope: Scope) -> tuple[int, str | None]:
    if scope.project_id is not None:
        return _PROJECT, scope.project_id
    if scope.domain_id is not None:
        return _DOMAIN, scope.domain_id
    return (_SYSTEM if scope.system else _UNSCOPED), None


def _scope(kind: int, scope_id: str | None) -> Scope:
    if kind == _PROJECT:
        return Scope(project_id=scope_id)
    if kind == _DOMAIN:
        return Scope(domain_id=scope_id)
    return SYSTEM if kind == _SYSTEM else UNSCOPED


def _id_bytes(text: str | None) -> bytes:
    """Return an id as one byte of form or length and its value."""
    if text is None:
        return bytes([_NO_ID])
    value = _uuid(text)
    if value is not None and text == value.hex:
        return bytes([_HEX]) + value.bytes
    if value is not None and text == str(value):
        return bytes([_DASHED]) + value.bytes
    encoded = text.encode()
    if len(encoded) > 255 - _TEXT:
        raise ValueError(f"The id {text!r} is too long for a token.")
    return bytes([_TEXT + len(encoded)]) + encoded


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _read_id(stream: BytesIO) -> str | None:
    form = _exactly(stream, 1)[0]
    if form == _NO_ID:
        return None
    if form in (_HEX, _DASHED):
        value = uuid.UUID(bytes=_exactly(stream, 16))
        return value.hex if form == _HEX else str(value)
    return _exactly(stream, form - _TEXT).decode()


def _exactly(stream: BytesIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise ValueError("cut short")
    return data


def _pad(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unpad(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
