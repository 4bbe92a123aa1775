"""The mistakes that the tests plant, to see the exploration find them."""

from __future__ import annotations

from enum import Enum, auto


class Bug(Enum):
    TENANT_IN_ANY_VERSION = auto()  # the tenant's document is deleted without its precondition
    DOCUMENT_IN_ANY_VERSION = auto()  # a device's document is deleted without its precondition
    TOGETHER_WITH_ANY_TENANT = (
        auto()
    )  # a transaction deletes devices' documents, whoever's they are
    DOCUMENTS_FIRST = auto()  # devices' documents are deleted before their Auth users
    NEVER_MIND_THE_TIME = auto()  # the purge begins before it is due
    NO_SWEEP = auto()  # users without a document are forgotten
    NO_SECOND_LOOK = auto()  # Auth users are deleted without a look at the tenant
    ANY_BOOKMARK = auto()  # a run moves the bookmark on, whichever pass it belongs to
    SHORT_DELAY = auto()  # a closing becomes due while custom tokens live
