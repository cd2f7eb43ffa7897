"""What the drivers of volumes and images read, against the SDK's own recorded answers."""

from __future__ import annotations

from unittest import mock

import pytest
from SoftLayer.testing import MockableTransport

from jumpgate.block_storage.drivers.softlayer import (
    attachments,
    orders,
    quota_sets,
    records,
    snapshots,
    volumes,
    zones,
)
from jumpgate.block_storage.drivers.softlayer.promises import Promise, Promises
from jumpgate.clouds.softlayer.session import PAGE, Session
from jumpgate.clouds.softlayer.templates import SERVICE, new_id
from jumpgate.common.context import Context
from jumpgate.common.listing import EVERYTHING, Filter, Query
from jumpgate.image.drivers.softlayer import images, members, usages
from jumpgate.image.drivers.softlayer import records as image_records
from jumpgate.image.drivers.softlayer.waiting import Waiting, WaitingImages
from jumpgate.store.engine import Store
from tests.softlayer.test_recorded_fixtures import (
    ALICE,
    TEMPLATE,
    Asked,
    Read,
    check,
    equal,
    missing,
    names,
    recorded,
)

__all__ = ["recorded"]

_PRIVATE = "Account::getPrivateBlockDeviceTemplateGroups"
_PUBLIC = f"{SERVICE}::getPublicImages"
# An id of Jumpgate's own; no recorded template has it in its note.
OWN = new_id(ALICE.project)


class NothingWaits(WaitingImages):
    """An account all of whose images have data."""

    def __init__(self) -> None:
        super().__init__(mock.create_autospec(Store, instance=True), "RegionOne")

    def find(self, ctx: Context) -> list[Waiting]:
        return []

    def get(self, ctx: Context, image_id: str) -> None:
        return None


def _images(session: Session) -> images.SoftLayerImages:
    return images.SoftLayerImages(session, NothingWaits())


IMAGE_READS = (
    Read(
        name="images",
        run=lambda session: _images(session).find(ALICE, EVERYTHING),
        asks=(
            Asked(name=_PRIVATE, mask=image_records.MASK, limit=PAGE),
            Asked(name=_PUBLIC, mask=image_records.MASK, limit=PAGE),
        ),
        answers=lambda found: [(item.visibility, item.status) for item in found],
        expected=[("private", "active"), ("private", "active"), ("public", "active"), ("public", "active")],
    ),
    Read(
        name="public images of a name",
        run=lambda session: _images(session).find(
            ALICE, Query(filters=(Filter("visibility", ("public",)), Filter("name", ("test_image",))))
        ),
        asks=(Asked(name=_PUBLIC, mask=image_records.MASK, filter=equal("name", "test_image"), limit=PAGE),),
        answers=len,
        expected=2,
    ),
    Read(
        name="an image",
        run=lambda session: _images(session).get(ALICE, TEMPLATE),
        asks=(Asked(name=f"{SERVICE}::getObject", mask=image_records.MASK, id=TEMPLATE),),
        answers=lambda image: (image.id, image.name, image.owner, image.visibility),
        expected=(TEMPLATE, "test_image", "1234", "public"),
    ),
    Read(
        name="an image with an id of its own",
        run=lambda session: missing(lambda: _images(session).get(ALICE, OWN)),
        asks=(
            Asked(
                name=_PRIVATE,
                mask=image_records.MASK,
                filter=equal("privateBlockDeviceTemplateGroups.note", f"*= {OWN}"),
            ),
        ),
        expected=f"No image found with ID {OWN}",
    ),
    Read(
        name="an image's members",
        run=lambda session: members.SoftLayerMembers(session, _images(session)).find(ALICE, TEMPLATE),
        asks=(Asked(name=f"{SERVICE}::getObject", mask=image_records.MASK, id=TEMPLATE),),
        answers=list,
        expected=[],
    ),
    Read(
        name="a member that an image does not have",
        run=lambda session: missing(
            lambda: members.SoftLayerMembers(session, _images(session)).get(ALICE, TEMPLATE, "5678")
        ),
        asks=(Asked(name=f"{SERVICE}::getObject", mask=image_records.MASK, id=TEMPLATE),),
        expected=f"5678 not found in the member list of the image {TEMPLATE}.",
    ),
    Read(
        name="how much of images there is",
        run=lambda session: usages.SoftLayerUsages(session, NothingWaits()).find(ALICE),
        asks=(Asked(name=_PRIVATE, mask=usages.MASK, limit=PAGE),),
        answers=lambda found: {item.resource: item.used for item in found}["image_count_uploading"],
        expected=0,
    ),
)

_VOLUMES = "Account::getIscsiNetworkStorage"
_LIMITS = Asked(name="Network_Storage::getVolumeCountLimits", mask=None)


class NothingPromised(Promises):
    """An account to which nothing is promised."""

    def __init__(self) -> None:
        super().__init__(mock.create_autospec(Store, instance=True), "RegionOne", timeout_s=60)

    def find(self, ctx: Context) -> list[Promise]:
        return []


def _volumes(session: Session) -> volumes.SoftLayerVolumes:
    """Return the volumes of an account to which nothing is promised."""
    return volumes.SoftLayerVolumes(session, NothingPromised())


def _snapshots(session: Session) -> snapshots.SoftLayerSnapshots:
    return snapshots.SoftLayerSnapshots(session, _volumes(session))


STORAGE_READS = (
    Read(
        name="volumes",
        run=lambda session: _volumes(session).find(ALICE, EVERYTHING),
        asks=(Asked(name=_VOLUMES, mask=records.MASK, limit=PAGE),),
        answers=lambda found: [(item.id, item.size_gib, item.status, item.availability_zone) for item in found],
        expected=[("100", 20, "available", "dal05")],
    ),
    Read(
        name="a volume",
        run=lambda session: _volumes(session).get(ALICE, "100"),
        asks=(Asked(name=_VOLUMES, mask=records.MASK, filter=equal("iscsiNetworkStorage.id", 100)),),
        answers=lambda volume: (volume.id, volume.description, volume.volume_type, volume.replication_status),
        expected=("100", "{'status': 'available'}", None, "disabled"),
    ),
    Read(
        name="a volume that is not there",
        run=lambda session: missing(lambda: _volumes(session).get(ALICE, "order-5")),
        asks=(
            Asked(
                name=_VOLUMES,
                mask=records.MASK,
                filter=equal("iscsiNetworkStorage.billingItem.orderItem.order.id", 5),
            ),
            Asked(name=_VOLUMES, mask=records.MASK, filter=equal("iscsiNetworkStorage.notes", '*= /5"')),
            Asked(
                name="Billing_Order::getAllObjects",
                mask=orders.MASK,
                filter={"id": {"operation": "in", "options": [{"name": "data", "value": [5]}]}},
                limit=PAGE,
            ),
        ),
        expected="Volume order-5 could not be found.",
    ),
    Read(
        name="volumes' attachments",
        run=lambda session: attachments.SoftLayerAttachments(_volumes(session)).find(ALICE, EVERYTHING),
        asks=(Asked(name=_VOLUMES, mask=records.MASK, limit=PAGE),),
        expected=[],
    ),
    Read(
        name="how a volume is reached",
        run=lambda session: _volumes(session).access(ALICE, "100", attachments.ACCESS_MASK),
        asks=(Asked(name=_VOLUMES, mask=attachments.ACCESS_MASK, filter=equal("iscsiNetworkStorage.id", 100)),),
        answers=lambda access: list(access)[:3],
        expected=["accountId", "billingItem", "capacityGb"],
    ),
    Read(
        name="an attachment that is not there",
        run=lambda session: missing(lambda: attachments.SoftLayerAttachments(_volumes(session)).get(ALICE, "x")),
        asks=(Asked(name=_VOLUMES, mask=records.MASK, limit=PAGE),),
        expected="Volume attachment could not be found with filter: attachment_id = x.",
    ),
    Read(
        name="orders that have led to no storage",
        run=lambda session: orders.Orders(session).standing(ALICE, ["112356450", "645698550"]),
        asks=(
            Asked(
                name="Billing_Order::getAllObjects",
                mask=orders.MASK,
                filter={"id": {"operation": "in", "options": [{"name": "data", "value": [112356450, 645698550]}]}},
                limit=PAGE,
            ),
        ),
        expected={},
    ),
    Read(
        name="snapshots",
        run=lambda session: _snapshots(session).find(ALICE, EVERYTHING),
        asks=(Asked(name=_VOLUMES, mask=snapshots.MASK, limit=PAGE),),
        expected=[],
    ),
    Read(
        name="a snapshot that is not there",
        run=lambda session: missing(lambda: _snapshots(session).get(ALICE, "470")),
        asks=(Asked(name=_VOLUMES, mask=snapshots.MASK, filter=equal("iscsiNetworkStorage.snapshots.id", 470)),),
        expected="Snapshot 470 could not be found.",
    ),
    Read(
        name="the volume of a snapshot that is not there",
        run=lambda session: missing(lambda: _volumes(session).origin(ALICE, "470")),
        asks=(Asked(name=_VOLUMES, mask=records.MASK, filter=equal("iscsiNetworkStorage.snapshots.id", 470)),),
        expected="Snapshot 470 could not be found.",
    ),
    Read(
        name="quotas of volumes",
        run=lambda session: quota_sets.SoftLayerQuotaSets(session, _volumes(session), _snapshots(session)).get(
            ALICE, ALICE.project
        ),
        asks=(
            Asked(name=_VOLUMES, mask=records.MASK, limit=PAGE),
            Asked(name=_VOLUMES, mask=snapshots.MASK, limit=PAGE),
            _LIMITS,
        ),
        answers=lambda quota: (quota.limits["volumes"], quota.used),
        expected=(700, {"volumes": 1, "snapshots": 0, "gigabytes": 20}),
    ),
    Read(
        name="default quotas of volumes",
        run=lambda session: quota_sets.SoftLayerQuotaSets(session, _volumes(session), _snapshots(session)).defaults(
            ALICE, ALICE.project
        ),
        asks=(_LIMITS,),
        answers=lambda quota: (quota.limits["volumes"], quota.limits["gigabytes"], quota.limits["backups"]),
        expected=(700, -1, 0),
    ),
    Read(
        name="availability zones of volumes",
        run=lambda session: zones.SoftLayerZones(session).find(ALICE),
        asks=(Asked(name="Location_Datacenter::getDatacenters", mask=zones.MASK, limit=PAGE),),
        answers=names,
        expected=["dal10", "dal09"],
    ),
)


@pytest.mark.parametrize("read", [*IMAGE_READS, *STORAGE_READS], ids=lambda read: str(read.name))
def test_a_read_of_recorded_fixtures(read: Read, recorded: tuple[Session, MockableTransport]) -> None:
    check(read, *recorded)
