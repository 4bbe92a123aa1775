"""Moments in words for people."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.web.words import MOMENT, MONTHS


def moment(when: datetime, language: str) -> str:
    """To the minute, in UTC: the server does not know where the reader is."""
    when = when.astimezone(UTC)
    month = MONTHS[language][when.month - 1]
    return MOMENT[language].format(day=when.day, month=month, year=when.year, time=f"{when:%H:%M}")
