"""An OpenStack project is an LXD project, made when it is first used.

Instances and custom volumes are the project's own. Images and networks are everybody's in LXD, so that they can be
public or shared as OpenStack's can; who owns one stands in its properties.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from jumpgate.clouds.lxd.etags import insist
from jumpgate.clouds.lxd.session import Session
from jumpgate.common.errors import Conflict, NotFound

# LXD's own project; what stands in it belongs to no OpenStack project of that name.
DEFAULT = "default"
KEY = "user.openstack.project"
_PREFIX = "os-"
_CONFIG = {
    "features.images": "false",
    "features.networks": "false",
    "features.profiles": "false",
    "features.storage.volumes": "true",
    "features.storage.buckets": "false",
}


class Projects:
    """LXD's projects by the ids of OpenStack's."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._known: set[str] = set()

    def name(self, project_id: str) -> str:
        """Return what a project is called in LXD, whether it is there or not."""
        return f"{_PREFIX}{project_id}"

    def ensure(self, project_id: str) -> str:
        """Return what a project is called in LXD, where it is from now on."""
        name = self.name(project_id)
        if name not in self._known:
            with self._lock:
                self._make(name, project_id)
                self._known.add(name)
        return name

    def id_of(self, name: str) -> str:
        """Return the OpenStack project of an LXD project; an LXD project that Jumpgate did not make is its own id."""
        return name.removeprefix(_PREFIX)

    def is_ours(self, name: str) -> bool:
        """Tell whether an LXD project stands for one of OpenStack's."""
        return name.startswith(_PREFIX)

    def names(self) -> list[str]:
        """Return the LXD projects that stand for OpenStack's."""
        found = self._session.find("projects")
        return [str(item["name"]) for item in found if self.is_ours(str(item["name"]))]

    def configure(self, name: str, changes: Mapping[str, str]) -> None:
        """Change keys of an LXD project, with nobody in between; an empty text removes one.

        A PATCH would do, were it not that LXD 5.0 takes the keys it does not name for changed.
        """
        insist(lambda: self._configure(name, changes), of=f"LXD's project {name}")

    def _configure(self, name: str, changes: Mapping[str, str]) -> None:
        record, etag = self._session.tagged("projects", name)
        config = {key: text for key, text in {**record["config"], **changes}.items() if text}
        self._session.put("projects", name, body={"config": config, "description": record["description"]}, etag=etag)

    def forget(self, project_id: str) -> None:
        """Look again whether a project is there when it is next used: somebody may have removed it."""
        self._known.discard(self.name(project_id))

    def _make(self, name: str, project_id: str) -> None:
        try:
            self._session.get("projects", name)
            return
        except NotFound:
            pass
        extensions = self._session.server.get("api_extensions", ())
        config = {key: value for key, value in _CONFIG.items() if key in _ALWAYS or _EXTENSION[key] in extensions}
        body = {"name": name, "description": f"OpenStack project {project_id}", "config": {**config, KEY: project_id}}
        try:
            self._session.post("projects", body=body)
        except Conflict:
            # Another worker was faster.
            self._session.get("projects", name)


_EXTENSION = {"features.storage.buckets": "storage_buckets", "features.networks": "projects_networks"}
_ALWAYS = _CONFIG.keys() - _EXTENSION.keys()
