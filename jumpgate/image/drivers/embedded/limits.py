"""What a project may have of images, and how large one may be: options of the ``[image]`` section.

| option | default | what it bounds |
|---|---|---|
| image_size_cap | 1 TiB | one image's data, in bytes |
| image_count_total | -1 | a project's images |
| image_count_uploading | -1 | those of them whose data is coming in |
| image_size_total | -1 | their data, in MiB |
| image_stage_total | -1 | the data that waits for its import, in MiB |

-1 is no limit. A project's own limits are rows of the quotas table.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from jumpgate.common.config import Config, Option
from jumpgate.common.errors import OverQuota, TooLarge
from jumpgate.store.engine import Store
from jumpgate.store.quotas import UNLIMITED, Quotas
from jumpgate.store.tables.image import images

MIB = 1024 * 1024
DEFAULT_CAP_BYTES = 1024**4

_STAGED = ("uploading", "importing")
_IN_FLIGHT = ("saving", *_STAGED)

_MEASURES: Mapping[str, tuple[sa.ColumnElement[int], tuple[str, ...]]] = {
    "image_count_total": (sa.func.count(), ()),
    "image_count_uploading": (sa.func.count(), _IN_FLIGHT),
    "image_size_total": (sa.func.coalesce(sa.func.sum(images.c.size_bytes), 0), ("active", "deactivated")),
    "image_stage_total": (sa.func.coalesce(sa.func.sum(images.c.size_bytes), 0), _STAGED),
}
_SIZES = ("image_size_total", "image_stage_total")
RESOURCES = tuple(_MEASURES)


SIZE_CAP = Option("image", "image_size_cap", int, str(DEFAULT_CAP_BYTES), "The most bytes that one image may have.")
OPTIONS = (
    SIZE_CAP,
    *(
        Option("image", name, int, str(UNLIMITED), f"A project's limit of {what}; -1 is none.")
        for name, what in (
            ("image_count_total", "images"),
            ("image_count_uploading", "images whose data are on their way"),
            ("image_size_total", "MiB in images"),
            ("image_stage_total", "MiB of data that wait for their import"),
        )
    ),
)


class Limits:
    """The limits of every project. A client that exceeds one is answered 413, as Glance does."""

    def __init__(self, store: Store, config: Config, section: str = "image") -> None:
        self.cap_bytes = config.setting(SIZE_CAP, section)
        defaults = {option.name: config.setting(option, section) for option in OPTIONS if option is not SIZE_CAP}
        self._quotas = Quotas(store, "image", defaults)

    def limits(self, project_id: str) -> Mapping[str, int]:
        """Return the limit of each resource."""
        return self._quotas.limits(project_id)

    def used(self, connection: sa.Connection, project_id: str, resource: str) -> int:
        """Return how much of a resource a project uses."""
        measure, statuses = _MEASURES[resource]
        statement = sa.select(measure).select_from(images).where(images.c.owner == project_id)
        if statuses:
            statement = statement.where(images.c.status.in_(statuses))
        amount = int(connection.execute(statement).scalar_one())
        return -(-amount // MIB) if resource in _SIZES else amount

    def check(self, connection: sa.Connection, project_id: str, resource: str, amount: int) -> None:
        """Raise TooLarge if `amount` more of a resource exceeds the limit; sizes are given in bytes."""
        if self._quotas.limits(project_id)[resource] == UNLIMITED:
            return
        asked = {resource: -(-amount // MIB) if resource in _SIZES else amount}
        used = {resource: self.used(connection, project_id, resource)}
        try:
            self._quotas.check(connection, project_id, asked, used)
        except OverQuota as error:
            raise TooLarge(error.message) from error
