"""What Pulumi runs, by way of `make deploy STACK=…`.

It stands alone in its folder: Pulumi puts that folder first among those where modules are found, and a `secrets.py`
beside this file would hide Python's own.
"""

import pulumi

from deploy.infrastructure.config import Config
from deploy.infrastructure.program import make, stage
from shared.settings import SettingsError

try:
    read = Config.read(pulumi.get_stack(), pulumi.Config("calliente").require_object("settings"))
except SettingsError as error:
    raise pulumi.RunError("\n".join(error.faults)) from None
make(read, stage)
