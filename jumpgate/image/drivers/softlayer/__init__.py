"""The image service of SoftLayer: public and private image templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.clouds.softlayer.bucket import BucketSettings
from jumpgate.clouds.softlayer.session import Session, Settings
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.image.contract import Imaging
from jumpgate.image.drivers.softlayer.images import SoftLayerImages
from jumpgate.image.drivers.softlayer.members import SoftLayerMembers
from jumpgate.image.drivers.softlayer.usages import SoftLayerUsages
from jumpgate.image.drivers.softlayer.waiting import WaitingImages
from jumpgate.image.wiring import expose

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate


def _images(session: Session, waiting: WaitingImages, bucket: BucketSettings | None) -> SoftLayerImages:
    if bucket is None:
        return SoftLayerImages(session, waiting)
    # Their library is large, and only uploads need it.
    from jumpgate.image.drivers.softlayer.bucket import Bucket
    from jumpgate.image.drivers.softlayer.uploads import UploadedImages

    return UploadedImages(session, waiting, Bucket(bucket))


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve the templates that the caller's account can use."""
    session = Session(Settings.of(app.config))
    waiting = WaitingImages(app.store, disp.region)
    images = _images(session, waiting, BucketSettings.of(app.config))
    composition = Imaging(
        images=images, members=SoftLayerMembers(session, images), usages=SoftLayerUsages(session, waiting)
    )
    expose(app, disp, composition)
