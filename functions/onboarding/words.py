"""Everything that onboarding says to people, in English and in French.

A field of the inventory without words in every language keeps the function from starting: nothing is stored unsaid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Message:
    title: str
    texts: tuple[str, ...]


CODE_LABEL = {"en": "Code for support:", "fr": "Code pour l’assistance :"}
START_AGAIN = {"en": "Start again", "fr": "Recommencer"}
RETRY = {"en": "Try again", "fr": "Réessayer"}

_CONNECTED_EN = "As long as the organization is connected"
_CONNECTED_FR = "Tant que l’organisation est connectée"
_CLOSING_EN = "From the request to delete until the deletion"
_CLOSING_FR = "De la demande de suppression à la suppression"
_DEVICE_EN = "Until the phone signs out or the organization’s data is deleted"
_DEVICE_FR = "Jusqu’à la déconnexion du téléphone ou la suppression des données de l’organisation"

STORED: dict[str, dict[str, tuple[str, str, str]]] = {
    "en": {
        "tenantId": (
            "Tenant ID",
            "Associates Calliente with your Microsoft directory",
            _CONNECTED_EN,
        ),
        "name": (
            "Organization name",
            "Identification and display in the administration portal",
            _CONNECTED_EN,
        ),
        "status": (
            "Status",
            "Whether phones may register, and how far a deletion is",
            _CONNECTED_EN,
        ),
        "closing.purgeAt": ("Time of deletion", "When your data will be deleted", _CLOSING_EN),
        "closing.reason": (
            "Reason of deletion",
            "Requested, or the consent was withdrawn",
            _CLOSING_EN,
        ),
        "closing.receiptId": (
            "Receipt",
            "Proof of the request, handed to whoever asked",
            _CLOSING_EN,
        ),
        "consent.checkedAt": (
            "Consent checked",
            "When your consent was last seen to stand",
            _CONNECTED_EN,
        ),
        "consent.lostAt": (
            "Consent missing since",
            "Deletion follows when the consent stays away for 30 days",
            "Until the consent is seen again",
        ),
        "deviceId": (
            "Device ID (anonymous)",
            (
                "A random number made on the phone, with no link to a person; also the phone’s "
                "sign-in to our database"
            ),
            _DEVICE_EN,
        ),
        "lastHeartbeatAt": (
            "Last sign of life",
            "Technical tracking of synchronization",
            _DEVICE_EN,
        ),
        "lastSyncAt": (
            "Last synchronization",
            "How fresh synchronizations are, counted per organization",
            _DEVICE_EN,
        ),
        "lastOutcome": (
            "Result of the last synchronization",
            "Share of failures, counted per organization",
            _DEVICE_EN,
        ),
    },
    "fr": {
        "tenantId": (
            "Identifiant du locataire (tenant)",
            "Associe Calliente à votre annuaire Microsoft",
            _CONNECTED_FR,
        ),
        "name": (
            "Nom de l’organisation",
            "Identification et affichage dans le portail d’administration",
            _CONNECTED_FR,
        ),
        "status": (
            "État",
            "Si les téléphones peuvent s’enregistrer, et où en est une suppression",
            _CONNECTED_FR,
        ),
        "closing.purgeAt": (
            "Date de suppression",
            "Quand vos données seront supprimées",
            _CLOSING_FR,
        ),
        "closing.reason": (
            "Motif de suppression",
            "Demande, ou consentement retiré",
            _CLOSING_FR,
        ),
        "closing.receiptId": (
            "Reçu",
            "Preuve de la demande, remise à son auteur",
            _CLOSING_FR,
        ),
        "consent.checkedAt": (
            "Consentement vérifié",
            "Quand votre consentement a été constaté pour la dernière fois",
            _CONNECTED_FR,
        ),
        "consent.lostAt": (
            "Consentement absent depuis",
            "Après 30 jours sans consentement, les données sont supprimées",
            "Jusqu’au retour du consentement",
        ),
        "deviceId": (
            "Identifiant d’appareil (anonyme)",
            (
                "Un nombre aléatoire créé sur le téléphone, sans lien avec une personne ; sert aussi à la connexion "
                "du téléphone à notre base"
            ),
            _DEVICE_FR,
        ),
        "lastHeartbeatAt": (
            "Dernier signe de vie",
            "Suivi technique de la synchronisation",
            _DEVICE_FR,
        ),
        "lastSyncAt": (
            "Dernière synchronisation",
            "Fraîcheur des synchronisations, comptée par organisation",
            _DEVICE_FR,
        ),
        "lastOutcome": (
            "Résultat de la dernière synchronisation",
            "Part des échecs, comptée par organisation",
            _DEVICE_FR,
        ),
    },
}

LANDING: dict[str, dict[str, Any]] = {
    "en": {
        "title": "Connect your organization to Calliente",
        "lead": "It takes an administrator about a minute. Before you agree to anything, read what Calliente "
        "stores, and what it never will.",
        "begin_title": "Who can connect it",
        "begin": "A Global Administrator or Privileged Role Administrator of your organization’s Microsoft 365. "
        "If that is not you, pass the link of this page on: nothing happens until then.",
        "stored_title": "What is stored, and what is not",
        "stored_caption": "The complete list: there is no other data. It is kept in Google Firestore, "
        "isolated by organization, in the European Union by default.",
        "headings": ("Data", "Why"),
        "yes": "Stored",
        "no": "Never stored",
        "never": (
            (
                "Contacts of your users",
                "They go from Microsoft Graph to the phone directly, never through our servers.",
            ),
            (
                "Profiles of your users",
                "No name, no e-mail address, no identifier of a person.",
            ),
            ("Microsoft 365 content", "No mailbox, no calendar, no files."),
            ("Passwords, secrets and tokens", "Used for the moment of signing in, then forgotten."),
        ),
        "asked_title": "What Microsoft will ask you",
        "asked": (
            (
                "Microsoft shows you the permissions that Calliente asks for. You consent once, for all of your "
                "organization, so that each phone can read its own user’s contacts without asking an administrator."
            ),
            (
                "Then you sign in, so that we know that the consent comes from an administrator of "
                "this organization. "
                "We read the organization’s name at that moment, and keep nothing about you."
            ),
        ),
        "steps_title": "What happens",
        "steps": (
            "You consent on Microsoft’s page, as a Global Administrator or Privileged Role Administrator.",
            "You sign in, on Microsoft’s page too.",
            "You come back here, and phones can register.",
        ),
        "button": "Continue to Microsoft",
        "cookie": "One cookie remembers for 15 minutes where you are in these steps. It is the only one.",
    },
    "fr": {
        "title": "Connecter votre organisation à Calliente",
        "lead": "Un administrateur y consacre environ une minute. Avant d’accepter quoi que ce soit, lisez ce "
        "que Calliente conserve, et ce que Calliente ne conservera jamais.",
        "begin_title": "Qui peut la connecter",
        "begin": "Un administrateur général ou un administrateur de rôle privilégié du Microsoft 365 de votre "
        "organisation. Si ce n’est pas vous, transmettez le lien de cette page : rien ne se passe d’ici là.",
        "stored_title": "Ce qui est conservé, et ce qui ne l’est pas",
        "stored_caption": "La liste complète : il n’y a pas d’autres données. Elles se trouvent dans Google "
        "Firestore, "
        "isolées par organisation, dans l’Union européenne par défaut.",
        "headings": ("Donnée", "Pourquoi"),
        "yes": "Conservé",
        "no": "Jamais conservé",
        "never": (
            (
                "Contacts de vos utilisateurs",
                "Ils vont directement de Microsoft Graph au téléphone, jamais par nos serveurs.",
            ),
            (
                "Profils de vos utilisateurs",
                "Ni nom, ni adresse e-mail, ni identifiant d’une personne.",
            ),
            ("Contenu Microsoft 365", "Ni messagerie, ni calendrier, ni fichiers."),
            (
                "Mots de passe, secrets et jetons",
                "Utilisés le temps de la connexion, puis oubliés.",
            ),
        ),
        "asked_title": "Ce que Microsoft va vous demander",
        "asked": (
            (
                "Microsoft vous présente les autorisations que Calliente demande. Vous consentez une "
                "fois, pour toute votre "
                "organisation, afin que chaque téléphone puisse lire les contacts de son utilisateur sans solliciter "
                "un administrateur."
            ),
            (
                "Ensuite vous vous connectez, pour que nous sachions que le consentement vient d’un "
                "administrateur de cette "
                "organisation. Nous lisons alors le nom de l’organisation, et ne gardons rien sur vous."
            ),
        ),
        "steps_title": "Les étapes",
        "steps": (
            (
                "Vous consentez sur la page de Microsoft, en tant qu’administrateur général ou "
                "administrateur de rôle "
                "privilégié."
            ),
            "Vous vous connectez, également chez Microsoft.",
            "Vous revenez ici, et les téléphones peuvent s’enregistrer.",
        ),
        "button": "Continuer chez Microsoft",
        "cookie": "Un seul cookie retient pendant 15 minutes l’étape où vous êtes. Il n’y en a pas d’autre.",
    },
}

CONNECTED: dict[str, dict[str, Any]] = {
    "en": {
        "title": "Your organization is connected",
        "text": "We have stored its name and tenant ID. Nothing about you was kept.",
        "next_title": "What happens next",
        "next": (
            "Your users install the Calliente app and sign in with their work account.",
            "Each phone registers under a random number and synchronizes contacts with Microsoft directly.",
            "There is nothing else to set up. You can close this page.",
        ),
        "delete_title": "How to have everything deleted",
        "delete": (
            (
                "Ask Calliente support at any time, with your tenant ID: you get a receipt and the "
                "time of deletion, and can "
                "change your mind until then."
            ),
            (
                "If you remove Calliente from the enterprise applications of Microsoft Entra instead, "
                "your data is deleted "
                "once the consent has been missing for 30 days."
            ),
        ),
        "tenant": "Your tenant ID:",
    },
    "fr": {
        "title": "Votre organisation est connectée",
        "text": "Nous avons enregistré son nom et son identifiant. Rien n’a été conservé à votre sujet.",
        "next_title": "Et maintenant",
        "next": (
            (
                "Vos utilisateurs installent l’application Calliente et s’y connectent avec leur "
                "compte professionnel."
            ),
            (
                "Chaque téléphone s’enregistre sous un nombre aléatoire et synchronise ses contacts directement avec "
                "Microsoft."
            ),
            "Il n’y a rien d’autre à configurer. Vous pouvez fermer cette page.",
        ),
        "delete_title": "Comment tout faire supprimer",
        "delete": (
            (
                "Adressez-vous à tout moment à l’assistance Calliente, avec votre identifiant : vous "
                "recevez un reçu et la date "
                "de suppression, et pouvez changer d’avis jusque-là."
            ),
            (
                "Si vous retirez plutôt Calliente des applications d’entreprise de Microsoft Entra, vos données sont "
                "supprimées après 30 jours sans consentement."
            ),
        ),
        "tenant": "Votre identifiant de locataire :",
    },
}

WAITING: dict[str, dict[str, Any]] = {
    "en": {
        "title": "Microsoft is still activating Calliente",
        "text": (
            (
                "Your consent was received. It takes Microsoft a few seconds, sometimes minutes, to "
                "make it known everywhere."
            ),
            "This page tries again by itself every 5 seconds. You need not do anything.",
        ),
        "attempt": "Attempt {attempt} of {most}",
        "button": "Try now",
        "again": "Start again from the beginning",
    },
    "fr": {
        "title": "Microsoft active encore Calliente",
        "text": (
            (
                "Votre consentement est arrivé. Il faut à Microsoft quelques secondes, parfois "
                "quelques minutes, pour le "
                "diffuser partout."
            ),
            "Cette page réessaie d’elle-même toutes les 5 secondes. Vous n’avez rien à faire.",
        ),
        "attempt": "Essai {attempt} sur {most}",
        "button": "Réessayer maintenant",
        "again": "Recommencer depuis le début",
    },
}

FAILURES: dict[str, dict[str, Message]] = {
    "en": {
        "application_disabled": Message(
            "Calliente is disabled in your organization",
            (
                "An administrator has disabled sign-in to Calliente in Microsoft Entra.",
                (
                    "Open Enterprise applications, then Calliente, then Properties, set “Enabled for "
                    "users to sign in” to Yes, "
                    "and start again."
                ),
            ),
        ),
        "blocked_by_policy": Message(
            "A policy of your organization blocks Calliente",
            (
                (
                    "Microsoft did not let you continue because of a policy, such as Conditional Access, "
                    "required assignment, or "
                    "a restriction of consent."
                ),
                (
                    "Check the sign-in log of Microsoft Entra for the policy’s name, allow Calliente "
                    "there, and start again."
                ),
            ),
        ),
        "consent_declined": Message(
            "You did not give consent",
            (
                "The request was declined or cancelled on Microsoft’s page. Nothing was stored.",
                "If that was not your intention, start again and choose Accept.",
            ),
        ),
        "not_administrator": Message(
            "An administrator is needed",
            (
                (
                    "The account that you used is not an administrator who can connect the organization. "
                    "Nothing was stored."
                ),
                (
                    "Start again with an account that is Global Administrator or Privileged Role "
                    "Administrator, or pass the link of the first page to a person who has one."
                ),
            ),
        ),
        "wrong_account": Message(
            "That account belongs to another organization",
            (
                "The consent and the sign-in came from two different organizations. Nothing was stored.",
                (
                    "Sign out of other Microsoft accounts, or use a private window, and start again with "
                    "one account throughout."
                ),
            ),
        ),
        "organization_purging": Message(
            "This organization’s data is being deleted",
            (
                (
                    "The deletion that was asked for is under way and cannot be stopped any more. It "
                    "takes a few minutes."
                ),
                "You can connect the organization again once it is finished.",
            ),
        ),
        "service_away": Message(
            "A service that we depend on is not answering",
            (
                "This is not your doing, and nothing is lost. It usually passes within minutes.",
                "Try again shortly. If it goes on, tell support the code below.",
            ),
        ),
        "still_activating": Message(
            "Microsoft takes longer than usual",
            (
                (
                    "Your consent is not known everywhere at Microsoft yet. That can take up to an hour, "
                    "rarely more."
                ),
                "Start again in a few minutes: Microsoft remembers a consent that was given.",
            ),
        ),
        "expired": Message(
            "That took too long",
            (
                (
                    "For your security, an attempt ends after 15 minutes, and Microsoft’s answers after a "
                    "few. Nothing was stored."
                ),
                "Start again: it takes about a minute.",
            ),
        ),
        "invalid_state": Message(
            "This does not continue an attempt of yours",
            (
                "The attempt was started in another browser, has been used already, or has expired.",
                "Start again in this browser, with cookies allowed for this site.",
            ),
        ),
        "invalid_tenant": Message(
            "Microsoft did not name an organization",
            (
                (
                    "Calliente connects organizations with Microsoft 365. Personal Microsoft accounts "
                    "cannot be connected."
                ),
                "Start again with a work account.",
            ),
        ),
        "unknown_organization": Message(
            "Microsoft does not know this organization",
            (
                "No organization with this tenant ID was found at Microsoft. Nothing was stored.",
                "Start again with a work account of your organization.",
            ),
        ),
        "nothing_in_progress": Message(
            "Nothing is in progress",
            (
                "No attempt is under way in this browser, or it ended more than 15 minutes ago.",
                "An organization that was connected stays connected. To connect one, start again.",
            ),
        ),
        "malformed": Message(
            "This address is incomplete",
            (
                "Something in the address cannot be understood. Nothing was stored.",
                "Start again from the beginning.",
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
                    "Ouvrez Applications d’entreprise, Calliente, Propriétés, réglez « Activé pour que "
                    "les utilisateurs se "
                    "connectent » sur Oui, puis recommencez."
                ),
            ),
        ),
        "blocked_by_policy": Message(
            "Une stratégie de votre organisation bloque Calliente",
            (
                (
                    "Microsoft ne vous a pas laissé continuer à cause d’une stratégie : accès "
                    "conditionnel, affectation requise "
                    "ou restriction du consentement."
                ),
                (
                    "Cherchez le nom de la stratégie dans le journal de connexion de Microsoft Entra, "
                    "autorisez-y Calliente, puis "
                    "recommencez."
                ),
            ),
        ),
        "consent_declined": Message(
            "Vous n’avez pas donné votre consentement",
            (
                "La demande a été refusée ou annulée sur la page de Microsoft. Rien n’a été conservé.",
                "Si ce n’était pas votre intention, recommencez et choisissez Accepter.",
            ),
        ),
        "not_administrator": Message(
            "Il faut un administrateur",
            (
                (
                    "Le compte utilisé n’est pas celui d’un administrateur qui peut connecter "
                    "l’organisation. Rien n’a été "
                    "conservé."
                ),
                (
                    "Recommencez avec un compte d’administrateur général ou d’administrateur de rôle "
                    "privilégié, ou "
                    "transmettez le lien de la première page à une personne qui en a un."
                ),
            ),
        ),
        "wrong_account": Message(
            "Ce compte appartient à une autre organisation",
            (
                (
                    "Le consentement et la connexion viennent de deux organisations différentes. Rien n’a "
                    "été conservé."
                ),
                (
                    "Déconnectez les autres comptes Microsoft, ou ouvrez une fenêtre privée, et "
                    "recommencez avec un seul compte."
                ),
            ),
        ),
        "organization_purging": Message(
            "Les données de cette organisation sont en cours de suppression",
            (
                "La suppression demandée a commencé et ne peut plus être arrêtée. Elle dure quelques minutes.",
                "Vous pourrez reconnecter l’organisation ensuite.",
            ),
        ),
        "service_away": Message(
            "Un service dont nous dépendons ne répond pas",
            (
                "Vous n’y êtes pour rien, et rien n’est perdu. Cela passe en général en quelques minutes.",
                "Réessayez bientôt. Si cela dure, donnez à l’assistance le code ci-dessous.",
            ),
        ),
        "still_activating": Message(
            "Microsoft met plus de temps que d’habitude",
            (
                (
                    "Votre consentement n’est pas encore connu partout chez Microsoft. Cela peut prendre "
                    "une heure, rarement plus."
                ),
                "Recommencez dans quelques minutes : Microsoft se souvient d’un consentement donné.",
            ),
        ),
        "expired": Message(
            "Cela a pris trop de temps",
            (
                (
                    "Pour votre sécurité, une tentative prend fin après 15 minutes, et les réponses de "
                    "Microsoft après quelques "
                    "minutes. Rien n’a été conservé."
                ),
                "Recommencez : cela prend environ une minute.",
            ),
        ),
        "invalid_state": Message(
            "Ceci ne poursuit aucune de vos tentatives",
            (
                "La tentative a commencé dans un autre navigateur, a déjà servi ou a expiré.",
                "Recommencez dans ce navigateur, avec les cookies autorisés pour ce site.",
            ),
        ),
        "invalid_tenant": Message(
            "Microsoft n’a pas désigné d’organisation",
            (
                (
                    "Calliente connecte des organisations dotées de Microsoft 365. Un compte Microsoft "
                    "personnel ne peut pas "
                    "être connecté."
                ),
                "Recommencez avec un compte professionnel.",
            ),
        ),
        "unknown_organization": Message(
            "Microsoft ne connaît pas cette organisation",
            (
                "Aucune organisation avec cet identifiant n’a été trouvée chez Microsoft. Rien n’a été conservé.",
                "Recommencez avec un compte professionnel de votre organisation.",
            ),
        ),
        "nothing_in_progress": Message(
            "Rien n’est en cours",
            (
                (
                    "Aucune tentative n’est en cours dans ce navigateur, ou elle s’est terminée il y a "
                    "plus de 15 minutes."
                ),
                "Une organisation connectée le reste. Pour en connecter une, recommencez.",
            ),
        ),
        "malformed": Message(
            "Cette adresse est incomplète",
            (
                "Une partie de l’adresse est incompréhensible. Rien n’a été conservé.",
                "Recommencez depuis le début.",
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
                "Recommencez. Si cela se reproduit, donnez à l’assistance le code ci-dessous et l’heure.",
            ),
        ),
    },
}
for _messages in FAILURES.values():
    _messages["unavailable"] = _messages["service_away"]
