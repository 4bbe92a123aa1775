"""Routes that will go: every answer of one says so, since when and until when.

None is deprecated now. An application names those that are, so that its routes and their answers need no change.
Sources: RFC 9745 (The Deprecation HTTP Response Header Field), RFC 8594 (The Sunset HTTP Header Field).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime


@dataclass(frozen=True)
class Deprecation:
    """since: when it was, or will be, discouraged. sunset: when it may be gone, not before `since`. Both aware.

    link: the page that says what to do instead.
    """

    since: datetime
    sunset: datetime
    link: str

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if self.sunset < self.since:
            raise ValueError("a route cannot go before it is deprecated")

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": format_datetime(self.sunset.astimezone(UTC), usegmt=True),
            "Link": f'<{self.link}>; rel="deprecation"; type="text/html"',
        }
