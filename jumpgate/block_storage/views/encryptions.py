"""The encryption of volume types in JSON."""

from __future__ import annotations

from jumpgate.block_storage.models.operators import Encryption
from jumpgate.block_storage.views.volumes import created_at, updated_at
from jumpgate.common.fields import Field, View
from jumpgate.common.ids import Kind

# The row of Cinder's database, as it is.
ENCRYPTION: View[Encryption] = View(
    Field("volume_type_id", kind=Kind.VOLUME_TYPE),
    Field("encryption_id", "id"),
    Field("provider"),
    Field("control_location"),
    Field("cipher"),
    Field("key_size", "key_size_bits"),
    Field("created_at", created_at),
    Field("updated_at", updated_at),
    Field("deleted_at", lambda _model, _scene: None),
    Field("deleted", lambda _model, _scene: False),
)
