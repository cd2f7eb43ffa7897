"""What belongs to accounts in the fake, and who may call for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.softlayer.faults import not_found


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody who may call, in the name of an account."""

    name: str
    key: str
    account: int
    number: int
    is_master: bool = True
    is_active: bool = True


@dataclass(slots=True)
class Thing:
    """An object that belongs to an account; account 1 is SoftLayer's own, whose things everybody sees."""

    number: int
    account: int
    record: dict[str, Any]
    uuid: str = ""


@dataclass(slots=True)
class Table:
    """The objects of one kind, by number; they are also found by their global identifiers."""

    things: dict[int, Thing] = field(default_factory=dict)

    def add(self, thing: Thing) -> Thing:
        self.things[thing.number] = thing
        return thing

    def own(self, user: User, identifier: Any) -> Thing:
        """Return an object of the user's account; raise the fault for one that is not there for it."""
        thing = self.find(identifier)
        if thing is None or thing.account != user.account:
            raise not_found(identifier)
        return thing

    def of(self, user: User) -> list[Thing]:
        return [thing for thing in self.things.values() if thing.account == user.account]

    def find(self, identifier: Any) -> Thing | None:
        text = str(identifier)
        if text.isdigit():
            return self.things.get(int(text))
        return next((thing for thing in self.things.values() if thing.uuid.lower() == text.lower()), None)

    def get(self, identifier: Any) -> Thing:
        thing = self.find(identifier)
        if thing is None:
            raise not_found(identifier)
        return thing
