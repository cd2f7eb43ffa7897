"""What the fake sells, and where."""

from __future__ import annotations

PACKAGE = 835
PRESETS = {
    767: "B1_1X2X25",
    781: "B1_2X4X25",
    799: "B1_2X8X25",
    801: "B1_4X16X25",
    803: "B1_2X8X100",
    811: "B1_4X16X100",
    877: "C1_2X2X25",
    893: "M1_2X16X100",
    921: "B1_1X2X25_TRANSIENT",
}
DATACENTERS = {1441195: ("dal10", "Dallas 10"), 449494: ("dal09", "Dallas 9"), 265592: ("ams01", "Amsterdam 1")}
