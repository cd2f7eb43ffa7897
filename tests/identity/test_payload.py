"""The bytes of a token."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from jumpgate.identity.models import SYSTEM, UNSCOPED, Payload, Scope
from jumpgate.identity.tokens.payload import METHODS, decode, encode, new_audit_id

NOW = dt.datetime(2025, 1, 31, 12, 0, 0, 123456, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=1)
LONGEST = 255

ids = st.one_of(
    st.uuids().map(lambda value: value.hex),
    st.uuids().map(str),
    st.uuids().map(lambda value: value.hex.upper()),
    st.text(min_size=1, max_size=60),
)
scopes = st.one_of(
    st.just(UNSCOPED), st.just(SYSTEM), st.builds(Scope, project_id=ids), st.builds(Scope, domain_id=ids)
)
payloads = st.builds(
    Payload,
    user_id=ids,
    scope=scopes,
    methods=st.lists(st.sampled_from(METHODS), unique=True).map(lambda found: tuple(m for m in METHODS if m in found)),
    issued_at=st.just(NOW),
    expires_at=st.just(LATER),
    audit_ids=st.lists(st.builds(new_audit_id), min_size=1, max_size=2).map(tuple),
    application_credential_id=st.none() | ids,
    trust_id=st.none() | ids,
    secrets=st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3),
)


def payload(**changes: object) -> Payload:
    values = {
        "user_id": uuid.uuid4().hex,
        "scope": Scope(project_id=uuid.uuid4().hex),
        "methods": ("password", "token"),
        "issued_at": NOW,
        "expires_at": LATER,
        "audit_ids": (new_audit_id(), new_audit_id()),
    }
    return Payload(**{**values, **changes})  # type: ignore[arg-type]


@given(payloads)
def test_what_was_written_is_read(written: Payload) -> None:
    assert decode(encode(written)) == written


@given(st.binary(max_size=200))
def test_bytes_that_are_no_payload_are_refused(data: bytes) -> None:
    try:
        decode(data)
    except ValueError:
        return
    assert data[:1] in (b"\x01", b"\x02")


@given(payloads, st.integers(min_value=0, max_value=40))
def test_a_payload_that_is_cut_short_is_refused(written: Payload, size: int) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        decode(encode(written)[:size])


def test_a_token_fits_in_255_characters() -> None:
    longest = encode(payload(application_credential_id=uuid.uuid4().hex))
    assert len(Fernet(Fernet.generate_key()).encrypt(longest).rstrip(b"=")) <= LONGEST


def test_an_endless_id_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        encode(payload(user_id="x" * 300))


def test_audit_ids_are_fresh_and_short() -> None:
    found = {new_audit_id() for _ in range(100)}
    assert len(found) == 100
    assert {len(audit_id) for audit_id in found} == {22}


def test_secrets_are_not_in_the_repr() -> None:
    assert "hunter2" not in repr(payload(secrets={"key": "hunter2"}))
