"""Where each quota is reached: the figures in docs/cost.template.md, from the settings and the beats of a day."""

from __future__ import annotations

from dataclasses import fields

from docs.cost import DAY_SECONDS
from shared import settings

SORTED_WRITES = 500  # a second, to a collection whose documents have an indexed value that grows
RAMP_UP = 500  # operations a second on a new collection
NEW_USERS = 100  # an hour and IP address
BEATS_A_MINUTE = 30  # functions/heartbeat/limit.py
PEAK = 1.5  # times the mean, in the busiest minute: docs/performance.md
USERS_OF_A_BATCH = 1000


def default(variable: str) -> int:
    """Return the default of a setting, by its variable. Raises LookupError."""
    for kind in vars(settings).values():
        for field in fields(kind) if hasattr(kind, "__dataclass_fields__") else ():
            if field.metadata.get("variable") == variable:
                return int(str(field.default))
    raise LookupError(variable)


def quota_figures(beats_a_day: float) -> dict[str, str]:
    """Return the figures as the table shows them: {placeholder: text}."""
    single = default("USER_DELETIONS_PER_SECOND")
    batches = default("USER_BATCH_DELETIONS_PER_SECOND")
    most = default("MAX_DEVICES_PER_TENANT")
    million_at_limit = SORTED_WRITES * DAY_SECONDS / beats_a_day / 1e6
    return {
        "beats_a_day": f"{beats_a_day:.0f}",
        "beats_a_minute": f"{BEATS_A_MINUTE}",
        "sorted_writes": f"{SORTED_WRITES}",
        "sorted_devices": f"{million_at_limit:.1f}",
        "sorted_devices_at_peak": f"{million_at_limit / PEAK:.1f}",
        "peak": f"{PEAK}",
        "ramp_up": f"{RAMP_UP}",
        "ramp_up_devices": f"{RAMP_UP * DAY_SECONDS / beats_a_day / 1e6:.1f}",
        "new_users": f"{NEW_USERS}",
        "single": f"{single}",
        "single_an_hour": f"{single * 3600:,}",
        "batches": f"{batches}",
        "most": f"{most:,}",
        "purge_seconds": f"{most // USERS_OF_A_BATCH // batches:,}",
        "budget": f"{default('PURGE_BUDGET_SECONDS')}",
        "new_devices": f"{default('MAX_NEW_DEVICES_PER_MINUTE'):,}",
    }
