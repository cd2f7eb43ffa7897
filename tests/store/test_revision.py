"""Revisions: a number that moves with every write of a topic, as every thread and process sees it."""

from __future__ import annotations

from collections.abc import Callable

from jumpgate.store.engine import Store
from tests.store import processes
from tests.store.tables import count_up, rolled_back
from tests.store.threads import in_thread


def test_a_topic_that_was_never_written_is_at_zero(store: Store) -> None:
    assert store.revision("compute") == 0


def test_a_write_moves_its_topics_and_no_other(store: Store) -> None:
    count_up(store, "compute", "network")
    count_up(store, "compute")

    assert [store.revision(topic) for topic in ("compute", "network", "image")] == [2, 1, 0]
    assert store.revision("network", "compute", "image") == 3


def test_a_write_without_a_topic_moves_nothing(store: Store) -> None:
    with store.write():
        pass

    assert store.revision("compute") == 0


def test_another_thread_sees_a_write(store: Store) -> None:
    before = in_thread(lambda: store.revision("compute"))
    count_up(store)

    assert in_thread(lambda: store.revision("compute")) == before + 1


def test_another_store_sees_a_write(store: Store, open_store: Callable[[], Store]) -> None:
    other = open_store()
    for number in range(1, 4):
        count_up(store)
        assert other.revision("compute") == number


def test_another_processes_write_is_seen(store: Store, url: str) -> None:
    before = store.revision("compute")

    processes.run(processes.count, url, 2)

    assert store.revision("compute") == before + 2


def test_a_write_sees_its_own_revision_and_nobody_else_does(store: Store) -> None:
    assert store.revision("compute") == 0
    with store.write("compute"):
        assert store.revision("compute") == 1
        assert in_thread(lambda: store.revision("compute")) == 0


def test_a_revision_that_was_rolled_back_is_not_remembered(store: Store) -> None:
    assert store.revision("compute") == 0
    with rolled_back(store, "compute"):
        assert store.revision("compute") == 1

    assert store.revision("compute") == 0
