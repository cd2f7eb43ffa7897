"""What namespaces of metadata definitions owe."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, Forbidden, NotFound
from jumpgate.common.listing import EVERYTHING
from jumpgate.image.models import Definition, Namespace
from jumpgate.testing.contract.collection import times
from jumpgate.testing.contract.suite import Contract, Made, Revisions, needs


class TestMetadefs(Contract):
    """Namespaces: one document each, changed as a whole."""

    resource = "metadefs"

    def make(self, made: Made, ctx: Context, **more: Any) -> Namespace:
        """Make a namespace, which goes with the test."""
        now, name = dt.datetime.now(dt.UTC), made.bench.name()
        namespace = Namespace(**{"name": name, "owner": ctx.project, "created_at": now, "updated_at": now, **more})
        made.bench.metadefs.create(ctx, namespace)
        made.later(lambda: made.bench.metadefs.delete(ctx, namespace.name))
        return namespace

    @needs("create", "find", "get", "delete")
    def test_a_namespace_comes_and_goes(self, made: Made, alice: Context) -> None:
        metadefs, namespace = made.bench.metadefs, self.make(made, alice)
        got, listed = metadefs.get(alice, namespace.name), [item.name for item in metadefs.find(alice, EVERYTHING)]
        with pytest.raises(Conflict):
            metadefs.create(alice, namespace)
        metadefs.delete(alice, namespace.name)

        assert got.name == namespace.name
        assert listed.count(namespace.name) == 1
        for where, time in times(got, "metadefs"):
            assert time.tzinfo is not None, f"{where} has no time zone"
        for call in (metadefs.get, metadefs.delete):
            with pytest.raises(NotFound):
                call(alice, namespace.name)

    @needs("update", "get")
    def test_a_namespace_is_changed_as_a_whole_or_not_at_all(self, made: Made, alice: Context) -> None:
        metadefs, namespace = made.bench.metadefs, self.make(made, alice)
        metadefs.update(alice, namespace.name, lambda known: dataclasses.replace(known, description="changed"))

        def fails(_known: Namespace) -> Namespace:
            raise Forbidden("no")

        with pytest.raises(Forbidden):
            metadefs.update(alice, namespace.name, fails)
        assert metadefs.get(alice, namespace.name).description == "changed"
        other = self.make(made, alice)
        with pytest.raises(Conflict):
            metadefs.update(alice, namespace.name, lambda known: dataclasses.replace(known, name=other.name))
        with pytest.raises(NotFound):
            metadefs.update(alice, made.bench.name(), lambda known: known)

    @needs("find", "get")
    def test_a_private_namespace_is_its_projects_and_a_public_one_everybodys(
        self, made: Made, alice: Context, bob: Context
    ) -> None:
        private, public = self.make(made, alice), self.make(made, alice, visibility="public")
        seen = [item.name for item in made.bench.metadefs.find(bob, EVERYTHING)]

        assert private.name not in seen
        assert public.name in seen
        with pytest.raises(NotFound):
            made.bench.metadefs.get(bob, private.name)

    @needs("delete", "update")
    def test_a_protected_namespace_stays(self, made: Made, alice: Context) -> None:
        metadefs, namespace = made.bench.metadefs, self.make(made, alice, protected=True)
        with pytest.raises(Forbidden):
            metadefs.delete(alice, namespace.name)
        metadefs.update(alice, namespace.name, lambda known: dataclasses.replace(known, protected=False))

    @needs("resource_types")
    def test_a_resource_type_that_is_named_is_known(self, made: Made, alice: Context) -> None:
        now, name = dt.datetime.now(dt.UTC), made.bench.name()
        self.make(made, alice, resource_types=(Definition(name=name, created_at=now, updated_at=now),))

        assert name in [item.name for item in made.bench.metadefs.resource_types(alice)]


class TestRevisions(Revisions):
    """Revisions of everything in image."""
