"""What a WSGI server imports: ``jumpgate.wsgi:make_api()``.

Under another server than `jumpgate serve`, the environment says what to serve: JUMPGATE_CONFIG names the configuration
file (the embedded cloud without one) and JUMPGATE_STATE the state directory.
"""

from __future__ import annotations

import os
from pathlib import Path

from jumpgate.api import Jumpgate, embedded_config
from jumpgate.common.config import Config


def load_config(file: Path | None, state: Path | None) -> Config:
    """Read the configuration: the file's, or the embedded cloud's where there is none."""
    config = Config.from_file(file) if file is not None else embedded_config()
    if state is not None:
        config.state_directory = state
    return config


def make_api() -> Jumpgate:
    """Build the application that the environment describes, ready to serve in this process."""
    file, state = os.environ.get("JUMPGATE_CONFIG"), os.environ.get("JUMPGATE_STATE")
    app = Jumpgate(load_config(Path(file) if file else None, Path(state) if state else None))
    app.prepare()
    app.start()
    return app
