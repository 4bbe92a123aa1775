"""What the failures of the portal say, beside those of several functions."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web import failures
from shared.web.messages import N_, Message

FAILURES: Mapping[str, Message] = {
    **failures.FAILURES,
    "service_away": failures.FAILURES["unavailable"],
    "unclear_organization": Message(
        N_("That is neither a domain nor a tenant ID"),
        (
            N_(
                "A domain looks like contoso.com, a tenant ID like 00000000-0000-0000-0000-000000000000."
            ),
            N_("Go back to the portal and type one of them, or leave the field empty."),
        ),
    ),
    "signed_out": Message(
        N_("You are signed out"),
        (
            N_(
                "For your security a session ends after 30 minutes. Nothing was changed by this request."
            ),
            N_("Sign in again to go on."),
        ),
    ),
    "tenant_not_onboarded": Message(
        N_("Nothing is stored about this organization"),
        (
            N_(
                "It has not been connected to Calliente, or its data has been deleted. You are signed out."
            ),
            N_(
                "An administrator with one of the roles that its first page names can connect it in about a "
                "minute."
            ),
            N_(
                "If it was deleted, its signed receipt can be looked up for two years, with the receipt ID that "
                "was shown before."
            ),
        ),
    ),
    "tenant_purging": Message(
        N_("The deletion has begun"),
        (
            N_("It is under way and cannot be withdrawn any more. It takes a few minutes."),
            N_("The organization can be connected again once it is finished."),
        ),
    ),
    "receipt_unknown": Message(
        N_("There is no such receipt"),
        (
            N_("The ID may be mistyped. Two years after its end, a receipt is deleted."),
            N_("Copy the ID from the page or file that you kept when the deletion was requested."),
        ),
    ),
    "too_many_lookups": Message(
        N_("Too many receipts are being looked up"),
        (
            N_("So that nobody can guess IDs, this is limited."),
            N_("Try again in a minute."),
        ),
    ),
    "nothing_pending": Message(
        N_("No deletion is pending"),
        (
            N_("It was withdrawn meanwhile. Nothing was changed."),
            N_("Go back to see the organization’s status."),
        ),
    ),
    "wrong_name": Message(
        N_("The name does not match"),
        (
            N_("Nothing was changed. What you typed is not your organization’s name."),
            N_("Go back and type the name exactly as it is shown."),
        ),
    ),
    "foreign_form": Message(
        N_("This page is not valid any more"),
        (
            N_(
                "It comes from another site, or from before you last signed in; perhaps you have signed in to "
                "another organization since. Nothing was changed."
            ),
            N_("Go back to the portal, check which organization it shows, and try again there."),
        ),
    ),
    "not_administrator": Message(
        N_("An administrator is needed"),
        (
            N_("The account that you used has none of the roles that may see this portal."),
            N_(
                "Sign in as Global Administrator or Privileged Role Administrator, or ask one to give you the "
                "role Calliente.Admin under Enterprise applications, Calliente, Users and groups."
            ),
        ),
    ),
    "wrong_account": Message(
        N_("This account has no organization here"),
        (
            N_("Personal Microsoft accounts cannot sign in."),
            N_("Sign in with the work account of your own organization."),
        ),
    ),
    "consent_missing": Message(
        N_("The consent of your organization is missing"),
        (
            N_(
                "Microsoft does not let Calliente sign you in, because the organization’s consent was removed "
                "or is not known everywhere yet."
            ),
            N_(
                "If you have just connected the organization, wait a few minutes. Otherwise an administrator "
                "has to connect it again."
            ),
        ),
    ),
}
