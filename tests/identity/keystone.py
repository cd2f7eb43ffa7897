"""The embedded identity service with real tokens, and the calls that most of its tests begin with."""

from __future__ import annotations

import itertools
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from falcon.testing import Result

from tests.support.cloud import Cloud

V3 = "/identity/v3"
V2 = "/identity/v2.0"
AUTH = f"{V3}/auth/tokens"
PASSWORD = "correct horse"
SYSTEM = {"system": {"all": True}}

Json = dict[str, Any]


class Keystone(Cloud):
    """An identity service; what stands in `clouds.yaml` are its first two users."""

    def __init__(self, state: Path, options: str = "", *, extra: str = "") -> None:
        """`options` are further lines of the ``[identity]`` section, `extra` further sections."""
        super().__init__(state, "identity", options={"identity": options}, extra=extra)
        self.state = state
        self._numbers = itertools.count(1)

    @property
    def clouds(self) -> Json:
        """What `clouds.yaml` says."""
        content: Json = yaml.safe_load((self.state / "clouds.yaml").read_text())["clouds"]
        return content

    def known_password(self, user: str) -> str:
        """Return the password of admin or demo."""
        names = {"admin": "jumpgate-admin", "demo": "jumpgate"}
        return str(self.clouds[names[user]]["auth"]["password"])

    @cached_property
    def admin(self) -> str:
        """A token of admin on the project admin."""
        return self.token("admin", self.known_password("admin"), project="admin")

    @cached_property
    def system(self) -> str:
        """A token of admin on the system."""
        return self.token("admin", self.known_password("admin"), scope=SYSTEM)

    @cached_property
    def demo(self) -> str:
        """A token of demo, a member of the project demo."""
        return self.token("demo", self.known_password("demo"), project="demo")

    def login(self, user: str, password: str = PASSWORD, *, scope: Any = None, query: str = "", **named: Any) -> Result:
        """Log in a user of the default domain; `scope` is Keystone's."""
        who = {"name": user, "domain": {"id": "default"}, **named, "password": password}
        auth: Json = {"identity": {"methods": ["password"], "password": {"user": who}}}
        if scope is not None:
            auth["scope"] = scope
        return self.post(None, AUTH + query, {"auth": auth})

    def token(self, user: str, password: str = PASSWORD, *, project: str = "", scope: Any = None) -> str:
        """Return a token, on a project of the default domain or another scope."""
        if project:
            scope = {"project": {"name": project, "domain": {"id": "default"}}}
        result = self.login(user, password, scope=scope)
        assert result.status_code == 201, result.text
        return str(result.headers["X-Subject-Token"])

    def rescope(self, token: str, scope: Any = None, path: str = AUTH) -> Result:
        """Log in with a token."""
        auth: Json = {"identity": {"methods": ["token"], "token": {"id": token}}}
        if scope is not None:
            auth["scope"] = scope
        return self.post(None, path, {"auth": auth})

    def show(self, token: str, subject: str | None = None, query: str = "") -> Result:
        """Validate a token, by default with itself."""
        return self.get(token, AUTH + query, headers={"X-Subject-Token": subject or token})

    def works(self, token: str) -> bool:
        """Tell whether a token is taken for valid."""
        result = self.get(token, f"{V3}/auth/projects")
        assert result.status_code in (200, 401), result.text
        return result.status_code == 200

    def make(self, kind: str, /, **attributes: Any) -> Json:
        """Create a user, project, domain, group or role and return it; a name is made up."""
        body = {"name": f"{kind}-{next(self._numbers)}", **attributes}
        if kind == "user":
            body.setdefault("password", PASSWORD)
        result = self.post(self.admin, f"{V3}/{kind}s", {kind: body})
        assert result.status_code == 201, result.text
        made: Json = result.json[kind]
        return made

    def id_of(self, kind: str, name: str) -> str:
        """Return the id of the thing of a name."""
        found = self.get(self.admin, f"{V3}/{kind}s?name={name}").json[f"{kind}s"]
        assert len(found) == 1
        return str(found[0]["id"])

    def grant(self, role: str, who: Json, place: str, *, actor: str = "users") -> str:
        """Assign a role to a user (or group) at a place, ``projects/ID``, and return the path of the assignment."""
        path = f"{V3}/{place}/{actor}/{who['id']}/roles/{self.id_of('role', role)}"
        result = self.put(self.admin, path)
        assert result.status_code == 204, result.text
        return path

    def member(self, role: str = "member") -> tuple[Json, Json, str]:
        """Make a user with a role on a project of the user's own; return both and a token."""
        user, project = self.make("user"), self.make("project")
        self.grant(role, user, f"projects/{project['id']}")
        return user, project, self.token(user["name"], scope={"project": {"id": project["id"]}})

    def in_domain(self, role: str) -> tuple[Json, str]:
        """Make a domain and a user in it with a role on it; return the domain and a token scoped to it."""
        domain = self.make("domain")
        user = self.make("user", domain_id=domain["id"])
        self.grant(role, user, f"domains/{domain['id']}")
        scope = {"domain": {"id": domain["id"]}}
        result = self.login(user["name"], id=user["id"], domain={"id": domain["id"]}, scope=scope)
        assert result.status_code == 201, result.text
        return domain, str(result.headers["X-Subject-Token"])


def message(result: Result) -> str:
    """Return what an error says, after a look at its form."""
    error = result.json["error"]
    assert error["code"] == result.status_code
    assert set(error) == {"code", "message", "title"}
    return str(error["message"])
