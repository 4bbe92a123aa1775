"""What the failures of onboarding say, beside those of several functions."""

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
            N_("Go back to the first page and type one of them, or leave the field empty."),
        ),
    ),
    "foreign_form": Message(
        N_("This page is not valid any more"),
        (
            N_(
                "It comes from another site, or the attempt has gone on since. Nothing was changed by it."
            ),
            N_("Start again: a deletion that is due is shown before anything happens."),
        ),
    ),
    "consent_declined": Message(
        N_("You did not give consent"),
        (
            N_("The request was declined or cancelled on Microsoft’s page. Nothing was stored."),
            N_("If that was not your intention, start again and choose Accept."),
        ),
    ),
    "not_administrator": Message(
        N_("An administrator is needed"),
        (
            N_(
                "The account that you used is not an administrator who can connect the organization. Nothing "
                "was stored."
            ),
            N_(
                "Try again with an account that has one of the roles named on the first page, such as Global "
                "Administrator, or send the link to that page to a colleague who has one."
            ),
        ),
    ),
    "wrong_account": Message(
        N_("That account belongs to another organization"),
        (
            N_(
                "The consent and the sign-in came from two different organizations. Nothing was stored."
            ),
            N_(
                "Try again: Microsoft then asks which account to use. Choose one of the organization for which "
                "the consent was given, or name the organization on the first page."
            ),
        ),
    ),
    "organization_purging": Message(
        N_("This organization’s data is being deleted"),
        (
            N_(
                "The deletion that was due is under way and cannot be stopped any more. It takes a few minutes."
            ),
            N_("You can connect the organization again once it is finished."),
        ),
    ),
    "still_activating": Message(
        N_("Microsoft takes longer than usual"),
        (
            N_(
                "Your consent is not known everywhere at Microsoft yet. That can take up to an hour, rarely "
                "more. Nothing was stored."
            ),
            N_("Start again in a few minutes: Microsoft remembers a consent that was given."),
        ),
    ),
    "invalid_tenant": Message(
        N_("Microsoft did not name an organization"),
        (
            N_(
                "Calliente connects organizations with Microsoft 365. Personal Microsoft accounts cannot be "
                "connected."
            ),
            N_("Start again with a work account."),
        ),
    ),
    "nothing_in_progress": Message(
        N_("Nothing is in progress"),
        (
            N_("No attempt is under way in this browser, or it ended more than 15 minutes ago."),
            N_("An organization that was connected stays connected. To connect one, start again."),
        ),
    ),
    "admin_consent_needed": Message(
        N_("Microsoft wants an administrator’s consent"),
        (
            N_(
                "Only an administrator can give the consent that Calliente needs, and Microsoft does not see "
                "it. Nothing was stored."
            ),
            N_(
                "If it has just been given, wait a few minutes. Otherwise start again with an account that has "
                "one of the roles named on the first page, such as Global Administrator."
            ),
        ),
    ),
    "consent_not_completed": Message(
        N_("Microsoft did not complete the consent"),
        (
            N_(
                "Microsoft answers that Calliente is not known in your organization, or not yet. Nothing was "
                "stored."
            ),
            N_("Wait a quarter of an hour, and start again."),
        ),
    ),
    "graph_refuses": Message(
        N_("Microsoft does not name the organization"),
        (
            N_("Microsoft Graph was asked for the organization’s name, and refused."),
            N_("Start again. If it happens again, tell support the code below and the time."),
        ),
    ),
}
