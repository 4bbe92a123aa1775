"""What the page about security says beside the inventory: threats, with what stands against each, and processors.

Sources: docs/threat-model.md and docs/data-processing.md, to which tests hold it.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.web.messages import N_


@dataclass(frozen=True)
class Threat:
    """In English. stop: what stands against it."""

    threat: str
    stop: str


@dataclass(frozen=True)
class Processor:
    """In English, but for names. what: it processes for us."""

    name: str
    service: str
    what: str
    place: str


THREATS = (
    Threat(
        N_("Somebody connects an organization that is not theirs"),
        N_(
            "An answer of the consent page proves nothing. An administrator has to sign in to that very "
            "organization at Microsoft."
        ),
    ),
    Threat(
        N_("A phone reads what belongs to another phone or organization"),
        N_(
            "The database gives a phone its own document and no other, and lets it write nothing. Our servers "
            "work for the one organization that a signed token names."
        ),
    ),
    Threat(
        N_("Somebody who has left goes on using the app"),
        N_(
            "A phone has to prove itself at Microsoft again after 30 days. An administrator can sign out all "
            "phones before."
        ),
    ),
    Threat(
        N_("A colleague without a role, or another organization, looks into the portal"),
        N_(
            "Microsoft names organization and role at each sign-in. A session lasts 30 minutes, and no request "
            "can name another organization."
        ),
    ),
    Threat(
        N_("Another site acts in the name of an administrator"),
        N_(
            "Each form comes from our own page, in the session that it was made for, for one purpose. Our pages "
            "run no scripts and cannot be framed."
        ),
    ),
    Threat(
        N_("A forged or borrowed token"),
        N_(
            "A phone’s token counts only if its issuer has signed it with its own keys, and each claim in it is "
            "checked."
        ),
    ),
    Threat(
        N_("A deletion stops halfway, or takes what is somebody else’s"),
        N_(
            "It goes only forward, and the next run finishes what one has begun. It is bound to one organization, "
            "and ends with a signed receipt."
        ),
    ),
    Threat(
        N_("A backup brings a deleted organization back"),
        N_(
            "Backups are restored beside the database. A keyed digest tells who was deleted since, and they do "
            "not come back."
        ),
    ),
    Threat(
        N_("Something about people gathers unnoticed"),
        N_(
            "There is one inventory, the one above. An audit compares everything stored with it, and logs take "
            "only words and numbers of our own."
        ),
    ),
    Threat(
        N_("A part of our service is taken over"),
        N_(
            "Each part has an identity of its own that may do just what it needs; those that phones call hold no "
            "secret."
        ),
    ),
    Threat(
        N_("What runs is not what was reviewed"),
        N_(
            "The same source always makes the same files. Each part tells its version, and the deployment is "
            "compared with what was reviewed."
        ),
    ),
)

IN_THE_UNION = N_("European Union, by default")
PROCESSORS = (
    Processor(
        "Google",
        "Firestore",
        N_("The documents above, and when each was created and last changed"),
        IN_THE_UNION,
    ),
    Processor(
        "Google",
        "Firebase Authentication",
        N_(
            "One sign-in for each phone: tenant ID and device ID. By itself Google keeps when it was made and "
            "used, and for a few weeks the IP addresses"
        ),
        N_("No place is promised"),
    ),
    Processor(
        "Google",
        "Cloud Run, Pub/Sub, Cloud Scheduler",
        N_(
            "Requests while they are answered, and a message without content that starts the scheduled run"
        ),
        IN_THE_UNION,
    ),
    Processor(
        "Google",
        "Cloud Logging, Cloud Trace",
        N_(
            "Names of events, counts, durations, outcomes, receipt IDs and trace IDs; nothing about a person"
        ),
        IN_THE_UNION,
    ),
    Processor(
        "Google",
        N_("Cloud Audit Logs of administration"),
        N_("What our operators changed in the project; no customer"),
        N_("Worldwide"),
    ),
    Processor(
        "Microsoft",
        N_("Microsoft Entra ID and Microsoft Graph"),
        N_(
            "Your own directory, under your own contract: sign-in, consent and the organization’s name. We write "
            "nothing there but the consent"
        ),
        N_("Of your choice with Microsoft"),
    ),
)
