"""Drivers of the small cloud with one fault each, and the test of the suite that is to catch it."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, CloudError, Conflict, JumpgateError, NotFound
from jumpgate.common.ids import IdMap, Kind, MalformedId, Opaque
from jumpgate.common.listing import Applied, Query, page
from jumpgate.compute.models import Server, ServerSpec
from tests.testing.small import Machine, SdkError, SwitchedServers, words


class Right(SwitchedServers):
    """No fault at all, and the list is narrowed by the driver itself."""

    def find(self, ctx: Context, query: Query) -> Iterable[Server]:
        return Applied(page(self.servers(ctx, query), query))


class ShowsOthers(SwitchedServers):
    def is_seen(self, machine: Machine, ctx: Context, query: Query) -> bool:
        return True


class ShowsNobodyAll(SwitchedServers):
    def is_seen(self, machine: Machine, ctx: Context, query: Query) -> bool:
        return machine.account == ctx.project


class GetsOthers(SwitchedServers):
    def get(self, ctx: Context, server_id: str) -> Server:
        with words():
            return self.server(self.cloud.describe(server_id))


class DeletesOthers(SwitchedServers):
    def delete(self, ctx: Context, server_id: str) -> None:
        with words():
            self.cloud.change(server_id, "end")


class DeletesTwice(SwitchedServers):
    def delete(self, ctx: Context, server_id: str) -> None:
        with contextlib.suppress(NotFound):
            super().delete(ctx, server_id)


class DeletesNothing(SwitchedServers):
    def delete(self, ctx: Context, server_id: str) -> None:
        self.machine(ctx, server_id)


class HidesInPlaceOfDeleting(SwitchedServers):
    """`get` says that it is gone; the list goes on showing it."""

    hidden: ClassVar[set[str]] = set()

    def delete(self, ctx: Context, server_id: str) -> None:
        self.machine(ctx, server_id)
        self.hidden.add(server_id)

    def machine(self, ctx: Context, server_id: str) -> Machine:
        if server_id in self.hidden:
            raise NotFound(f"There is no machine {server_id}.")
        return super().machine(ctx, server_id)


class TellsNaiveTimes(SwitchedServers):
    def time(self, seconds: int) -> dt.datetime:
        return dt.datetime.fromtimestamp(seconds, dt.UTC).replace(tzinfo=None)


class DropsTheLastPage(SwitchedServers):
    def servers(self, ctx: Context, query: Query) -> Iterator[Server]:
        start: int | None = 0
        while start is not None:
            with words():
                machines, following = self.cloud.page(start)
            if start and following is None:
                return
            start = following
            yield from (self.server(machine) for machine in machines if self.is_seen(machine, ctx, query))


class ReadsPagesTwice(SwitchedServers):
    def servers(self, ctx: Context, query: Query) -> Iterator[Server]:
        yield from super().servers(ctx, query)
        yield from super().servers(ctx, query)


class LiesAboutFilters(SwitchedServers):
    def find(self, ctx: Context, query: Query) -> Iterable[Server]:
        return Applied(page(self.servers(ctx, query), dataclasses.replace(query, filters=())))


class LiesAboutOrder(SwitchedServers):
    def find(self, ctx: Context, query: Query) -> Iterable[Server]:
        unsorted = dataclasses.replace(query, sort=(), limit=None, marker=None)
        return Applied(page(self.servers(ctx, query), unsorted)[: query.limit])


class LiesAboutMarkers(SwitchedServers):
    def find(self, ctx: Context, query: Query) -> Iterable[Server]:
        with contextlib.suppress(BadRequest):
            return Applied(page(self.servers(ctx, query), query))
        return Applied(())


class TakesALimitOfNothingForNone(SwitchedServers):
    def find(self, ctx: Context, query: Query) -> Iterable[Server]:
        return Applied(page(self.servers(ctx, query), dataclasses.replace(query, limit=query.limit or None)))


class StopsWhatIsStopped(SwitchedServers):
    def stop(self, ctx: Context, server_id: str) -> None:
        machine = self.machine(ctx, server_id)
        machine.then = "running" if machine.state == "off" else "off"


class StopsNothing(SwitchedServers):
    def stop(self, ctx: Context, server_id: str) -> None:
        self.machine(ctx, server_id)


class SaysBadRequest(SwitchedServers):
    def get(self, ctx: Context, server_id: str) -> Server:
        try:
            return super().get(ctx, server_id)
        except NotFound as error:
            raise BadRequest(error.message) from error


class LetsErrorsOut(SwitchedServers):
    def get(self, ctx: Context, server_id: str) -> Server:
        try:
            return super().get(ctx, server_id)
        except JumpgateError as error:
            if isinstance(error.__cause__, SdkError) and error.__cause__.code == "ServiceDown":
                raise error.__cause__ from None
            raise


class LetsErrorsOutOfLists(SwitchedServers):
    def servers(self, ctx: Context, query: Query) -> Iterator[Server]:
        start: int | None = 0
        while start is not None:
            machines, start = self.cloud.page(start)
            yield from (self.server(machine) for machine in machines if self.is_seen(machine, ctx, query))


class LosesTheCause(SwitchedServers):
    def get(self, ctx: Context, server_id: str) -> Server:
        try:
            return super().get(ctx, server_id)
        except NotFound:
            raise
        except JumpgateError as error:
            raise CloudError(error.message) from None


class BlamesTheCaller(SwitchedServers):
    def get(self, ctx: Context, server_id: str) -> Server:
        try:
            return super().get(ctx, server_id)
        except JumpgateError as error:
            raise NotFound(error.message) from error


class _OneWay:
    """Ids that lead nowhere back."""

    def to_openstack(self, native: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, native))

    def to_cloud(self, openstack: str) -> str:
        return openstack


class IdsLeadNowhere(SwitchedServers):
    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.SERVER: _OneWay()}


class _Padded:
    """Ids that do not say what they are of."""

    def to_openstack(self, native: str) -> str:
        return str(uuid.UUID(int=int(native.removeprefix("i-"), 16)))

    def to_cloud(self, openstack: str) -> str:
        try:
            return f"i-{uuid.UUID(openstack).int:02x}"
        except ValueError as error:
            raise MalformedId(openstack) from error


class IdsAreOfAnything(SwitchedServers):
    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.SERVER: _Padded(), Kind.VOLUME: _Padded()}


class BreaksOnMalformedIds(SwitchedServers):
    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.SERVER: Opaque()}

    def get(self, ctx: Context, server_id: str) -> Server:
        return super().get(ctx, f"i-{int(server_id.removeprefix('i-'), 16):02x}")


class ForgetsTheName(SwitchedServers):
    def create(self, ctx: Context, spec: ServerSpec) -> Sequence[Server]:
        return super().create(ctx, dataclasses.replace(spec, name="machine"))


class MakesOneOfSeveral(SwitchedServers):
    def create(self, ctx: Context, spec: ServerSpec) -> Sequence[Server]:
        return super().create(ctx, dataclasses.replace(spec, min_count=1))


class HidesWhatIsBuilding(SwitchedServers):
    def machine(self, ctx: Context, server_id: str) -> Machine:
        machine = super().machine(ctx, server_id)
        if machine.state == "pending":
            self.cloud.tick()
            raise NotFound(f"There is no machine {server_id}.")
        return machine


class SaysOverQuotaForConflict(SwitchedServers):
    def start(self, ctx: Context, server_id: str) -> None:
        try:
            super().start(ctx, server_id)
        except Conflict as error:
            raise CloudError(error.message) from error


FAULTS: Mapping[type[SwitchedServers], str] = {
    ShowsOthers: "test_find_keeps_what_is_another_projects",
    ShowsNobodyAll: "test_find_for_all_projects_yields_everybodys",
    GetsOthers: "test_get_of_another_projects_is_not_found",
    DeletesOthers: "test_delete_of_another_projects_is_not_found",
    DeletesTwice: "test_deleting_twice_is_not_found",
    DeletesNothing: "test_what_is_deleted_is_gone",
    HidesInPlaceOfDeleting: "test_what_is_deleted_is_gone",
    TellsNaiveTimes: "test_times_are_aware",
    DropsTheLastPage: "test_a_cloud_that_pages_by_one_is_read_to_the_end",
    ReadsPagesTwice: "test_find_yields_nothing_twice",
    LiesAboutFilters: "test_filters_give_what_refiltering_gives",
    LiesAboutOrder: "test_sorting_gives_what_resorting_gives",
    LiesAboutMarkers: "test_an_unknown_marker_is_refused",
    TakesALimitOfNothingForNone: "test_a_limit_of_nothing_yields_nothing",
    StopsWhatIsStopped: "test_a_stopped_server_refuses_what_it_cannot_do",
    StopsNothing: "test_a_server_is_stopped_and_started",
    SaysBadRequest: "test_get_of_a_missing_one_is_not_found",
    LetsErrorsOut: "test_an_error_of_the_cloud_is_a_word_with_its_cause",
    LetsErrorsOutOfLists: "test_an_error_while_a_list_is_read_is_a_word_with_its_cause",
    LosesTheCause: "test_an_error_of_the_cloud_is_a_word_with_its_cause",
    BlamesTheCaller: "test_an_error_of_the_cloud_is_a_word_with_its_cause",
    IdsLeadNowhere: "test_ids_round_trip",
    IdsAreOfAnything: "test_ids_are_no_ids_of_other_kinds",
    BreaksOnMalformedIds: "test_a_malformed_id_is_not_found",
    ForgetsTheName: "test_create_makes_what_was_asked_for",
    MakesOneOfSeveral: "test_several_servers_are_made_at_once",
    HidesWhatIsBuilding: "test_what_was_made_can_be_got_at_once",
    SaysOverQuotaForConflict: "test_a_running_server_refuses_what_it_cannot_do",
}
"""Each wrong driver, and the test that names its fault."""

RIGHT: Sequence[type[SwitchedServers]] = (SwitchedServers, Right)
DRIVERS: Mapping[str, type[SwitchedServers]] = {cls.__name__: cls for cls in [*RIGHT, *FAULTS]}
