"""Who does the work: agents, and what is made for a project that asks for whatever there is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DHCP_AGENT = "DHCP agent"
L3_AGENT = "L3 agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A program that serves networks or routers on a `host`. `alive` says that it was heard of at `heartbeat_at`.

    An agent that is not `admin_state_up` gets nothing new to serve. `availability_zone` is None for a type of agent to
    which zones mean nothing.
    """

    id: str
    agent_type: str
    binary: str
    topic: str
    host: str
    availability_zone: str | None = None
    admin_state_up: bool = True
    alive: bool = True
    description: str | None = None
    configurations: Mapping[str, Any] = field(default_factory=dict)
    created_at: dt.datetime
    started_at: dt.datetime
    heartbeat_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """Nothing: agents are not made by clients."""

    project_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The network that a project was given, behind a router to the default external network."""

    network_id: str
    project_id: str
