"""Finding, importing and setting up drivers, and saying in one line what is wrong with one.

A driver is named in its section by module path, or by name: that of one in ``jumpgate.<service>.drivers``, or of an
entry point in the group of that name, by which an installed package offers its own::

    [project.entry-points."jumpgate.compute.drivers"]
    mycloud = "mycloud.compute"
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import traceback
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING

from jumpgate.common.config import SERVICE_NAMES
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import ConfigError, WrongDriver

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate


def load(name: str, service: str, where: str) -> ModuleType:
    """Import a service's driver by module path or installed name; raise ConfigError in a line: what to change."""
    path = name if "." in name else _installed(name, service, where)
    try:
        module = importlib.import_module(path)
    except ConfigError as error:
        raise ConfigError(f"{where} = {name}: {error}") from error
    except Exception as error:
        raise ConfigError(f"{where} = {name}: it cannot be imported ({_brief(error)}).") from error
    if not callable(getattr(module, "setup_routes", None)):
        raise ConfigError(f"{where} = {name}: the module has no function setup_routes(app, disp).")
    return module


def _installed(name: str, service: str, where: str) -> str:
    """Return the module of the driver that a package installed as `name`, or that comes with Jumpgate."""
    group = f"jumpgate.{service}.drivers"
    found = sorted({entry.value for entry in entry_points(group=group, name=name)})
    if len(found) > 1:
        raise ConfigError(f"{where} = {name}: several installed packages have one ({', '.join(found)}); give its path.")
    own = f"{group}.{name}"
    return found[0] if found else own if importlib.util.find_spec(own) else name


def installed(service: str) -> dict[str, str]:
    """Return the drivers of a service that can be named in its section: name -> module."""
    package = importlib.import_module(f"jumpgate.{service}.drivers")
    own = {item.name: f"{package.__name__}.{item.name}" for item in pkgutil.iter_modules(package.__path__)}
    return own | {entry.name: entry.value for entry in entry_points(group=package.__name__)}


def installed_lines() -> str:
    """Return, for each service, the names under which its section may choose a driver."""
    lines = ["Installed, to be chosen by name (driver = NAME) or module path:"]
    for service in SERVICE_NAMES:
        named = (f"{name} ({module})" for name, module in sorted(installed(service).items()))
        lines.append(f"    {service}: {', '.join(named)}")
    return "\n".join(lines)


def set_up(app: Jumpgate, disp: Dispatcher, module: ModuleType, where: str) -> None:
    """Let a driver set its handlers; raise ConfigError, which names the driver, for whatever goes wrong in it."""
    try:
        module.setup_routes(app, disp)
    except WrongDriver as error:
        raise ConfigError(f"{where} = {module.__name__}: {error}") from error
    except ConfigError:
        raise
    except Exception as error:
        raise ConfigError(f"{where} = {module.__name__}: setup_routes failed ({_brief(error)}).") from error


def _brief(error: Exception) -> str:
    """Return what went wrong and the line of the driver's that was the last to run."""
    frames = traceback.extract_tb(error.__traceback__)
    text = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no more is said'}"
    last = next((frame for frame in reversed(frames) if not _of_machinery(frame.filename)), None)
    return text if last is None else f"{text}; {last.filename}, line {last.lineno}"


def _of_machinery(filename: str) -> bool:
    """Tell whether a line is Jumpgate's or the import system's rather than a driver's."""
    return filename.startswith("<frozen") or filename in (__file__, importlib.__file__)
