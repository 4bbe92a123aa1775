"""What Pulumi runs: `pulumi up` in deploy/, by way of `make deploy STACK=…`."""

import pulumi

from deploy.infrastructure.config import Config
from deploy.infrastructure.program import make
from shared.settings import SettingsError

try:
    read = Config.read(pulumi.get_stack(), pulumi.Config("calliente").require_object("settings"))
except SettingsError as error:
    raise pulumi.RunError("\n".join(error.faults)) from None
make(read)
