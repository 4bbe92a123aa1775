"""Everything that the portal says to people, in English and in French."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Message:
    title: str
    texts: tuple[str, ...]


CODE_LABEL = {"en": "Code for support:", "fr": "Code pour l’assistance :"}
BACK = {"en": "Back to the portal", "fr": "Retour au portail"}
THOUSANDS = {"en": ",", "fr": "\u202f"}
PERCENT = {"en": "{}%", "fr": "{}\u202f%"}
FEW = {"en": "", "fr": "\u202f"}
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
FRESHNESS: dict[str, dict[str, tuple[str, str]]] = {  # under a column, and in the table
    "en": {
        "day": ("24 hours", "Less than 24 hours ago"),
        "week": ("7 days", "24 hours to 7 days ago"),
        "month": ("30 days", "7 to 30 days ago"),
        "longer": ("longer", "More than 30 days ago"),
        "never": ("never", "Never"),
    },
    "fr": {
        "day": ("24 heures", "Il y a moins de 24 heures"),
        "week": ("7 jours", "Il y a 24 heures à 7 jours"),
        "month": ("30 jours", "Il y a 7 à 30 jours"),
        "longer": ("plus", "Il y a plus de 30 jours"),
        "never": ("jamais", "Jamais"),
    },
}

SIGN_IN: dict[str, dict[str, Any]] = {
    "en": {
        "title": "Administration portal",
        "lead": "For administrators of an organization that uses Calliente.",
        "can_title": "What you can do here",
        "can": (
            "See how many phones synchronize, and how recently. Numbers only: no phone and no person is shown.",
            "Download everything that is stored about your organization.",
            "Have all of it deleted, or withdraw that request.",
        ),
        "button": "Sign in with Microsoft",
        "notes": (
            (
                "You need the role Global Administrator or Privileged Role Administrator, or "
                "Calliente’s own "
                "administrator role."
            ),
            (
                "One cookie keeps you signed in for 30 minutes. It names your organization and "
                "nothing about you. "
                "Nothing about you is stored."
            ),
        ),
    },
    "fr": {
        "title": "Portail d’administration",
        "lead": "Pour les administrateurs d’une organisation qui utilise Calliente.",
        "can_title": "Ce que vous pouvez faire ici",
        "can": (
            (
                "Voir combien de téléphones se synchronisent, et depuis quand. Des nombres "
                "seulement : aucun "
                "téléphone, aucune personne n’apparaît."
            ),
            "Télécharger tout ce qui est conservé sur votre organisation.",
            "Faire tout supprimer, ou retirer cette demande.",
        ),
        "button": "Se connecter avec Microsoft",
        "notes": (
            (
                "Il vous faut le rôle d’administrateur général ou d’administrateur de rôle "
                "privilégié, ou le rôle "
                "d’administrateur de Calliente."
            ),
            (
                "Un cookie vous garde connecté pendant 30 minutes. Il désigne votre organisation "
                "et ne dit rien de "
                "vous. Rien n’est conservé à votre sujet."
            ),
        ),
    },
}

OVERVIEW: dict[str, dict[str, Any]] = {
    "en": {
        "title": "Your organization",
        "sign_out": "Sign out",
        "organization": "Your organization",
        "status": "Status",
        "statuses": {
            "active": "Connected",
            "closing": "About to be deleted",
            "purging": "Being deleted",
        },
        "since": "Connected since",
        "tenant": "Tenant ID",
        "due": "Deletion due",
        "reason": "Reason",
        "reasons": {
            "requested": "Requested",
            "consent_lost": "The consent in Microsoft Entra is gone",
        },
        "receipt": "Receipt",
        "closing": "All of your organization’s data will be deleted at the time above. Until then "
        "no phone can "
        "register. Keep the receipt: it proves the request.",
        "closing_due": "The deletion is due and starts with the next scheduled run. Until it has "
        "started, you can "
        "still withdraw it. Keep the receipt: it proves the request.",
        "lost": "Connect the organization again before you withdraw: without consent the deletion comes back.",
        "withdraw": "Withdraw the deletion",
        "purging": "The deletion is under way and cannot be stopped. It takes a few minutes. "
        "Afterwards nothing "
        "of your organization is left, and this page will say so.",
        "devices": "Devices",
        "failing": "Last synchronization failed: {count} ({share})",
        "freshness": "Last successful synchronization",
        "caption": "The same as numbers",
        "last": "Last successful synchronization",
        "share": "Share",
        "no_devices": "No phone has registered yet. It happens by itself when a colleague signs in to the app.",
        "uncounted": "The devices cannot be counted right now. Reload this page in a minute.",
        "counted": "Counted on {time}.",
        "data": "What is stored about you",
        "data_text": "A JSON file with exactly your organization’s documents: the organization "
        "itself, and each "
        "device by its random number, which is also its sign-in to our database. There is nothing else.",
        "download": "Download",
        "deletion": "Delete everything",
        "deletion_texts": (
            (
                "All data of your organization is deleted, and every phone loses its access. "
                "Contacts on the phones "
                "and in Microsoft 365 are not touched."
            ),
            (
                "You get a receipt and the time of the deletion, which is at least 65 minutes "
                "away. Until it starts "
                "you can withdraw the request."
            ),
        ),
        "confirm": "To confirm, type the organization’s name:",
        "delete": "Request deletion",
    },
    "fr": {
        "title": "Votre organisation",
        "sign_out": "Se déconnecter",
        "organization": "Votre organisation",
        "status": "État",
        "statuses": {
            "active": "Connectée",
            "closing": "Suppression prévue",
            "purging": "Suppression en cours",
        },
        "since": "Connectée depuis le",
        "tenant": "Identifiant du locataire (tenant)",
        "due": "Suppression prévue le",
        "reason": "Motif",
        "reasons": {
            "requested": "Demande",
            "consent_lost": "Le consentement dans Microsoft Entra n’existe plus",
        },
        "receipt": "Reçu",
        "closing": "Toutes les données de votre organisation seront supprimées à la date "
        "ci-dessus. D’ici là, aucun "
        "téléphone ne peut s’enregistrer. Gardez le reçu : il prouve la demande.",
        "closing_due": "L’heure de la suppression est venue : elle commence à la prochaine "
        "exécution prévue. Tant "
        "qu’elle n’a pas commencé, vous pouvez encore la retirer. Gardez le reçu : il prouve la demande.",
        "lost": "Reconnectez l’organisation avant de retirer la suppression : sans consentement, elle revient.",
        "withdraw": "Retirer la suppression",
        "purging": "La suppression a commencé et ne peut plus être arrêtée. Elle dure quelques "
        "minutes. Ensuite il "
        "ne reste rien de votre organisation, et cette page le dira.",
        "devices": "Appareils",
        "failing": "Dernière synchronisation échouée\u00a0: {count} ({share})",
        "freshness": "Dernière synchronisation réussie",
        "caption": "La même chose en nombres",
        "last": "Dernière synchronisation réussie",
        "share": "Part",
        "no_devices": "Aucun téléphone ne s’est encore enregistré. Cela se fait tout seul quand "
        "un collègue se "
        "connecte à l’application.",
        "uncounted": "Les appareils ne peuvent pas être comptés pour le moment. Rechargez cette page bientôt.",
        "counted": "Compté le {time}.",
        "data": "Ce qui est conservé sur vous",
        "data_text": "Un fichier JSON avec exactement les documents de votre organisation : "
        "l’organisation "
        "elle-même, et chaque appareil par son numéro aléatoire, qui est aussi son accès à notre "
        "base de données. "
        "Il n’y a rien d’autre.",
        "download": "Télécharger",
        "deletion": "Tout supprimer",
        "deletion_texts": (
            (
                "Toutes les données de votre organisation sont supprimées, et chaque téléphone "
                "perd son accès. Les "
                "contacts sur les téléphones et dans Microsoft 365 restent intacts."
            ),
            (
                "Vous recevez un reçu et la date de la suppression, au moins 65 minutes plus "
                "tard. Tant qu’elle n’a "
                "pas commencé, vous pouvez retirer la demande."
            ),
        ),
        "confirm": "Pour confirmer, saisissez le nom de l’organisation :",
        "delete": "Demander la suppression",
    },
}

FAILURES: dict[str, dict[str, Message]] = {
    "en": {
        "signed_out": Message(
            "You are signed out",
            (
                "For your security a session ends after 30 minutes. Nothing was changed by this request.",
                "Sign in again to go on.",
            ),
        ),
        "tenant_not_onboarded": Message(
            "Nothing is stored about this organization",
            (
                "It has not been connected to Calliente, or its data has been deleted. You are signed out.",
                "An administrator can connect it on the onboarding page.",
            ),
        ),
        "tenant_purging": Message(
            "The deletion has begun",
            (
                "It is under way and cannot be withdrawn any more. It takes a few minutes.",
                "The organization can be connected again once it is finished.",
            ),
        ),
        "wrong_name": Message(
            "The name does not match",
            (
                "Nothing was deleted. What you typed is not your organization’s name.",
                "Go back and type the name exactly as it is shown.",
            ),
        ),
        "foreign_form": Message(
            "This form is not valid any more",
            (
                "It comes from another site, or from before you last signed in. Nothing was changed.",
                "Go back to the portal and try again there.",
            ),
        ),
        "not_administrator": Message(
            "An administrator is needed",
            (
                "The account that you used has none of the roles that may see this portal.",
                (
                    "Sign in as Global Administrator or Privileged Role Administrator, or ask one "
                    "to give you the role "
                    "Calliente.Admin under Enterprise applications, Calliente, Users and groups."
                ),
            ),
        ),
        "wrong_account": Message(
            "This account has no organization here",
            (
                "Personal Microsoft accounts and guests of another organization cannot sign in.",
                "Sign in with the work account of your own organization.",
            ),
        ),
        "consent_missing": Message(
            "The consent of your organization is missing",
            (
                (
                    "Microsoft does not let Calliente sign you in, because the organization’s "
                    "consent was removed or has "
                    "not spread yet."
                ),
                (
                    "If you have just connected the organization, wait a few minutes. Otherwise "
                    "connect it again on the "
                    "onboarding page."
                ),
            ),
        ),
        "application_disabled": Message(
            "Calliente is switched off in your organization",
            (
                "An administrator has disabled sign-in to Calliente in Microsoft Entra.",
                (
                    "Open Enterprise applications, Calliente, Properties, set “Enabled for users "
                    "to sign in” to Yes, and "
                    "sign in again."
                ),
            ),
        ),
        "blocked_by_policy": Message(
            "A policy of your organization blocks Calliente",
            (
                (
                    "Microsoft did not let you go on because of a policy: conditional access, "
                    "required assignment or a "
                    "restriction of consent."
                ),
                (
                    "Look up the policy’s name in the sign-in log of Microsoft Entra, allow "
                    "Calliente there, and sign in "
                    "again."
                ),
            ),
        ),
        "consent_declined": Message(
            "The sign-in was cancelled",
            ("It was ended on Microsoft’s page.", "If that was not your intention, sign in again."),
        ),
        "expired": Message(
            "That took too long",
            (
                "A sign-in ends after 15 minutes, and Microsoft’s answers after a few.",
                "Sign in again.",
            ),
        ),
        "invalid_state": Message(
            "This does not continue a sign-in of yours",
            (
                "It was started in another browser, has been used already, or has expired.",
                "Sign in again in this browser, with cookies allowed for this site.",
            ),
        ),
        "unavailable": Message(
            "A service that we depend on is not answering",
            (
                "This is not your doing, and nothing is lost. It usually passes within minutes.",
                "Try again shortly. If it goes on, tell support the code below.",
            ),
        ),
        "not_found": Message(
            "There is no such page",
            ("The address may be mistyped.", "Everything is on the portal’s one page."),
        ),
        "unexpected": Message(
            "That did not work",
            (
                "Something unexpected went wrong.",
                "Go back and try again. If it happens again, tell support the code below and the time.",
            ),
        ),
    },
    "fr": {
        "signed_out": Message(
            "Vous êtes déconnecté",
            (
                "Pour votre sécurité, une session prend fin après 30 minutes. Cette demande n’a rien changé.",
                "Connectez-vous à nouveau pour continuer.",
            ),
        ),
        "tenant_not_onboarded": Message(
            "Rien n’est conservé sur cette organisation",
            (
                "Elle n’a pas été connectée à Calliente, ou ses données ont été supprimées. Vous êtes déconnecté.",
                "Un administrateur peut la connecter sur la page de connexion de l’organisation.",
            ),
        ),
        "tenant_purging": Message(
            "La suppression a commencé",
            (
                "Elle est en cours et ne peut plus être retirée. Elle dure quelques minutes.",
                "L’organisation pourra être reconnectée ensuite.",
            ),
        ),
        "wrong_name": Message(
            "Le nom ne correspond pas",
            (
                "Rien n’a été supprimé. Votre saisie n’est pas le nom de votre organisation.",
                "Revenez en arrière et saisissez le nom exactement comme il est affiché.",
            ),
        ),
        "foreign_form": Message(
            "Ce formulaire n’est plus valable",
            (
                "Il vient d’un autre site, ou date d’avant votre dernière connexion. Rien n’a été changé.",
                "Retournez au portail et recommencez.",
            ),
        ),
        "not_administrator": Message(
            "Il faut un administrateur",
            (
                "Le compte utilisé n’a aucun des rôles qui donnent accès à ce portail.",
                (
                    "Connectez-vous comme administrateur général ou administrateur de rôle "
                    "privilégié, ou demandez à l’un "
                    "d’eux de vous attribuer le rôle Calliente.Admin sous Applications "
                    "d’entreprise, Calliente, "
                    "Utilisateurs et groupes."
                ),
            ),
        ),
        "wrong_account": Message(
            "Ce compte n’a pas d’organisation ici",
            (
                "Les comptes Microsoft personnels et les invités d’une autre organisation ne peuvent pas se connecter.",
                "Connectez-vous avec le compte professionnel de votre propre organisation.",
            ),
        ),
        "consent_missing": Message(
            "Le consentement de votre organisation manque",
            (
                (
                    "Microsoft ne laisse pas Calliente vous connecter, car le consentement de "
                    "l’organisation a été retiré "
                    "ou n’est pas encore connu partout."
                ),
                "Si vous venez de connecter l’organisation, attendez quelques minutes. Sinon, reconnectez-la.",
            ),
        ),
        "application_disabled": Message(
            "Calliente est désactivé dans votre organisation",
            (
                "Un administrateur a désactivé la connexion à Calliente dans Microsoft Entra.",
                (
                    "Ouvrez Applications d’entreprise, Calliente, Propriétés, réglez « Activé "
                    "pour que les utilisateurs "
                    "se connectent » sur Oui, puis reconnectez-vous."
                ),
            ),
        ),
        "blocked_by_policy": Message(
            "Une stratégie de votre organisation bloque Calliente",
            (
                (
                    "Microsoft ne vous a pas laissé continuer à cause d’une stratégie : accès "
                    "conditionnel, affectation "
                    "requise ou restriction du consentement."
                ),
                (
                    "Cherchez le nom de la stratégie dans le journal de connexion de Microsoft "
                    "Entra, autorisez-y "
                    "Calliente, puis reconnectez-vous."
                ),
            ),
        ),
        "consent_declined": Message(
            "La connexion a été annulée",
            (
                "Elle a pris fin sur la page de Microsoft.",
                "Si ce n’était pas votre intention, connectez-vous à nouveau.",
            ),
        ),
        "expired": Message(
            "Cela a pris trop de temps",
            (
                "Une connexion prend fin après 15 minutes, et les réponses de Microsoft après quelques minutes.",
                "Connectez-vous à nouveau.",
            ),
        ),
        "invalid_state": Message(
            "Ceci ne poursuit aucune de vos connexions",
            (
                "La connexion a commencé dans un autre navigateur, a déjà servi ou a expiré.",
                "Recommencez dans ce navigateur, avec les cookies autorisés pour ce site.",
            ),
        ),
        "unavailable": Message(
            "Un service dont nous dépendons ne répond pas",
            (
                "Vous n’y êtes pour rien, et rien n’est perdu. Cela passe en général en quelques minutes.",
                "Réessayez bientôt. Si cela dure, donnez à l’assistance le code ci-dessous.",
            ),
        ),
        "not_found": Message(
            "Cette page n’existe pas",
            (
                "L’adresse est peut-être mal saisie.",
                "Tout se trouve sur l’unique page du portail.",
            ),
        ),
        "unexpected": Message(
            "Cela n’a pas fonctionné",
            (
                "Un problème inattendu est survenu.",
                (
                    "Revenez en arrière et recommencez. Si cela se reproduit, donnez à "
                    "l’assistance le code ci-dessous "
                    "et l’heure."
                ),
            ),
        ),
    },
}
