"""The limits of projects and of classes of projects."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from jumpgate.store.engine import Store
from jumpgate.store.quotas import Quotas

# Nova's defaults; -1 is no limit. The last four are the network service's, which is asked for them nowhere here.
QUOTAS = {
    "instances": 10,
    "cores": 20,
    "ram": 51_200,
    "metadata_items": 128,
    "injected_files": 5,
    "injected_file_content_bytes": 10_240,
    "injected_file_path_bytes": 255,
    "key_pairs": 100,
    "server_groups": 10,
    "server_group_members": 10,
    "fixed_ips": -1,
    "floating_ips": -1,
    "security_groups": -1,
    "security_group_rules": -1,
}
# What the names of classes begin with where projects' ids stand.
_CLASS = "class:"


class ComputeQuotas:
    """The limits of projects, which begin at those of the class ``default``."""

    def __init__(self, store: Store, service: str) -> None:
        self._store = store
        self._service = service

    def class_limits(self, name: str) -> dict[str, int]:
        """Return the limits of a class, which are kept like a project's."""
        return self._built_in().limits(_CLASS + name)

    def set_class(self, name: str, limits: Mapping[str, int]) -> None:
        """Change limits of a class."""
        self._built_in().set(_CLASS + name, limits)

    def _built_in(self) -> Quotas:
        return Quotas(self._store, self._service, QUOTAS)

    def _current(self) -> Quotas:
        return Quotas(self._store, self._service, self.class_limits("default"))

    def limits(self, project_id: str) -> dict[str, int]:
        """Return every resource's limit for a project."""
        return self._current().limits(project_id)

    def set(self, project_id: str, limits: Mapping[str, int]) -> None:
        """Give a project limits of its own."""
        self._built_in().set(project_id, limits)

    def reset(self, project_id: str) -> None:
        """Give a project the defaults again."""
        self._built_in().reset(project_id)

    def check(
        self, connection: sa.Connection, project_id: str, asked: Mapping[str, int], in_use: Mapping[str, int]
    ) -> None:
        """Raise OverQuota if `asked` more of a resource exceeds its limit; called where `in_use` was counted."""
        self._current().check(connection, project_id, asked, in_use)
