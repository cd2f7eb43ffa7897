"""What a client of 2014 does: a token of Identity v2.0, then Nova's v2 and Cinder at the addresses that came with it.

make serve                                       # in one terminal
export OS_AUTH_URL=http://127.0.0.1:8000/identity/v2.0 OS_TENANT_NAME=demo OS_USERNAME=demo
export OS_PASSWORD=...                           # in another; .state/clouds.yaml has it
python examples/2014.py
"""

from __future__ import annotations

import json
import os
import urllib.request
from typing import Any

VOLUME_TYPES = ("volume", "volumev2", "volumev3")


def call(url: str, *, token: str | None = None, body: object = None) -> Any:
    """Send one request, a POST where there is a body, and return the JSON of the answer."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if token is not None:
        headers["X-Auth-Token"] = token
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as response:
        return json.load(response)


def authenticate(auth_url: str, tenant: str, username: str, password: str) -> Any:
    """Return the ``access`` of a password: the token, the user and the service catalog."""
    credentials = {"username": username, "password": password}
    body = {"auth": {"tenantName": tenant, "passwordCredentials": credentials}}
    return call(f"{auth_url.rstrip('/')}/tokens", body=body)["access"]


def endpoint(access: Any, *types: str) -> str:
    """Return the public URL of the first service of one of these types."""
    urls = {service["type"]: service["endpoints"][0]["publicURL"] for service in access["serviceCatalog"]}
    return str(next(urls[name] for name in types if name in urls)).rstrip("/")


def main() -> None:
    """Print the tenant's servers, the flavors and the tenant's volumes."""
    access = authenticate(*(os.environ[f"OS_{name}"] for name in ("AUTH_URL", "TENANT_NAME", "USERNAME", "PASSWORD")))
    token, tenant = access["token"]["id"], access["token"]["tenant"]
    print(f"tenant {tenant['name']} ({tenant['id']}), token until {access['token']['expires']}")
    for types, plural in ((("compute",), "servers"), (("compute",), "flavors"), (VOLUME_TYPES, "volumes")):
        url = f"{endpoint(access, *types)}/{plural}"
        found = call(url, token=token)[plural]
        print(f"GET {url}: {len(found)}")
        for item in found:
            print(f"  {item['id']} {item.get('name') or item.get('display_name') or ''}")


if __name__ == "__main__":
    main()
