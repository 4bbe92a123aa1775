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
            "look_up": "Look up the receipt of a deletion",
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
            "look_up": "Rechercher le reçu d’une suppression",
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

NAMED: dict[str, dict[str, str]] = typeset(
    {
        "en": {
            "title": "You administer another organization as a guest?",
            "label": "Its domain or tenant ID",
            "example": "For example contoso.com. Without it, Microsoft takes the organization of your account.",
            "button": "Sign in to this organization",
        },
        "fr": {
            "title": "Vous administrez une autre organisation en tant qu’invité ?",
            "label": "Son domaine ou son ID de locataire",
            "example": "Par exemple contoso.com. Sans cela, Microsoft prend l’organisation de votre compte.",
            "button": "Se connecter à cette organisation",
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
            "receipt": "Receipt ID",
            "salt": "Salt",
            "proof": "Print this page or keep the file: with receipt ID and salt you can prove the deletion "
            "afterwards, without us. The salt is deleted together with the data.",
            "keep_request": "Keep as a file",
            "look_up": "Look up a receipt",
            "withdrawn": "Deletion withdrawn",
            "ways": {
                "onboarding": "by connecting the organization again",
                "portal": "in this portal",
                "support": "by Calliente support",
            },
            "withdrawn_receipt": "Receipt of the withdrawn deletion",
            "closing": "All of your organization’s data will be deleted at the time above. Until then no phone can "
            "register.",
            "closing_due": "The deletion is due and starts with the next scheduled run. Until it has started, you "
            "can still withdraw it.",
            "lost": "Without consent, a deletion that you withdraw comes back. To keep the data, connect the "
            "organization again: that gives the consent, and asks you whether to withdraw the deletion.",
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
            "device by its random number, which is also its sign-in to our database. Firestore itself keeps when "
            "each was created and changed. For the sign-in, Google’s Firebase Authentication has the same number with "
            "your tenant ID, when it was first and last used, and for a few weeks the IP addresses of sign-ins.",
            "download": "Download",
            "audit": "Check against the inventory",
            "audit_text": "Or have each document and each sign-in checked, field by field, against the published "
            "inventory. The portal signs the result.",
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
                (
                    "Afterwards some of it is left at Google for a time: earlier versions for an hour, backups until "
                    "they expire, and remains of deleted sign-ins for up to 180 days."
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
            "receipt": "Numéro de reçu",
            "salt": "Sel",
            "proof": "Imprimez cette page ou gardez le fichier : avec le numéro de reçu et le sel, vous pourrez "
            "prouver la suppression sans nous. Le sel est supprimé avec les données.",
            "keep_request": "Garder comme fichier",
            "look_up": "Rechercher un reçu",
            "withdrawn": "Suppression annulée",
            "ways": {
                "onboarding": "par une nouvelle connexion de l’organisation",
                "portal": "sur ce portail",
                "support": "par l’assistance Calliente",
            },
            "withdrawn_receipt": "Reçu de la suppression annulée",
            "closing": "Toutes les données de votre organisation seront supprimées à la date indiquée plus haut. "
            "D’ici là, aucun téléphone ne peut s’enregistrer.",
            "closing_due": "L’heure de la suppression est venue : elle commencera au prochain passage prévu. Tant "
            "qu’elle n’a pas commencé, vous pouvez encore l’annuler.",
            "lost": "Sans consentement, une suppression annulée revient. Pour garder les données, reconnectez "
            "l’organisation : cela donne le consentement, puis il vous est demandé s’il faut annuler la suppression.",
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
            "base de données. Firestore garde lui-même les dates de création et de modification de chacun. Pour la "
            "connexion, Firebase Authentication de Google garde le même numéro avec votre ID de locataire, les dates "
            "de première et de dernière utilisation et, pendant quelques semaines, les adresses IP des connexions.",
            "download": "Télécharger",
            "audit": "Comparer à l’inventaire",
            "audit_text": "Ou faites contrôler chaque document et chaque accès, champ par champ, par rapport à "
            "l’inventaire publié. Le portail signe le résultat.",
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
                (
                    "Ensuite, il en reste quelque temps une partie chez Google : les versions antérieures "
                    "pendant une heure, les sauvegardes jusqu’à leur expiration, et des restes des connexions "
                    "supprimées pendant 180 jours au plus."
                ),
            ),
            "confirm": "Pour confirmer, saisissez le nom de l’organisation :",
            "delete": "Demander la suppression",
        },
    }
)

RECEIPTS: dict[str, dict[str, Any]] = typeset(
    {
        "en": {
            "title": "Receipt of a deletion",
            "ask": "Look up a receipt",
            "lead": "Whoever asked for a deletion got a receipt ID. Nobody has to sign in, and the ID appears in no "
            "address.",
            "id": "Receipt ID",
            "button": "Look up",
            "states": {
                "pending": "The deletion is pending",
                "withdrawn": "The deletion was withdrawn",
                "deleted": "Everything is deleted",
            },
            "texts": {
                "pending": "It becomes due at the time below. Come back afterwards for the signed receipt.",
                "withdrawn": "Nothing was deleted on this request. It can be asked for again in the portal.",
                "deleted": "Nothing of the organization is left in our database. The signed receipt below proves it "
                "without us.",
            },
            "due_now": "It is due. The scheduled run is carrying it out; come back in a few minutes.",
            "due": "Due",
            "ended": "Ended",
            "counts": "Deleted",
            "counted": "{documents} documents, {users} sign-ins",
            "backups": "Last backup gone by",
            "receipt": "The signed receipt",
            "keep": "Keep as a file",
            "check": "How to check it",
            "checks": (
                "The signature, with our public keys and any library for JOSE (JWS, EdDSA with Ed25519).",
                "Whose receipt it is: SHA-256 over your salt, a full stop and your tenant ID gives the commitment.",
                "What was stored: the inventory whose SHA-256 the receipt names is published here as inventory.json.",
            ),
            "keys": "Public keys:",
        },
        "fr": {
            "title": "Reçu d’une suppression",
            "ask": "Rechercher un reçu",
            "lead": "Toute demande de suppression donne un numéro de reçu. Aucune connexion n’est nécessaire, et le "
            "numéro ne figure dans aucune adresse.",
            "id": "Numéro de reçu",
            "button": "Rechercher",
            "states": {
                "pending": "La suppression est en attente",
                "withdrawn": "La suppression a été annulée",
                "deleted": "Tout est supprimé",
            },
            "texts": {
                "pending": "Elle aura lieu à la date ci-dessous. Revenez ensuite chercher le reçu signé.",
                "withdrawn": "Cette demande n’a rien supprimé. Une nouvelle demande est possible dans le portail.",
                "deleted": "Il ne reste rien de l’organisation dans notre base de données. Le reçu signé ci-dessous "
                "le prouve sans nous.",
            },
            "due_now": "Le moment est venu. Le passage prévu s’en charge ; revenez dans quelques minutes.",
            "due": "Prévue le",
            "ended": "Terminée le",
            "counts": "Supprimés",
            "counted": "{documents} documents, {users} accès",
            "backups": "Dernière sauvegarde effacée au plus tard le",
            "receipt": "Le reçu signé",
            "keep": "Garder comme fichier",
            "check": "Comment le vérifier",
            "checks": (
                "La signature, avec nos clés publiques et toute bibliothèque JOSE (JWS, EdDSA avec Ed25519).",
                (
                    "À qui est le reçu : SHA-256 de votre sel, d’un point et de votre ID de locataire donne "
                    "l’engagement."
                ),
                (
                    "Ce qui était conservé : l’inventaire dont le reçu cite le SHA-256 est publié ici, sous "
                    "inventory.json."
                ),
            ),
            "keys": "Clés publiques :",
        },
    }
)

AUDIT: dict[str, dict[str, Any]] = typeset(
    {
        "en": {
            "title": "Check of what is stored",
            "lead": "Every document of your organization and every sign-in of its devices, against the published "
            "inventory. The result stands at the end of this page: where it is missing, the check was broken off.",
            "progress": "Devices checked:",
            "unfinished": "The check was not finished",
            "unfinished_text": "A service that we depend on did not answer. Nothing is signed. Try again shortly.",
            "clean": "Nothing but the inventory is stored",
            "beyond": "There is something beyond the inventory",
            "more": "And {count} more.",
            "findings": {
                "the document ID is not a tenant ID": "the document ID is not a tenant ID",
                "the document ID is not a device ID": "the document ID is not a device ID",
                "no document belongs here": "no document belongs here",
                "not as in the inventory": "not as in the inventory",
                "claims beyond the inventory": "claims beyond the inventory",
                "profile data on an Auth user": "profile data on a sign-in",
            },
            "devices": "Devices",
            "users": "Sign-ins",
            "users_text": "{found} checked; {absent} devices have none yet",
            "not_covered": "Sign-ins without a device cannot be looked up for one organization. The scheduled run "
            "finds and deletes them together with the organization.",
            "caption": "How often each field of the inventory is stored",
            "field": "Field",
            "stored": "Stored",
            "keep_title": "The signed result",
            "keep_text": "The same result in a file that the portal has signed. It can be checked without us, with "
            "the public keys of this site.",
            "keep": "Keep as a file",
            "inventory": "Inventory:",
            "back": "Back to the portal",
        },
        "fr": {
            "title": "Contrôle de ce qui est conservé",
            "lead": "Chaque document de votre organisation et chaque accès de ses appareils, comparés à l’inventaire "
            "publié. Le résultat figure à la fin de cette page : s’il manque, le contrôle a été interrompu.",
            "progress": "Appareils contrôlés :",
            "unfinished": "Le contrôle n’est pas terminé",
            "unfinished_text": "Un service dont nous dépendons n’a pas répondu. Rien n’est signé. Réessayez dans un "
            "instant.",
            "clean": "Rien d’autre que l’inventaire n’est conservé",
            "beyond": "Il y a quelque chose en dehors de l’inventaire",
            "more": "Et {count} de plus.",
            "findings": {
                "the document ID is not a tenant ID": "l’identifiant n’est pas un ID de locataire",
                "the document ID is not a device ID": "l’identifiant n’est pas celui d’un appareil",
                "no document belongs here": "aucun document n’a sa place ici",
                "not as in the inventory": "différent de l’inventaire",
                "claims beyond the inventory": "attributs en dehors de l’inventaire",
                "profile data on an Auth user": "données de profil sur un accès",
            },
            "devices": "Appareils",
            "users": "Accès",
            "users_text": "{found} contrôlés ; {absent} appareils n’en ont pas encore",
            "not_covered": "Les accès sans appareil ne peuvent pas être recherchés pour une seule organisation. Le "
            "passage prévu les trouve et les supprime avec l’organisation.",
            "caption": "Combien de fois chaque champ de l’inventaire est conservé",
            "field": "Champ",
            "stored": "Conservé",
            "keep_title": "Le résultat signé",
            "keep_text": "Le même résultat dans un fichier que le portail a signé. Il se vérifie sans nous, avec les "
            "clés publiques de ce site.",
            "keep": "Garder comme fichier",
            "inventory": "Inventaire :",
            "back": "Retour au portail",
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
                    "Go back to the portal and type one of them, or leave the field empty.",
                ),
            ),
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
                    (
                        "An administrator with one of the roles that its first page names can connect "
                        "it in about a minute."
                    ),
                ),
            ),
            "tenant_purging": Message(
                "The deletion has begun",
                (
                    "It is under way and cannot be withdrawn any more. It takes a few minutes.",
                    "The organization can be connected again once it is finished.",
                ),
            ),
            "receipt_unknown": Message(
                "There is no such receipt",
                (
                    "The ID may be mistyped. Two years after its end, a receipt is deleted.",
                    "Copy the ID from the page or file that you kept when the deletion was requested.",
                ),
            ),
            "too_many_lookups": Message(
                "Too many receipts are being looked up",
                ("So that nobody can guess IDs, this is limited.", "Try again in a minute."),
            ),
            "nothing_pending": Message(
                "No deletion is pending",
                (
                    "It was withdrawn meanwhile. Nothing was changed.",
                    "Go back to see the organization’s status.",
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
                    "Personal Microsoft accounts cannot sign in.",
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
                        "If you have just connected the organization, wait a few minutes. Otherwise an "
                        "administrator has to connect it again."
                    ),
                ),
            ),
        },
        "fr": {
            "unclear_organization": Message(
                "Ce n’est ni un domaine ni un ID de locataire",
                (
                    "Un domaine ressemble à contoso.com, un ID de locataire à 00000000-0000-0000-0000-000000000000.",
                    "Retournez au portail et saisissez l’un ou l’autre, ou laissez le champ vide.",
                ),
            ),
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
                        "Un administrateur qui a l’un des rôles cités sur la page de connexion peut la connecter en "
                        "une minute environ."
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
            "receipt_unknown": Message(
                "Ce reçu n’existe pas",
                (
                    "Le numéro est peut-être mal saisi. Deux ans après sa fin, un reçu est supprimé.",
                    "Copiez le numéro depuis la page ou le fichier gardé lors de la demande de suppression.",
                ),
            ),
            "too_many_lookups": Message(
                "Trop de reçus sont recherchés en même temps",
                (
                    "Pour que personne ne puisse deviner un numéro, le nombre de recherches est limité.",
                    "Réessayez dans une minute.",
                ),
            ),
            "nothing_pending": Message(
                "Aucune suppression n’est en attente",
                (
                    "Elle a été annulée entre-temps. Rien n’a été modifié.",
                    "Revenez en arrière pour voir l’état de l’organisation.",
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
                    ("Les comptes Microsoft personnels ne peuvent pas se connecter."),
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
                        "administrateur doit la reconnecter."
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
