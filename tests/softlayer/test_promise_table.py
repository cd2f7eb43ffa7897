"""Promises in the store: of an account and a region, whichever database keeps them."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from jumpgate.block_storage.drivers.softlayer.promises import Promises
from jumpgate.common.context import Context
from jumpgate.store.engine import Store
from jumpgate.store.migrations import migrate
from jumpgate.store.tables.block_storage import volume_promises
from tests.store.conftest import url

__all__ = ["url"]
ALICE, BOB = Context(user_id="alice", project_id="1"), Context(user_id="bob", project_id="2")
ASKED: dict[str, Any] = {
    "size_gib": 20,
    "tier": "READHEAVY_TIER",
    "zone": "dal10",
    "note": {"name": "dätä", "metadata": {"a": "1"}},
}


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url)
    migrate(made)
    yield made
    made.close()


def test_a_promise_is_what_was_asked_for(store: Store) -> None:
    promises = Promises(store, "RegionOne", timeout_s=60)
    made = promises.make(ALICE, **ASKED)

    (found,) = promises.find(ALICE)
    assert (found, found.order, found.note) == (made, None, ASKED["note"])
    promises.bind(made, "77")
    promises.rewrite(made, {"name": "better"})
    (found,) = promises.find(ALICE)
    assert (found.order, found.note, found.size_gib) == ("77", {"name": "better"}, 20)
    promises.drop(made)
    assert promises.find(ALICE) == []


def test_a_promise_is_of_one_account_in_one_region(store: Store) -> None:
    here, there = Promises(store, "RegionOne", timeout_s=60), Promises(store, "RegionTwo", timeout_s=60)
    mine = here.make(ALICE, **ASKED)

    assert (here.find(ALICE), here.find(BOB), there.find(ALICE)) == ([mine], [], [])


def test_a_promise_that_led_to_no_order_goes_after_a_day(store: Store) -> None:
    promises = Promises(store, "RegionOne", timeout_s=60)
    lost, kept = promises.make(ALICE, **ASKED), promises.make(ALICE, **ASKED)
    promises.bind(kept, "77")
    with store.write("block_storage") as connection:
        long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
        connection.execute(sa.update(volume_promises).values(created_at=long_ago))

    fresh = promises.make(BOB, **ASKED)

    assert [promise.id for promise in promises.find(ALICE)] == [kept.id]
    assert [promise.id for promise in promises.find(BOB)] == [fresh.id]
    assert lost.id not in {promise.id for promise in promises.find(ALICE)}


def test_promises_are_made_side_by_side(store: Store) -> None:
    promises = Promises(store, "RegionOne", timeout_s=60)

    def ask(name: str) -> None:
        promises.bind(promises.make(ALICE, **{**ASKED, "note": {"name": name}}), name)

    threads = [threading.Thread(target=ask, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = promises.find(ALICE)
    assert len(found) == 8
    assert all(promise.order == promise.note["name"] for promise in found)
