"""What the pages of several functions say, in English and in French, and how their words are set.

Each function's own words are in its `words.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

LANGUAGES = ("en", "fr")
# Where a line may not break, and how wide the space is: the marks stand so in French alone. Source: Imprimerie
# nationale, "Lexique des règles typographiques".
SPACES = (
    (re.compile(r" (?=[;!?»])|(?<=«) "), "\u202f"),
    (re.compile(r" (?=:)|(?<=Microsoft) (?=365)"), "\u00a0"),
    (re.compile(r"(?<=[\d}]) (?=(?:second|minute|day|hour|jour|heure)e?s?\b)"), "\u00a0"),
)


@dataclass(frozen=True)
class Message:
    """A failure in words: what happened, and what to do."""

    title: str
    texts: tuple[str, ...]


def typeset(words: Any) -> Any:
    """The same texts, with spaces that keep together what belongs together. words: texts, however nested."""
    if isinstance(words, str):
        for pattern, space in SPACES:
            words = pattern.sub(space, words)
        return words
    if isinstance(words, dict):
        return {name: typeset(value) for name, value in words.items()}
    if isinstance(words, Message):
        return Message(typeset(words.title), typeset(words.texts))
    return tuple(typeset(value) for value in words)


LAYOUT: dict[str, dict[str, str]] = typeset(
    {
        "en": {
            "skip": "Skip to the content",
            "code": "Code for support:",
            "footer": "Calliente stores no contacts and no personal data. Contacts travel from Microsoft 365 to the "
            "phone directly.",
        },
        "fr": {
            "skip": "Aller au contenu",
            "code": "Code pour l’assistance :",
            "footer": "Calliente ne conserve ni contacts ni données personnelles. Les contacts vont directement de "
            "Microsoft 365 au téléphone.",
        },
    }
)

FAILURES: dict[str, dict[str, Message]] = typeset(
    {
        "en": {
            "application_disabled": Message(
                "Calliente is switched off in your organization",
                (
                    "An administrator has disabled sign-in to Calliente in Microsoft Entra.",
                    (
                        "Open Enterprise applications, then Calliente, then Properties, set “Enabled for users to "
                        "sign in?” to Yes, and start again."
                    ),
                ),
            ),
            "blocked_by_policy": Message(
                "A policy of your organization blocks Calliente",
                (
                    (
                        "Microsoft did not let you continue because of a policy: Conditional Access, required "
                        "assignment, or a restriction of consent."
                    ),
                    (
                        "Look up the policy’s name in the sign-in logs of Microsoft Entra, allow Calliente there, "
                        "and start again."
                    ),
                ),
            ),
            "expired": Message(
                "That took too long",
                (
                    (
                        "For your security an attempt ends after 15 minutes, and an answer from Microsoft after a "
                        "few. Nothing was changed."
                    ),
                    "Start again: it takes about a minute.",
                ),
            ),
            "invalid_state": Message(
                "This does not continue what you began",
                (
                    "It was begun in another browser, has been used already, or has expired. Nothing was changed.",
                    "Start again in this browser, with cookies allowed for this site.",
                ),
            ),
            "unavailable": Message(
                "A service that we depend on is not answering",
                (
                    "This is not your doing, and nothing is lost. It usually passes within minutes.",
                    "Try again shortly. If it goes on, tell support the code below and the time.",
                ),
            ),
            "malformed": Message(
                "This request cannot be understood",
                (
                    "Something in its address or form is missing, or is there twice. Nothing was changed.",
                    "Start again from the first page.",
                ),
            ),
            "not_found": Message(
                "There is no such page",
                ("The address may be mistyped.", "Everything begins on the first page."),
            ),
            "unexpected": Message(
                "That did not work",
                (
                    "Something unexpected went wrong. Nothing about you was stored.",
                    "Start again. If it happens again, tell support the code below and the time.",
                ),
            ),
        },
        "fr": {
            "application_disabled": Message(
                "Calliente est désactivé dans votre organisation",
                (
                    "Un administrateur a désactivé la connexion à Calliente dans Microsoft Entra.",
                    (
                        "Ouvrez Applications d’entreprise, puis Calliente, puis Propriétés, réglez « Activé pour "
                        "que les utilisateurs se connectent ? » sur Oui, puis recommencez."
                    ),
                ),
            ),
            "blocked_by_policy": Message(
                "Une stratégie de votre organisation bloque Calliente",
                (
                    (
                        "Microsoft ne vous a pas laissé continuer à cause d’une stratégie : accès conditionnel, "
                        "affectation requise ou restriction du consentement."
                    ),
                    (
                        "Cherchez le nom de la stratégie dans les journaux de connexion de Microsoft Entra, "
                        "autorisez-y Calliente, puis recommencez."
                    ),
                ),
            ),
            "expired": Message(
                "Cela a pris trop de temps",
                (
                    (
                        "Pour votre sécurité, une tentative prend fin au bout de 15 minutes, et une réponse de "
                        "Microsoft au bout de quelques minutes. Rien n’a été modifié."
                    ),
                    "Recommencez : cela prend environ une minute.",
                ),
            ),
            "invalid_state": Message(
                "Ceci ne poursuit rien de ce que vous avez commencé",
                (
                    (
                        "La tentative a commencé dans un autre navigateur, a déjà servi ou a expiré. Rien n’a été "
                        "modifié."
                    ),
                    "Recommencez dans ce navigateur, avec les cookies autorisés pour ce site.",
                ),
            ),
            "unavailable": Message(
                "Un service dont nous dépendons ne répond pas",
                (
                    "Vous n’y êtes pour rien, et rien n’est perdu. Cela passe en général en quelques minutes.",
                    (
                        "Réessayez dans un instant. Si cela dure, indiquez à l’assistance le code ci-dessous et "
                        "l’heure."
                    ),
                ),
            ),
            "malformed": Message(
                "Cette demande est incompréhensible",
                (
                    (
                        "Il manque quelque chose dans son adresse ou son formulaire, ou une valeur y figure deux "
                        "fois. Rien n’a été modifié."
                    ),
                    "Recommencez depuis la première page.",
                ),
            ),
            "not_found": Message(
                "Cette page n’existe pas",
                ("L’adresse est peut-être mal saisie.", "Tout commence à la première page."),
            ),
            "unexpected": Message(
                "Cela n’a pas fonctionné",
                (
                    "Un problème inattendu est survenu. Rien n’a été conservé à votre sujet.",
                    "Recommencez. Si cela se reproduit, indiquez à l’assistance le code ci-dessous et l’heure.",
                ),
            ),
        },
    }
)
