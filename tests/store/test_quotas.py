"""Quotas: what a project may have, and that twenty askers at once get exactly that."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from jumpgate.common.errors import OverQuota
from jumpgate.store.engine import Store
from jumpgate.store.quotas import UNLIMITED, Excess, Quotas
from tests.store.tables import things
from tests.store.test_metadata import NOON
from tests.store.threads import at_once

DEFAULTS = {"instances": 7, "cores": 20, "keys": UNLIMITED}


@pytest.fixture
def quotas(store: Store) -> Quotas:
    return Quotas(store, "compute", DEFAULTS)


def take(store: Store, quotas: Quotas, project_id: str = "p") -> bool:
    """Count a project's things and add one, if the quota allows it."""
    with store.write("compute") as connection:
        mine = sa.select(sa.func.count()).where(things.c.project_id == project_id)
        used = connection.execute(mine).scalar_one()
        try:
            quotas.check(connection, project_id, {"instances": 1}, {"instances": used})
        except OverQuota:
            return False
        row = {"name": "x", "weight": 0, "ready": True, "created_at": NOON}
        connection.execute(things.insert().values(id=str(uuid.uuid4()), project_id=project_id, **row))
    return True


def held(store: Store, project_id: str) -> int:
    with store.read() as connection:
        counted = sa.select(sa.func.count()).where(things.c.project_id == project_id)
        return int(connection.execute(counted).scalar_one())


def test_twenty_askers_get_what_the_quota_has_left(store: Store, quotas: Quotas) -> None:
    assert sum(at_once(20, lambda: take(store, quotas))) == 7
    assert held(store, "p") == 7


def test_what_was_given_back_can_be_had_again_once(store: Store, quotas: Quotas) -> None:
    at_once(20, lambda: take(store, quotas))
    with store.write("compute") as connection:
        connection.execute(things.delete().where(things.c.id == sa.select(sa.func.min(things.c.id)).scalar_subquery()))

    assert sum(at_once(20, lambda: take(store, quotas))) == 1
    assert held(store, "p") == 7


def test_projects_have_quotas_of_their_own(store: Store, quotas: Quotas) -> None:
    projects = iter(["p", "q"] * 10)

    assert sum(at_once(20, lambda: take(store, quotas, next(projects)))) == 14
    assert (held(store, "p"), held(store, "q")) == (7, 7)


def test_a_project_without_limits_of_its_own_has_the_defaults(quotas: Quotas) -> None:
    assert quotas.limits("p") == DEFAULTS


def test_a_projects_own_limits_replace_the_defaults_until_they_are_reset(quotas: Quotas) -> None:
    quotas.set("p", {"instances": 1, "cores": UNLIMITED})
    quotas.set("p", {"instances": 2})

    assert quotas.limits("p") == {"instances": 2, "cores": UNLIMITED, "keys": UNLIMITED}
    assert quotas.limits("q") == DEFAULTS
    quotas.reset("p")
    assert quotas.limits("p") == DEFAULTS


def test_services_have_quotas_of_their_own(store: Store, quotas: Quotas) -> None:
    other = Quotas(store, "network", {"instances": 3})
    other.set("p", {"instances": 9})
    quotas.reset("p")

    assert (quotas.limits("p")["instances"], other.limits("p")["instances"]) == (7, 9)


def test_a_limit_of_something_that_is_gone_is_not_shown(store: Store, quotas: Quotas) -> None:
    Quotas(store, "compute", {"floppies": 1}).set("p", {"floppies": 5})

    assert quotas.limits("p") == DEFAULTS


def test_a_change_of_limits_moves_the_services_revision(store: Store, quotas: Quotas) -> None:
    quotas.set("p", {"instances": 1})

    assert (store.revision("compute"), store.revision("network")) == (1, 0)


@pytest.mark.parametrize(
    ("asked", "used", "over"),
    [
        ({"instances": 7}, {}, []),
        ({"instances": 8}, {}, [Excess("instances", 8, 0, 7)]),
        ({"instances": 1}, {"instances": 6}, []),
        (
            {"instances": 1, "cores": 4},
            {"instances": 7, "cores": 18},
            [Excess("instances", 1, 7, 7), Excess("cores", 4, 18, 20)],
        ),
        ({"keys": 10**9}, {"keys": 10**9}, []),
        ({"instances": 0, "cores": -4}, {"instances": 9, "cores": 30}, []),
    ],
)
def test_more_than_the_limit_is_an_excess(
    store: Store, quotas: Quotas, asked: dict[str, int], used: dict[str, int], over: list[Excess]
) -> None:
    with store.write("compute") as connection:
        found = quotas.excesses(connection, "p", asked, used)

    assert found == over


def test_the_refusal_names_each_resource_with_request_use_and_limit(store: Store, quotas: Quotas) -> None:
    asked, used = {"instances": 1, "cores": 4, "keys": 1}, {"instances": 7, "cores": 18, "keys": 5}

    with pytest.raises(OverQuota) as refused, store.write("compute") as connection:
        quotas.check(connection, "p", asked, used)

    assert str(refused.value) == (
        "Quota exceeded for instances, cores: Requested 1, 4, but already used 7, 18 of 7, 20 instances, cores"
    )
