"""Everything that onboarding alone says to people, in English and in French.

A field of the inventory without words in every language keeps the function from starting: nothing is stored unsaid.
"""

from __future__ import annotations

from typing import Any

from shared.web.words import FAILURES as SHARED_FAILURES
from shared.web.words import Message, typeset

START_AGAIN = {"en": "Start again", "fr": "Recommencer"}
RETRY = {"en": "Try again", "fr": "Réessayer"}

_CONNECTED_EN = "As long as the organization is connected"
_CONNECTED_FR = "Tant que l’organisation est connectée"
_CLOSING_EN = "While a deletion is due, until it is done or withdrawn"
_CLOSING_FR = "Tant qu’une suppression est prévue, jusqu’à ce qu’elle soit faite ou annulée"
_WITHDRAWN_EN = "Until the next deletion is requested, or the data is deleted"
_WITHDRAWN_FR = "Jusqu’à la prochaine demande de suppression ou la suppression des données"
_DEVICE_EN = "Until the phone signs out{silence} or the organization’s data is deleted"
_DEVICE_FR = (
    "Jusqu’à la déconnexion du téléphone{silence} ou la suppression des données de l’organisation"
)
SILENCE: dict[str, str] = typeset(  # where silent devices are removed
    {"en": ", has been silent for {days} days,", "fr": ", {days} jours de silence"}
)

STORED: dict[str, dict[str, tuple[str, str, str]]] = typeset(  # label, purpose, retention
    {
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
                "Whether phones may register, and how far a deletion has got",
                _CONNECTED_EN,
            ),
            "closing.purgeAt": ("Time of deletion", "When your data will be deleted", _CLOSING_EN),
            "closing.reason": (
                "Reason for deletion",
                "Requested, or the consent was withdrawn",
                _CLOSING_EN,
            ),
            "closing.receiptId": (
                "Receipt",
                "Proves the request; given to whoever made it",
                _CLOSING_EN,
            ),
            "closing.salt": (
                "Salt of the receipt",
                "A random number; with it, and only with it, you can show whose receipt it is",
                _CLOSING_EN,
            ),
            "withdrawn.at": (
                "Deletion withdrawn",
                "When a requested deletion was withdrawn",
                _WITHDRAWN_EN,
            ),
            "withdrawn.way": (
                "Way of withdrawal",
                "By connecting again, in the portal, or by support",
                _WITHDRAWN_EN,
            ),
            "withdrawn.receiptId": (
                "Receipt of the withdrawn deletion",
                "Which deletion was withdrawn",
                _WITHDRAWN_EN,
            ),
            "signOut.requestedAt": (
                "Signing out of all devices",
                "Every device that was registered before is removed",
                "Until the devices are removed",
            ),
            "consent.checkedAt": (
                "Consent checked",
                "When we last asked Microsoft whether your consent is in place",
                _CONNECTED_EN,
            ),
            "consent.unknownAt": (
                "Consent unclear since",
                "Since when Microsoft has given us no clear answer about it",
                "Until there is a clear answer",
            ),
            "consent.lostAt": (
                "Consent missing since",
                "After {days} days without consent your data is deleted",
                "Until the consent is back or the data is deleted",
            ),
            "deviceId": (
                "Device ID (anonymous)",
                (
                    "A random number made on the phone, with no link to a person; also the phone’s sign-in to our "
                    "database"
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
                "ID de locataire",
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
                "Suppression demandée, ou consentement retiré",
                _CLOSING_FR,
            ),
            "closing.receiptId": (
                "Reçu",
                "Prouve la demande ; remis à son auteur",
                _CLOSING_FR,
            ),
            "closing.salt": (
                "Sel du reçu",
                "Un nombre aléatoire ; lui seul permet de montrer de quelle organisation est le reçu",
                _CLOSING_FR,
            ),
            "withdrawn.at": (
                "Suppression annulée",
                "Quand une suppression demandée a été annulée",
                _WITHDRAWN_FR,
            ),
            "withdrawn.way": (
                "Manière de l’annulation",
                "Par une nouvelle connexion, sur le portail ou par l’assistance",
                _WITHDRAWN_FR,
            ),
            "withdrawn.receiptId": (
                "Reçu de la suppression annulée",
                "Quelle suppression a été annulée",
                _WITHDRAWN_FR,
            ),
            "signOut.requestedAt": (
                "Déconnexion de tous les appareils",
                "Chaque appareil enregistré auparavant est retiré",
                "Jusqu’au retrait des appareils",
            ),
            "consent.checkedAt": (
                "Consentement vérifié",
                "Quand nous avons interrogé Microsoft sur votre consentement pour la dernière fois",
                _CONNECTED_FR,
            ),
            "consent.unknownAt": (
                "Consentement incertain depuis",
                "Depuis quand Microsoft ne nous donne pas de réponse claire à ce sujet",
                "Jusqu’à une réponse claire",
            ),
            "consent.lostAt": (
                "Consentement absent depuis",
                "Après {days} jours sans consentement, vos données sont supprimées",
                "Jusqu’au retour du consentement ou à la suppression des données",
            ),
            "deviceId": (
                "Identifiant d’appareil (anonyme)",
                (
                    "Un nombre aléatoire créé sur le téléphone, sans lien avec une personne ; sert aussi à la "
                    "connexion du téléphone à notre base de données"
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
)

LANDING: dict[str, dict[str, Any]] = typeset(
    {
        "en": {
            "title": "Connect your organization to Calliente",
            "lead": "It takes an administrator about a minute. Before you agree to anything, read what Calliente "
            "stores, and what it never will.",
            "begin_title": "Who can connect it",
            "begin": "An administrator of your organization’s Microsoft 365 with one of these roles: Global "
            "Administrator, Privileged Role Administrator, Cloud Application Administrator or Application "
            "Administrator. If that is not you, send one of them the link to this page; nothing happens before that.",
            "stored_title": "What is stored, and what is not",
            "stored_text": "The complete list of what is stored about your organization.",
            "place_title": "Where it is kept",
            "place": (
                (
                    "In Google Firestore, isolated by organization, in the European Union by default. Firestore also "
                    "keeps when each document was created and last changed."
                ),
                (
                    "For a phone to sign in there, its device ID and your tenant ID, two numbers without a name, are "
                    "also kept in Google’s Firebase Authentication, for which Google does not promise a place. By "
                    "itself Google keeps there when a phone first and last signed in, and for a few weeks the IP "
                    "addresses from which phones do so."
                ),
            ),
            "after_title": "What is left after a deletion, and for how long",
            "after": (
                "Earlier versions of documents, in Firestore: one hour.",
                "{backups}",
                "Deleted sign-ins, in Google’s own systems of Firebase Authentication: up to 180 days.",
                (
                    "The receipt of the deletion, which names nobody: two years. Beside it, until no backup holds your "
                    "organization, a keyed digest of its tenant ID, so that no backup brings it back."
                ),
            ),
            "backups": "Daily backups, which nobody reads unless the database has to be restored: up to {days} days.",
            "no_backups": "There are no backups.",
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
                (
                    "Passwords and tokens",
                    (
                        "Passwords are typed at Microsoft alone. A token serves the moment of signing in, and is "
                        "then forgotten."
                    ),
                ),
            ),
            "asked_title": "What Microsoft will ask you",
            "asked": "Microsoft shows what Calliente may do in your organization. You consent once, for everybody, "
            "so that no phone has to ask you again. Calliente asks for two permissions:",
            "permissions": (
                (
                    "User.Read",
                    (
                        "People sign in to the app with their work account; and today we read your organization’s "
                        "name, once."
                    ),
                ),
                (
                    "Contacts.Read",
                    (
                        "Each phone reads the contacts that the person who is signed in on it may read, from "
                        "Microsoft directly."
                    ),
                ),
            ),
            "delegated": "Both are for a person who has signed in to the app, and reach no further than that person "
            "may. Microsoft’s page also lists what signing in itself takes (openid, profile, offline_access), and the "
            "registration of a phone with Calliente.",
            "steps_title": "What happens",
            "steps": (
                "You consent on Microsoft’s page.",
                (
                    "You sign in, on Microsoft’s page too: so we know that the consent comes from an administrator "
                    "of this organization. We keep nothing about you."
                ),
                "You come back here, and phones can register.",
            ),
            "up": "Ready? The button is at the top of this page.",
            "button": "Continue to Microsoft",
            "cookie": "A cookie remembers for 15 minutes where you are in these steps, and does nothing else. Each "
            "attempt has its own.",
        },
        "fr": {
            "title": "Connecter votre organisation à Calliente",
            "lead": "Un administrateur y consacre environ une minute. Avant d’accepter quoi que ce soit, lisez ce "
            "que Calliente conserve, et ce que Calliente ne conservera jamais.",
            "begin_title": "Qui peut la connecter",
            "begin": "Un administrateur du Microsoft 365 de votre organisation qui a l’un de ces rôles : "
            "administrateur général, administrateur de rôle privilégié, administrateur d’application cloud ou "
            "administrateur d’application. Si ce n’est pas vous, envoyez à l’un d’eux le lien de cette page ; rien ne "
            "se passe avant.",
            "stored_title": "Ce qui est conservé, et ce qui ne l’est pas",
            "stored_text": "La liste complète de ce qui est conservé sur votre organisation.",
            "place_title": "Où ces données se trouvent",
            "place": (
                (
                    "Dans Google Firestore, isolées par organisation, dans l’Union européenne par défaut. Firestore "
                    "garde aussi les dates de création et de dernière modification de chaque document."
                ),
                (
                    "Pour qu’un téléphone puisse s’y connecter, son identifiant et votre ID de locataire, deux "
                    "numéros sans aucun nom, se trouvent aussi dans Firebase Authentication de Google, dont Google ne "
                    "garantit pas le lieu d’hébergement. De lui-même, Google y garde les dates de première et de "
                    "dernière connexion d’un téléphone et, pendant quelques semaines, les adresses IP d’où les "
                    "téléphones se connectent."
                ),
            ),
            "after_title": "Ce qui reste après une suppression, et combien de temps",
            "after": (
                "Les versions antérieures des documents, dans Firestore : une heure.",
                "{backups}",
                (
                    "Les connexions supprimées, dans les systèmes de Google pour Firebase Authentication "
                    ": jusqu’à 180 jours."
                ),
                (
                    "Le reçu de la suppression, qui ne nomme personne : deux ans. À côté, tant qu’une sauvegarde "
                    "contient votre organisation, une empreinte à clé de son ID de locataire, pour qu’aucune "
                    "sauvegarde ne la fasse revenir."
                ),
            ),
            "backups": "Les sauvegardes quotidiennes, que personne ne lit sauf s’il faut restaurer "
            "la base de données : "
            "jusqu’à {days} jours.",
            "no_backups": "Il n’y a pas de sauvegardes.",
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
                    "Ni nom, ni adresse électronique, ni identifiant d’une personne.",
                ),
                ("Contenu Microsoft 365", "Ni messagerie, ni calendrier, ni fichiers."),
                (
                    "Mots de passe et jetons",
                    (
                        "Les mots de passe ne sont saisis que chez Microsoft. Un jeton sert le temps de la "
                        "connexion, puis il est oublié."
                    ),
                ),
            ),
            "asked_title": "Ce que Microsoft va vous demander",
            "asked": "Microsoft indique ce que Calliente pourra faire dans votre organisation. Vous consentez une "
            "fois pour tous, afin qu’aucun téléphone n’ait à vous solliciter. Calliente demande deux "
            "autorisations :",
            "permissions": (
                (
                    "User.Read",
                    (
                        "Chacun se connecte à l’application avec son compte professionnel ; et nous lisons "
                        "aujourd’hui, une seule fois, le nom de votre organisation."
                    ),
                ),
                (
                    "Contacts.Read",
                    (
                        "Chaque téléphone lit les contacts que la personne qui y est connectée peut lire, "
                        "directement chez Microsoft."
                    ),
                ),
            ),
            "delegated": "Toutes deux valent pour une personne qui s’est connectée à l’application, et ne vont pas "
            "au-delà des droits de cette personne. La page de Microsoft énumère aussi ce que demande la connexion "
            "elle-même (openid, profile, offline_access), et l’enregistrement d’un téléphone auprès de Calliente.",
            "steps_title": "Les étapes",
            "steps": (
                "Vous donnez votre consentement sur la page de Microsoft.",
                (
                    "Vous vous connectez, également chez Microsoft : nous savons ainsi que le consentement vient "
                    "d’un administrateur de cette organisation. Nous ne gardons rien sur vous."
                ),
                "Vous revenez ici, et les téléphones peuvent s’enregistrer.",
            ),
            "up": "Prêt ? Le bouton est en haut de cette page.",
            "button": "Continuer vers Microsoft",
            "cookie": "Un cookie retient pendant 15 minutes l’étape où vous êtes, et ne sert à rien d’autre. Chaque "
            "tentative a le sien.",
        },
    }
)

NAMED: dict[str, dict[str, str]] = typeset(
    {
        "en": {
            "title": "You administer another organization as a guest?",
            "label": "Its domain or tenant ID",
            "example": "For example contoso.com. Without it, Microsoft takes the organization of your account.",
            "button": "Connect this organization",
        },
        "fr": {
            "title": "Vous administrez une autre organisation en tant qu’invité ?",
            "label": "Son domaine ou son ID de locataire",
            "example": "Par exemple contoso.com. Sans cela, Microsoft prend l’organisation de votre compte.",
            "button": "Connecter cette organisation",
        },
    }
)

CONNECTED: dict[str, dict[str, Any]] = typeset(
    {
        "en": {
            "title": "Your organization is connected",
            "text": "We have stored its name and tenant ID, that it is connected, and when its consent was seen. "
            "Nothing about you was kept.",
            "unnamed": "Microsoft did not tell us the organization’s name, so its tenant ID stands in for it. You can "
            "connect it again at any time to have the name.",
            "withdrawn": "The deletion that was due is withdrawn. Its receipt was:",
            "next_title": "What happens next",
            "next": (
                "Your users install the Calliente app and sign in with their work account.",
                (
                    "Each phone registers under a random number and reads the contacts that its person may read from "
                    "Microsoft directly."
                ),
                "There is nothing else to set up. You can close this page.",
            ),
            "delete_title": "See what is stored, and have it deleted",
            "portal": "In the administration portal you see what is stored, download it, and have everything "
            "deleted, whenever you like.",
            "portal_button": "Open the portal",
            "delete": (
                (
                    "Calliente support has everything deleted for you, too: tell them your tenant ID. You get a "
                    "receipt and the time of the deletion, and can change your mind until it starts."
                ),
                (
                    "If you remove Calliente from the enterprise applications of Microsoft Entra instead, your data "
                    "is deleted once the consent has been missing for {days} days."
                ),
            ),
            "tenant": "Your tenant ID:",
        },
        "fr": {
            "title": "Votre organisation est connectée",
            "text": "Nous avons enregistré son nom et son ID de locataire, le fait qu’elle est connectée, et la "
            "date de son consentement. Rien n’a été conservé à votre sujet.",
            "unnamed": "Microsoft ne nous a pas donné le nom de l’organisation ; son ID de locataire le remplace. Vous "
            "pouvez la reconnecter à tout moment pour obtenir le nom.",
            "withdrawn": "La suppression prévue est annulée. Son reçu était :",
            "next_title": "Et maintenant",
            "next": (
                (
                    "Vos utilisateurs installent l’application Calliente et s’y connectent avec leur compte "
                    "professionnel."
                ),
                (
                    "Chaque téléphone s’enregistre sous un nombre aléatoire et lit directement chez Microsoft les "
                    "contacts que son utilisateur peut lire."
                ),
                "Il n’y a rien d’autre à configurer. Vous pouvez fermer cette page.",
            ),
            "delete_title": "Voir ce qui est conservé, et le faire supprimer",
            "portal": "Dans le portail d’administration, vous voyez ce qui est conservé, vous le téléchargez et "
            "vous faites tout supprimer, quand vous le souhaitez.",
            "portal_button": "Ouvrir le portail",
            "delete": (
                (
                    "L’assistance Calliente peut aussi tout faire supprimer pour vous : indiquez-lui votre ID de "
                    "locataire. Vous recevez un reçu et la date de la suppression, et pouvez changer d’avis tant "
                    "qu’elle n’a pas commencé."
                ),
                (
                    "Si vous retirez plutôt Calliente des applications d’entreprise de Microsoft Entra, vos données "
                    "sont supprimées après {days} jours sans consentement."
                ),
            ),
            "tenant": "Votre ID de locataire :",
        },
    }
)

WAITING: dict[str, dict[str, Any]] = typeset(
    {
        "en": {
            "title": "Microsoft is still activating Calliente",
            "text": (
                (
                    "Your consent was received. It takes Microsoft a few seconds, sometimes minutes, to make it "
                    "known everywhere."
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
                    "Votre consentement est arrivé. Il faut à Microsoft quelques secondes, parfois quelques "
                    "minutes, pour le diffuser partout."
                ),
                "Cette page réessaie d’elle-même toutes les 5 secondes. Vous n’avez rien à faire.",
            ),
            "attempt": "Essai {attempt} sur {most}",
            "button": "Réessayer maintenant",
            "again": "Recommencer depuis le début",
        },
    }
)

# Beside the words of WAITING, where the name is what is waited for.
WAITING_FOR_NAME: dict[str, dict[str, Any]] = typeset(
    {
        "en": {
            "title": "Microsoft does not name the organization yet",
            "text": (
                "You have signed in. Microsoft Graph was asked for the organization’s name, and refused for now.",
                "This page tries again by itself every 5 seconds. You need not do anything.",
            ),
        },
        "fr": {
            "title": "Microsoft ne nomme pas encore l’organisation",
            "text": (
                "Vous êtes connecté. Microsoft Graph, interrogé sur le nom de l’organisation, a refusé pour le moment.",
                "Cette page réessaie d’elle-même toutes les 5 secondes. Vous n’avez rien à faire.",
            ),
        },
    }
)

ASKING: dict[str, dict[str, Any]] = typeset(
    {
        "en": {
            "title": "This organization is about to be deleted",
            "due": "Deletion due",
            "reason": "Reason",
            "reasons": {
                "requested": "It was requested",
                "consent_lost": "The consent in Microsoft Entra was missing for too long",
            },
            "receipt": "Receipt of the deletion",
            "text": "To connect the organization again, the deletion has to be withdrawn. Its "
            "administrators see in the "
            "portal that it was withdrawn by connecting again; nothing says by whom.",
            "withdraw": "Withdraw the deletion and connect",
            "leave": "Leave the deletion as it is",
            "otherwise": "If you leave or close this page, nothing changes: all data is deleted at the time above.",
        },
        "fr": {
            "title": "Cette organisation est sur le point d’être supprimée",
            "due": "Suppression prévue le",
            "reason": "Motif",
            "reasons": {
                "requested": "Elle a été demandée",
                "consent_lost": "Le consentement dans Microsoft Entra a manqué trop longtemps",
            },
            "receipt": "Reçu de la suppression",
            "text": "Pour reconnecter l’organisation, il faut annuler la suppression. Ses "
            "administrateurs voient dans le "
            "portail qu’elle a été annulée par une nouvelle connexion ; rien ne dit par qui.",
            "withdraw": "Annuler la suppression et connecter",
            "leave": "Laisser la suppression suivre son cours",
            "otherwise": "Si vous quittez ou fermez cette page, rien ne change : toutes les données "
            "sont supprimées à la "
            "date indiquée.",
        },
    }
)

_FAILURES: dict[str, dict[str, Message]] = typeset(
    {
        "en": {
            "unclear_organization": Message(
                "That is neither a domain nor a tenant ID",
                (
                    "A domain looks like contoso.com, a tenant ID like 00000000-0000-0000-0000-000000000000.",
                    "Go back to the first page and type one of them, or leave the field empty.",
                ),
            ),
            "foreign_form": Message(
                "This page is not valid any more",
                (
                    "It comes from another site, or the attempt has gone on since. Nothing was changed by it.",
                    "Start again: a deletion that is due is shown before anything happens.",
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
                        "Try again with an account that has one of the roles named on the first page, such as "
                        "Global Administrator, or send the link to that page to a colleague who has one."
                    ),
                ),
            ),
            "wrong_account": Message(
                "That account belongs to another organization",
                (
                    "The consent and the sign-in came from two different organizations. Nothing was stored.",
                    (
                        "Try again: Microsoft then asks which account to use. Choose one of the organization for "
                        "which the consent was given, or name the organization on the first page."
                    ),
                ),
            ),
            "organization_purging": Message(
                "This organization’s data is being deleted",
                (
                    "The deletion that was due is under way and cannot be stopped any more. It takes a few minutes.",
                    "You can connect the organization again once it is finished.",
                ),
            ),
            "still_activating": Message(
                "Microsoft takes longer than usual",
                (
                    (
                        "Your consent is not known everywhere at Microsoft yet. That can take up to an hour, rarely "
                        "more. Nothing was stored."
                    ),
                    "Start again in a few minutes: Microsoft remembers a consent that was given.",
                ),
            ),
            "invalid_tenant": Message(
                "Microsoft did not name an organization",
                (
                    (
                        "Calliente connects organizations with Microsoft 365. Personal Microsoft accounts cannot be "
                        "connected."
                    ),
                    "Start again with a work account.",
                ),
            ),
            "nothing_in_progress": Message(
                "Nothing is in progress",
                (
                    "No attempt is under way in this browser, or it ended more than 15 minutes ago.",
                    "An organization that was connected stays connected. To connect one, start again.",
                ),
            ),
            "admin_consent_needed": Message(
                "Microsoft wants an administrator’s consent",
                (
                    (
                        "Only an administrator can give the consent that Calliente needs, and Microsoft does not "
                        "see it. Nothing was stored."
                    ),
                    (
                        "If it has just been given, wait a few minutes. Otherwise start again with an account that "
                        "has one of the roles named on the first page, such as Global Administrator."
                    ),
                ),
            ),
            "consent_not_completed": Message(
                "Microsoft did not complete the consent",
                (
                    (
                        "Microsoft answers that Calliente is not known in your organization, or not yet. Nothing "
                        "was stored."
                    ),
                    "Wait a quarter of an hour, and start again.",
                ),
            ),
            "graph_refuses": Message(
                "Microsoft does not name the organization",
                (
                    "Microsoft Graph was asked for the organization’s name, and refused.",
                    "Start again. If it happens again, tell support the code below and the time.",
                ),
            ),
        },
        "fr": {
            "unclear_organization": Message(
                "Ce n’est ni un domaine ni un ID de locataire",
                (
                    "Un domaine ressemble à contoso.com, un ID de locataire à 00000000-0000-0000-0000-000000000000.",
                    "Revenez à la première page et saisissez l’un ou l’autre, ou laissez le champ vide.",
                ),
            ),
            "foreign_form": Message(
                "Cette page n’est plus valable",
                (
                    "Elle vient d’un autre site, ou la tentative a continué depuis. Elle n’a rien modifié.",
                    "Recommencez : une suppression prévue est annoncée avant que quoi que ce soit ne se passe.",
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
                        "Le compte utilisé n’est pas celui d’un administrateur qui peut connecter l’organisation. "
                        "Rien n’a été conservé."
                    ),
                    (
                        "Réessayez avec un compte qui a l’un des rôles cités sur la première page, comme "
                        "administrateur général, ou envoyez le lien de cette page à un collègue qui en a un."
                    ),
                ),
            ),
            "wrong_account": Message(
                "Ce compte appartient à une autre organisation",
                (
                    (
                        "Le consentement et la connexion viennent de deux organisations différentes. Rien n’a été "
                        "conservé."
                    ),
                    (
                        "Réessayez : Microsoft demande alors quel compte utiliser. Choisissez-en un de "
                        "l’organisation pour laquelle le consentement a été donné, ou nommez l’organisation sur la "
                        "première page."
                    ),
                ),
            ),
            "organization_purging": Message(
                "Les données de cette organisation sont en cours de suppression",
                (
                    "La suppression prévue a commencé et ne peut plus être arrêtée. Elle dure quelques minutes.",
                    "Vous pourrez reconnecter l’organisation ensuite.",
                ),
            ),
            "still_activating": Message(
                "Microsoft met plus de temps que d’habitude",
                (
                    (
                        "Votre consentement n’est pas encore connu partout chez Microsoft. Cela peut prendre une "
                        "heure, rarement plus. Rien n’a été conservé."
                    ),
                    "Recommencez dans quelques minutes : Microsoft se souvient d’un consentement donné.",
                ),
            ),
            "invalid_tenant": Message(
                "Microsoft n’a pas désigné d’organisation",
                (
                    (
                        "Calliente connecte des organisations dotées de Microsoft 365. Un compte Microsoft "
                        "personnel ne peut pas être connecté."
                    ),
                    "Recommencez avec un compte professionnel.",
                ),
            ),
            "nothing_in_progress": Message(
                "Rien n’est en cours",
                (
                    (
                        "Aucune tentative n’est en cours dans ce navigateur, ou elle a pris fin il y a plus de 15 "
                        "minutes."
                    ),
                    "Une organisation connectée le reste. Pour en connecter une, recommencez.",
                ),
            ),
            "admin_consent_needed": Message(
                "Microsoft veut le consentement d’un administrateur",
                (
                    (
                        "Seul un administrateur peut donner le consentement dont Calliente a besoin, et Microsoft "
                        "ne le voit pas. Rien n’a été conservé."
                    ),
                    (
                        "S’il vient d’être donné, attendez quelques minutes. Sinon, recommencez avec un compte "
                        "qui a l’un des rôles cités sur la première page, comme administrateur général."
                    ),
                ),
            ),
            "consent_not_completed": Message(
                "Microsoft n’a pas mené le consentement à bien",
                (
                    (
                        "Microsoft répond que Calliente n’est pas connu dans votre organisation, ou pas encore. "
                        "Rien n’a été conservé."
                    ),
                    "Attendez un quart d’heure, puis recommencez.",
                ),
            ),
            "graph_refuses": Message(
                "Microsoft ne nomme pas l’organisation",
                (
                    "Microsoft Graph, interrogé sur le nom de l’organisation, a refusé.",
                    "Recommencez. Si cela se reproduit, indiquez à l’assistance le code ci-dessous et l’heure.",
                ),
            ),
        },
    }
)
FAILURES = {
    language: {**shared, **_FAILURES[language], "service_away": shared["unavailable"]}
    for language, shared in SHARED_FAILURES.items()
}
