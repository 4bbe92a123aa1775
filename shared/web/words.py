"""What the pages of several functions say, in English and in French, and how their words are set.

Each function's own words are in its `words.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

LANGUAGES = ("en", "fr")
MOMENT = {"en": "{day} {month} {year}, {time} UTC", "fr": "{day} {month} {year} à {time} UTC"}
MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
        *("août", "septembre", "octobre", "novembre", "décembre"),
    ),
}
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
            "footer": "Calliente stores no contacts and no profiles of people. Contacts travel from Microsoft 365 to "
            "the phone directly.",
        },
        "fr": {
            "skip": "Aller au contenu",
            "code": "Code pour l’assistance :",
            "footer": "Calliente ne conserve ni contacts ni profils de personnes. Les contacts vont directement de "
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
            "no_cookie": Message(
                "Your browser sent no cookie",
                (
                    (
                        "This site remembers in a cookie, for 15 minutes, what you began. Your browser sent none: it "
                        "blocks cookies for this site, it is not the browser that you began in, or the time is over."
                    ),
                    "Allow cookies for this site, and start again. What was done before stays done.",
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
            "account_blocked": Message(
                "Microsoft blocks this account",
                (
                    "It is disabled, locked, or blocked because of a risk.",
                    (
                        "Start again with another administrator’s account, or have this one unblocked by your IT "
                        "department."
                    ),
                ),
            ),
            "account_unknown": Message(
                "Microsoft does not find this account in the organization",
                (
                    "The account that you used does not belong to the organization, or cannot be used for it.",
                    "Start again with an account of the organization.",
                ),
            ),
            "answer_unusable": Message(
                "This answer of Microsoft’s cannot be used",
                (
                    (
                        "It was used once already, or it does not fit what was begun; reloading a page can lead to "
                        "this. What was done before stays done."
                    ),
                    "Start again: it takes about a minute.",
                ),
            ),
            "cross_tenant_blocked": Message(
                "Another organization’s accounts are not let in",
                (
                    (
                        "A cross-tenant access policy, of the account’s own organization or of the other one, "
                        "blocks this sign-in."
                    ),
                    (
                        "Start again with an account that belongs to the organization itself, or have the policy "
                        "changed."
                    ),
                ),
            ),
            "device_required": Message(
                "Your organization wants another device",
                (
                    (
                        "A policy of your organization lets only certain devices or apps sign in, for example those "
                        "that it manages."
                    ),
                    "Start again on such a device, or ask your IT department.",
                ),
            ),
            "identity_provider": Message(
                "Your organization’s own sign-in service is not working as expected",
                (
                    "Microsoft relies on a sign-in service of your organization, and could not use its answer.",
                    "Ask your IT department: the sign-in logs of Microsoft Entra show the details.",
                ),
            ),
            "microsoft_error": Message(
                "Something went wrong at Microsoft",
                (
                    "Microsoft could not complete the request, and does not say that it passes.",
                    (
                        "Start again. If it happens again, open a case with Microsoft’s support and quote the "
                        "number below."
                    ),
                ),
            ),
            "more_proof": Message(
                "Microsoft asks for more proof",
                (
                    (
                        "A policy of your organization wants one more step at sign-in: a second factor, its "
                        "registration, or agreement to terms of use."
                    ),
                    (
                        "Start again and complete the step that Microsoft shows. If it shows none, ask your IT "
                        "department: the sign-in logs of Microsoft Entra name the policy."
                    ),
                ),
            ),
            "network_restricted": Message(
                "Your network does not allow this organization",
                (
                    (
                        "The network or proxy through which you sign in lets you use only certain organizations at "
                        "Microsoft (tenant restrictions)."
                    ),
                    "Have this organization allowed there, or start again from another network.",
                ),
            ),
            "not_assigned": Message(
                "This account is not assigned to Calliente",
                (
                    (
                        "Your organization lets only assigned people use Calliente, and the account that you used "
                        "is not among them."
                    ),
                    (
                        "Start again with an account that is assigned, or assign this one in Microsoft Entra under "
                        "Enterprise applications, Calliente, Users and groups."
                    ),
                ),
            ),
            "organization_blocked": Message(
                "Microsoft has blocked this organization",
                (
                    (
                        "Microsoft answers that it has blocked the organization, for example because it was not "
                        "used for a long time."
                    ),
                    "Only Microsoft’s support can change that.",
                ),
            ),
            "other_cloud": Message(
                "This organization is in another cloud of Microsoft’s",
                (
                    (
                        "What you opened works with one of Microsoft’s clouds. The organization is in another, such "
                        "as those for the government of the United States or for China."
                    ),
                    "Ask support whether Calliente is offered there.",
                ),
            ),
            "our_mistake": Message(
                "This is our mistake",
                (
                    (
                        "Microsoft refused a request because of how Calliente is set up. You have done nothing "
                        "wrong, and we have been alerted."
                    ),
                    "Starting again at once does not help. Try later, or tell support the code below.",
                ),
            ),
            "partner_not_authorized": Message(
                "The customer has to consent first",
                (
                    (
                        "You signed in as a partner’s delegated administrator. For that, Calliente has to be "
                        "authorized in the customer’s organization, and it is not."
                    ),
                    (
                        "Have an administrator of the customer connect the organization, or start again with such "
                        "an account."
                    ),
                ),
            ),
            "security_defaults": Message(
                "Security defaults block this sign-in",
                (
                    (
                        "Your organization uses the security defaults of Microsoft Entra. They did not let this "
                        "sign-in through."
                    ),
                    "Ask your IT department to look it up in the sign-in logs of Microsoft Entra.",
                ),
            ),
            "service_not_enabled": Message(
                "A service of Microsoft’s is missing in your organization",
                (
                    (
                        "Calliente needs Microsoft Graph. This service, or the subscription that it belongs to, is "
                        "missing or switched off in your organization."
                    ),
                    (
                        "Ask your IT department to check Microsoft Graph in Microsoft Entra, and the subscriptions; "
                        "then start again."
                    ),
                ),
            ),
            "sign_in_again": Message(
                "Microsoft wants you to sign in once more",
                (
                    "The sign-in that your browser holds does not suffice.",
                    "Start again and sign in. If that does not help, use a private window.",
                ),
            ),
            "sign_in_cancelled": Message(
                "The sign-in was cancelled",
                (
                    "It was ended on Microsoft’s page.",
                    "If that was not your intention, start again.",
                ),
            ),
            "sign_in_failed": Message(
                "The sign-in did not succeed",
                (
                    "Microsoft did not accept the account’s password or key, or it has to be changed first.",
                    "Start again and sign in. Where a change is needed, Microsoft’s page asks for it.",
                ),
            ),
            "unknown_organization": Message(
                "Microsoft does not know this organization",
                (
                    "Microsoft finds no organization under this tenant ID or domain.",
                    "Check how it is spelt, or start again with a work account of your organization.",
                ),
            ),
            "unknown_refusal": Message(
                "Microsoft refused, for a reason that we do not know",
                (
                    (
                        "If Microsoft gave a number, it stands below. Microsoft explains its numbers at "
                        "login.microsoftonline.com/error."
                    ),
                    "You can start again. If it happens again, tell support the code below and the time.",
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
            "no_cookie": Message(
                "Votre navigateur n’a envoyé aucun cookie",
                (
                    (
                        "Ce site retient dans un cookie, pendant 15 minutes, ce que vous avez commencé. Votre "
                        "navigateur n’en a envoyé aucun : il bloque les cookies de ce site, ce n’est pas celui où "
                        "vous avez commencé, ou le délai est écoulé."
                    ),
                    "Autorisez les cookies pour ce site, puis recommencez. Ce qui a été fait avant reste fait.",
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
            "account_blocked": Message(
                "Microsoft bloque ce compte",
                (
                    "Il est désactivé, verrouillé ou bloqué à cause d’un risque.",
                    (
                        "Recommencez avec le compte d’un autre administrateur, ou faites débloquer celui-ci par "
                        "votre service informatique."
                    ),
                ),
            ),
            "account_unknown": Message(
                "Microsoft ne trouve pas ce compte dans l’organisation",
                (
                    "Le compte utilisé n’appartient pas à l’organisation, ou ne peut pas servir pour elle.",
                    "Recommencez avec un compte de l’organisation.",
                ),
            ),
            "answer_unusable": Message(
                "Cette réponse de Microsoft est inutilisable",
                (
                    (
                        "Elle a déjà servi, ou ne correspond pas à ce qui a été commencé ; le rechargement d’une "
                        "page peut y mener. Ce qui a été fait avant reste fait."
                    ),
                    "Recommencez : cela prend environ une minute.",
                ),
            ),
            "cross_tenant_blocked": Message(
                "Les comptes d’une autre organisation ne sont pas admis",
                (
                    (
                        "Une stratégie d’accès entre locataires, de l’organisation du compte ou de l’autre, bloque "
                        "cette connexion."
                    ),
                    (
                        "Recommencez avec un compte qui appartient à l’organisation elle-même, ou faites modifier "
                        "la stratégie."
                    ),
                ),
            ),
            "device_required": Message(
                "Votre organisation exige un autre appareil",
                (
                    (
                        "Une stratégie de votre organisation n’admet que certains appareils ou applications, par "
                        "exemple ceux qu’elle gère."
                    ),
                    "Recommencez sur un tel appareil, ou adressez-vous à votre service informatique.",
                ),
            ),
            "identity_provider": Message(
                "Le service de connexion de votre organisation ne fonctionne pas comme prévu",
                (
                    (
                        "Microsoft s’appuie sur un service de connexion de votre organisation et n’a pas pu "
                        "utiliser sa réponse."
                    ),
                    (
                        "Adressez-vous à votre service informatique : les journaux de connexion de Microsoft Entra "
                        "donnent les détails."
                    ),
                ),
            ),
            "microsoft_error": Message(
                "Un problème est survenu chez Microsoft",
                (
                    "Microsoft n’a pas pu traiter la demande, et ne dit pas que cela passera.",
                    (
                        "Recommencez. Si cela se reproduit, ouvrez un dossier auprès de l’assistance de Microsoft "
                        "et citez le numéro ci-dessous."
                    ),
                ),
            ),
            "more_proof": Message(
                "Microsoft demande une preuve de plus",
                (
                    (
                        "Une stratégie de votre organisation exige une étape de plus à la connexion : un second "
                        "facteur, son enregistrement ou l’acceptation de conditions d’utilisation."
                    ),
                    (
                        "Recommencez et suivez l’étape que Microsoft affiche. S’il n’en affiche aucune, adressez-"
                        "vous à votre service informatique : les journaux de connexion de Microsoft Entra nomment "
                        "la stratégie."
                    ),
                ),
            ),
            "network_restricted": Message(
                "Votre réseau n’autorise pas cette organisation",
                (
                    (
                        "Le réseau ou le proxy par lequel vous vous connectez n’admet que certaines organisations "
                        "chez Microsoft (restrictions de locataire)."
                    ),
                    "Faites-y autoriser cette organisation, ou recommencez depuis un autre réseau.",
                ),
            ),
            "not_assigned": Message(
                "Ce compte n’est pas affecté à Calliente",
                (
                    (
                        "Votre organisation réserve Calliente aux personnes affectées, et le compte utilisé n’en "
                        "fait pas partie."
                    ),
                    (
                        "Recommencez avec un compte affecté, ou affectez celui-ci dans Microsoft Entra sous "
                        "Applications d’entreprise, Calliente, Utilisateurs et groupes."
                    ),
                ),
            ),
            "organization_blocked": Message(
                "Microsoft a bloqué cette organisation",
                (
                    (
                        "Microsoft répond qu’il a bloqué l’organisation, par exemple parce qu’elle n’a pas servi "
                        "depuis longtemps."
                    ),
                    "Seule l’assistance de Microsoft peut y remédier.",
                ),
            ),
            "other_cloud": Message(
                "Cette organisation se trouve dans un autre cloud de Microsoft",
                (
                    (
                        "Ce que vous avez ouvert fonctionne avec l’un des clouds de Microsoft. L’organisation se "
                        "trouve dans un autre, comme ceux du gouvernement des États-Unis ou de la Chine."
                    ),
                    "Demandez à l’assistance si Calliente y est proposé.",
                ),
            ),
            "our_mistake": Message(
                "L’erreur est de notre côté",
                (
                    (
                        "Microsoft a refusé une demande à cause de la configuration de Calliente. Vous n’y êtes "
                        "pour rien, et nous avons été alertés."
                    ),
                    (
                        "Recommencer tout de suite ne sert à rien. Réessayez plus tard, ou indiquez à l’assistance "
                        "le code ci-dessous."
                    ),
                ),
            ),
            "partner_not_authorized": Message(
                "Le client doit d’abord donner son consentement",
                (
                    (
                        "Vous vous êtes connecté comme administrateur délégué d’un partenaire. Pour cela, Calliente "
                        "doit être autorisé dans l’organisation du client, et il ne l’est pas."
                    ),
                    (
                        "Faites connecter l’organisation par un administrateur du client, ou recommencez avec un "
                        "tel compte."
                    ),
                ),
            ),
            "security_defaults": Message(
                "Les paramètres de sécurité par défaut bloquent cette connexion",
                (
                    (
                        "Votre organisation utilise les paramètres de sécurité par défaut de Microsoft Entra. Ils "
                        "n’ont pas laissé passer cette connexion."
                    ),
                    (
                        "Demandez à votre service informatique de la chercher dans les journaux de connexion de "
                        "Microsoft Entra."
                    ),
                ),
            ),
            "service_not_enabled": Message(
                "Un service de Microsoft manque dans votre organisation",
                (
                    (
                        "Calliente a besoin de Microsoft Graph. Ce service, ou l’abonnement dont il fait partie, "
                        "manque ou est désactivé dans votre organisation."
                    ),
                    (
                        "Demandez à votre service informatique de vérifier Microsoft Graph dans Microsoft Entra, "
                        "ainsi que les abonnements ; puis recommencez."
                    ),
                ),
            ),
            "sign_in_again": Message(
                "Microsoft veut que vous vous connectiez encore une fois",
                (
                    "La connexion que garde votre navigateur ne suffit pas.",
                    "Recommencez et connectez-vous. Si cela n’aide pas, ouvrez une fenêtre privée.",
                ),
            ),
            "sign_in_cancelled": Message(
                "La connexion a été annulée",
                (
                    "Elle a pris fin sur la page de Microsoft.",
                    "Si ce n’était pas votre intention, recommencez.",
                ),
            ),
            "sign_in_failed": Message(
                "La connexion n’a pas abouti",
                (
                    "Microsoft n’a pas accepté le mot de passe ou la clé du compte, ou exige d’abord un changement.",
                    (
                        "Recommencez et connectez-vous. Si un changement est nécessaire, la page de Microsoft le "
                        "demande."
                    ),
                ),
            ),
            "unknown_organization": Message(
                "Microsoft ne connaît pas cette organisation",
                (
                    "Microsoft ne trouve aucune organisation sous cet ID de locataire ou ce domaine.",
                    "Vérifiez sa saisie, ou recommencez avec un compte professionnel de votre organisation.",
                ),
            ),
            "unknown_refusal": Message(
                "Microsoft a refusé, pour une raison que nous ne connaissons pas",
                (
                    (
                        "Si Microsoft a donné un numéro, il figure ci-dessous. Microsoft explique ses numéros à "
                        "l’adresse login.microsoftonline.com/error."
                    ),
                    (
                        "Vous pouvez recommencer. Si cela se reproduit, indiquez à l’assistance le code ci-dessous "
                        "et l’heure."
                    ),
                ),
            ),
        },
    }
)
