"""Everything that the portal alone says to people, in English and in French."""

from __future__ import annotations

from typing import Any

from shared.web.words import FAILURES as SHARED_FAILURES
from shared.web.words import Message, typeset

BACK = {"en": "Back to the portal", "fr": "Retour au portail"}
CONNECT = {"en": "Connect the organization", "fr": "Connecter l’organisation"}
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
FRESHNESS: dict[str, dict[str, tuple[str, str]]] = typeset(  # under a column, and in the table
    {
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
)

SIGN_IN: dict[str, dict[str, Any]] = typeset(
    {
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
                    "You need the role Global Administrator or Privileged Role Administrator, or Calliente’s own "
                    "administrator role."
                ),
                (
                    "One cookie keeps you signed in for 30 minutes. It names your organization and nothing about "
                    "you. Nothing about you is stored."
                ),
            ),
        },
        "fr": {
            "title": "Portail d’administration",
            "lead": "Pour les administrateurs d’une organisation qui utilise Calliente.",
            "can_title": "Ce que vous pouvez faire ici",
            "can": (
                (
                    "Voir combien de téléphones se synchronisent, et de quand date leur dernière synchronisation. "
                    "Des nombres seulement : aucun téléphone, aucune personne n’apparaît."
                ),
                "Télécharger tout ce qui est conservé sur votre organisation.",
                "Faire tout supprimer, ou annuler cette demande.",
            ),
            "button": "Se connecter avec Microsoft",
            "notes": (
                (
                    "Il vous faut le rôle d’administrateur général ou d’administrateur de rôle privilégié, ou le "
                    "rôle d’administrateur propre à Calliente."
                ),
                (
                    "Un cookie vous garde connecté pendant 30 minutes. Il désigne votre organisation et ne dit rien "
                    "de vous. Rien n’est conservé à votre sujet."
                ),
            ),
        },
    }
)

OVERVIEW: dict[str, dict[str, Any]] = typeset(
    {
        "en": {
            "title": "Administration portal",
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
            "closing": "All of your organization’s data will be deleted at the time above. Until then no phone can "
            "register. Keep the receipt: support finds the deletion by it.",
            "closing_due": "The deletion is due and starts with the next scheduled run. Until it has started, you "
            "can still withdraw it. Keep the receipt: support finds the deletion by it.",
            "lost": "Without consent, a deletion that you withdraw comes back. To keep the data, connect the "
            "organization again: that gives the consent, and withdraws the deletion.",
            "withdraw": "Withdraw the deletion",
            "purging": "The deletion is under way and cannot be stopped. It takes a few minutes. Afterwards nothing "
            "of your organization is left, and this page will say so.",
            "devices": "Devices",
            "failing": "Last synchronization failed: {count}\u00a0({share})",
            "freshness": "Last successful synchronization",
            "caption": "The same in numbers",
            "last": "Last successful synchronization",
            "share": "Share",
            "no_devices": "No phone has registered yet. It happens by itself when a colleague signs in to the app.",
            "uncounted": "The devices cannot be counted right now. Reload this page in a minute.",
            "counted": "Counted on {time}.",
            "data": "What is stored about your organization",
            "data_text": "A JSON file with exactly your organization’s documents: the organization itself, and each "
            "device by its random number, which is also its sign-in to our database. There is nothing "
            "else.",
            "download": "Download",
            "deletion": "Delete everything",
            "deletion_texts": (
                (
                    "All data of your organization is deleted, and every phone loses its access. Contacts on the "
                    "phones and in Microsoft 365 are not touched."
                ),
                (
                    "You get a receipt and the time of the deletion: if you ask now, {earliest} at the earliest. "
                    "Until it starts you can withdraw the request."
                ),
            ),
            "confirm": "To confirm, type the organization’s name:",
            "delete": "Request deletion",
        },
        "fr": {
            "title": "Portail d’administration",
            "sign_out": "Se déconnecter",
            "organization": "Votre organisation",
            "status": "État",
            "statuses": {
                "active": "Connectée",
                "closing": "Suppression prévue",
                "purging": "Suppression en cours",
            },
            "since": "Connectée depuis le",
            "tenant": "ID de locataire",
            "due": "Suppression prévue le",
            "reason": "Motif",
            "reasons": {
                "requested": "Suppression demandée",
                "consent_lost": "Le consentement dans Microsoft Entra n’existe plus",
            },
            "receipt": "Reçu",
            "closing": "Toutes les données de votre organisation seront supprimées à la date indiquée plus haut. "
            "D’ici là, aucun téléphone ne peut s’enregistrer. Gardez le reçu : l’assistance retrouve la "
            "suppression grâce à lui.",
            "closing_due": "L’heure de la suppression est venue : elle commencera au prochain passage prévu. Tant "
            "qu’elle n’a pas commencé, vous pouvez encore l’annuler. Gardez le reçu : l’assistance retrouve la "
            "suppression grâce à lui.",
            "lost": "Sans consentement, une suppression annulée revient. Pour garder les données, reconnectez "
            "l’organisation : cela donne le consentement et annule la suppression.",
            "withdraw": "Annuler la suppression",
            "purging": "La suppression a commencé et ne peut plus être arrêtée. Elle dure quelques minutes. Ensuite "
            "il ne reste rien de votre organisation, et cette page le dira.",
            "devices": "Appareils",
            "failing": "Échec de la dernière synchronisation : {count}\u00a0({share})",
            "freshness": "Dernière synchronisation réussie",
            "caption": "Les mêmes données en chiffres",
            "last": "Dernière synchronisation réussie",
            "share": "Part",
            "no_devices": "Aucun téléphone ne s’est encore enregistré. Cela se fait tout seul quand un collègue se "
            "connecte à l’application.",
            "uncounted": "Les appareils ne peuvent pas être comptés pour le moment. Rechargez cette page dans une "
            "minute.",
            "counted": "Chiffres du {time}.",
            "data": "Ce qui est conservé sur votre organisation",
            "data_text": "Un fichier JSON avec exactement les documents de votre organisation : l’organisation "
            "elle-même, et chaque appareil par son numéro aléatoire, qui est aussi son accès à notre "
            "base de données. Il n’y a rien d’autre.",
            "download": "Télécharger",
            "deletion": "Tout supprimer",
            "deletion_texts": (
                (
                    "Toutes les données de votre organisation sont supprimées, et chaque téléphone perd son accès. "
                    "Les contacts sur les téléphones et dans Microsoft 365 restent intacts."
                ),
                (
                    "Vous recevez un reçu et la date de la suppression : si vous la demandez maintenant, au plus "
                    "tôt le {earliest}. Tant qu’elle n’a pas commencé, vous pouvez annuler la demande."
                ),
            ),
            "confirm": "Pour confirmer, saisissez le nom de l’organisation :",
            "delete": "Demander la suppression",
        },
    }
)

_FAILURES: dict[str, dict[str, Message]] = typeset(
    {
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
                    "A Global Administrator or Privileged Role Administrator can connect it in about a minute.",
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
                "This page is not valid any more",
                (
                    (
                        "It comes from another site, or from before you last signed in; perhaps you have signed in "
                        "to another organization since. Nothing was changed."
                    ),
                    "Go back to the portal, check which organization it shows, and try again there.",
                ),
            ),
            "not_administrator": Message(
                "An administrator is needed",
                (
                    "The account that you used has none of the roles that may see this portal.",
                    (
                        "Sign in as Global Administrator or Privileged Role Administrator, or ask one to give you "
                        "the role Calliente.Admin under Enterprise applications, Calliente, Users and groups."
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
                        "Microsoft does not let Calliente sign you in, because the organization’s consent was "
                        "removed or is not known everywhere yet."
                    ),
                    (
                        "If you have just connected the organization, wait a few minutes. Otherwise a Global "
                        "Administrator or Privileged Role Administrator has to connect it again."
                    ),
                ),
            ),
        },
        "fr": {
            "signed_out": Message(
                "Vous êtes déconnecté",
                (
                    (
                        "Pour votre sécurité, une session prend fin au bout de 30 minutes. Cette demande n’a rien "
                        "modifié."
                    ),
                    "Connectez-vous à nouveau pour continuer.",
                ),
            ),
            "tenant_not_onboarded": Message(
                "Rien n’est conservé sur cette organisation",
                (
                    "Elle n’a pas été connectée à Calliente, ou ses données ont été supprimées. Vous êtes déconnecté.",
                    (
                        "Un administrateur général ou un administrateur de rôle privilégié peut la connecter en une "
                        "minute environ."
                    ),
                ),
            ),
            "tenant_purging": Message(
                "La suppression a commencé",
                (
                    "Elle est en cours et ne peut plus être annulée. Elle dure quelques minutes.",
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
                "Cette page n’est plus valable",
                (
                    (
                        "Elle vient d’un autre site, ou date d’avant votre dernière connexion ; peut-être vous "
                        "êtes-vous connecté entre-temps à une autre organisation. Rien n’a été modifié."
                    ),
                    "Retournez au portail, vérifiez quelle organisation il affiche, puis recommencez.",
                ),
            ),
            "not_administrator": Message(
                "Il faut un administrateur",
                (
                    "Le compte utilisé n’a aucun des rôles qui donnent accès à ce portail.",
                    (
                        "Connectez-vous comme administrateur général ou administrateur de rôle privilégié, ou "
                        "demandez à l’un d’eux de vous attribuer le rôle Calliente.Admin sous Applications "
                        "d’entreprise, Calliente, Utilisateurs et groupes."
                    ),
                ),
            ),
            "wrong_account": Message(
                "Ce compte n’a pas d’organisation ici",
                (
                    (
                        "Les comptes Microsoft personnels et les invités d’une autre organisation ne peuvent pas se "
                        "connecter."
                    ),
                    "Connectez-vous avec le compte professionnel de votre propre organisation.",
                ),
            ),
            "consent_missing": Message(
                "Le consentement de votre organisation manque",
                (
                    (
                        "Microsoft ne laisse pas Calliente vous connecter, car le consentement de l’organisation a "
                        "été retiré ou n’est pas encore connu partout."
                    ),
                    (
                        "Si vous venez de connecter l’organisation, attendez quelques minutes. Sinon, un "
                        "administrateur général ou un administrateur de rôle privilégié doit la reconnecter."
                    ),
                ),
            ),
        },
    }
)
FAILURES = {
    language: {**shared, **_FAILURES[language], "service_away": shared["unavailable"]}
    for language, shared in SHARED_FAILURES.items()
}
