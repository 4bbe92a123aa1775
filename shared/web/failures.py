"""What the failures of several functions say: what happened, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

from shared.web.messages import N_, Message

FAILURES: Mapping[str, Message] = {
    "application_disabled": Message(
        N_("Calliente is switched off in your organization"),
        (
            N_("An administrator has disabled sign-in to Calliente in Microsoft Entra."),
            N_(
                "Open Enterprise applications, then Calliente, then Properties, set “Enabled for users to sign "
                "in?” to Yes, and start again."
            ),
        ),
    ),
    "blocked_by_policy": Message(
        N_("A policy of your organization blocks Calliente"),
        (
            N_(
                "Microsoft did not let you continue because of a policy: Conditional Access, required "
                "assignment, or a restriction of consent."
            ),
            N_(
                "Look up the policy’s name in the sign-in logs of Microsoft Entra, allow Calliente there, and "
                "start again."
            ),
        ),
    ),
    "expired": Message(
        N_("That took too long"),
        (
            N_(
                "For your security an attempt ends after 15 minutes, and an answer from Microsoft after a few. "
                "Nothing was changed."
            ),
            N_("Start again: it takes about a minute."),
        ),
    ),
    "invalid_state": Message(
        N_("This does not continue what you began"),
        (
            N_(
                "It was begun in another browser, has been used already, or has expired. Nothing was changed."
            ),
            N_("Start again in this browser, with cookies allowed for this site."),
        ),
    ),
    "no_cookie": Message(
        N_("Your browser sent no cookie"),
        (
            N_(
                "This site remembers in a cookie, for 15 minutes, what you began. Your browser sent none: it "
                "blocks cookies for this site, it is not the browser that you began in, or the time is over."
            ),
            N_("Allow cookies for this site, and start again. What was done before stays done."),
        ),
    ),
    "unavailable": Message(
        N_("A service that we depend on is not answering"),
        (
            N_("This is not your doing, and nothing is lost. It usually passes within minutes."),
            N_("Try again shortly. If it goes on, tell support the code below and the time."),
        ),
    ),
    "malformed": Message(
        N_("This request cannot be understood"),
        (
            N_(
                "Something in its address or form is missing, or is there twice. Nothing was changed."
            ),
            N_("Start again from the first page."),
        ),
    ),
    "not_found": Message(
        N_("There is no such page"),
        (
            N_("The address may be mistyped."),
            N_("Everything begins on the first page."),
        ),
    ),
    "unexpected": Message(
        N_("That did not work"),
        (
            N_("Something unexpected went wrong. Nothing about you was stored."),
            N_("Start again. If it happens again, tell support the code below and the time."),
        ),
    ),
    "account_blocked": Message(
        N_("Microsoft blocks this account"),
        (
            N_("It is disabled, locked, or blocked because of a risk."),
            N_(
                "Start again with another administrator’s account, or have this one unblocked by your IT "
                "department."
            ),
        ),
    ),
    "account_unknown": Message(
        N_("Microsoft does not find this account in the organization"),
        (
            N_(
                "The account that you used does not belong to the organization, or cannot be used for it."
            ),
            N_("Start again with an account of the organization."),
        ),
    ),
    "answer_unusable": Message(
        N_("This answer of Microsoft’s cannot be used"),
        (
            N_(
                "It was used once already, or it does not fit what was begun; reloading a page can lead to "
                "this. What was done before stays done."
            ),
            N_("Start again: it takes about a minute."),
        ),
    ),
    "cross_tenant_blocked": Message(
        N_("Another organization’s accounts are not let in"),
        (
            N_(
                "A cross-tenant access policy, of the account’s own organization or of the other one, blocks "
                "this sign-in."
            ),
            N_(
                "Start again with an account that belongs to the organization itself, or have the policy "
                "changed."
            ),
        ),
    ),
    "device_required": Message(
        N_("Your organization wants another device"),
        (
            N_(
                "A policy of your organization lets only certain devices or apps sign in, for example those "
                "that it manages."
            ),
            N_("Start again on such a device, or ask your IT department."),
        ),
    ),
    "identity_provider": Message(
        N_("Your organization’s own sign-in service is not working as expected"),
        (
            N_(
                "Microsoft relies on a sign-in service of your organization, and could not use its answer."
            ),
            N_("Ask your IT department: the sign-in logs of Microsoft Entra show the details."),
        ),
    ),
    "microsoft_error": Message(
        N_("Something went wrong at Microsoft"),
        (
            N_("Microsoft could not complete the request, and does not say that it passes."),
            N_(
                "Start again. If it happens again, open a case with Microsoft’s support and quote the number "
                "below."
            ),
        ),
    ),
    "more_proof": Message(
        N_("Microsoft asks for more proof"),
        (
            N_(
                "A policy of your organization wants one more step at sign-in: a second factor, its "
                "registration, or agreement to terms of use."
            ),
            N_(
                "Start again and complete the step that Microsoft shows. If it shows none, ask your IT "
                "department: the sign-in logs of Microsoft Entra name the policy."
            ),
        ),
    ),
    "network_restricted": Message(
        N_("Your network does not allow this organization"),
        (
            N_(
                "The network or proxy through which you sign in lets you use only certain organizations at "
                "Microsoft (tenant restrictions)."
            ),
            N_("Have this organization allowed there, or start again from another network."),
        ),
    ),
    "not_assigned": Message(
        N_("This account is not assigned to Calliente"),
        (
            N_(
                "Your organization lets only assigned people use Calliente, and the account that you used is "
                "not among them."
            ),
            N_(
                "Start again with an account that is assigned, or assign this one in Microsoft Entra under "
                "Enterprise applications, Calliente, Users and groups."
            ),
        ),
    ),
    "organization_blocked": Message(
        N_("Microsoft has blocked this organization"),
        (
            N_(
                "Microsoft answers that it has blocked the organization, for example because it was not used "
                "for a long time."
            ),
            N_("Only Microsoft’s support can change that."),
        ),
    ),
    "other_cloud": Message(
        N_("This organization is in another cloud of Microsoft’s"),
        (
            N_(
                "What you opened works with one of Microsoft’s clouds. The organization is in another, such as "
                "those for the government of the United States or for China."
            ),
            N_("Ask support whether Calliente is offered there."),
        ),
    ),
    "our_mistake": Message(
        N_("This is our mistake"),
        (
            N_(
                "Microsoft refused a request because of how Calliente is set up. You have done nothing wrong, "
                "and we have been alerted."
            ),
            N_("Starting again at once does not help. Try later, or tell support the code below."),
        ),
    ),
    "partner_not_authorized": Message(
        N_("The customer has to consent first"),
        (
            N_(
                "You signed in as a partner’s delegated administrator. For that, Calliente has to be "
                "authorized in the customer’s organization, and it is not."
            ),
            N_(
                "Have an administrator of the customer connect the organization, or start again with such an "
                "account."
            ),
        ),
    ),
    "security_defaults": Message(
        N_("Security defaults block this sign-in"),
        (
            N_(
                "Your organization uses the security defaults of Microsoft Entra. They did not let this "
                "sign-in through."
            ),
            N_("Ask your IT department to look it up in the sign-in logs of Microsoft Entra."),
        ),
    ),
    "service_not_enabled": Message(
        N_("A service of Microsoft’s is missing in your organization"),
        (
            N_(
                "Calliente needs Microsoft Graph. This service, or the subscription that it belongs to, is "
                "missing or switched off in your organization."
            ),
            N_(
                "Ask your IT department to check Microsoft Graph in Microsoft Entra, and the subscriptions; "
                "then start again."
            ),
        ),
    ),
    "sign_in_again": Message(
        N_("Microsoft wants you to sign in once more"),
        (
            N_("The sign-in that your browser holds does not suffice."),
            N_("Start again and sign in. If that does not help, use a private window."),
        ),
    ),
    "sign_in_cancelled": Message(
        N_("The sign-in was cancelled"),
        (
            N_("It was ended on Microsoft’s page."),
            N_("If that was not your intention, start again."),
        ),
    ),
    "sign_in_failed": Message(
        N_("The sign-in did not succeed"),
        (
            N_(
                "Microsoft did not accept the account’s password or key, or it has to be changed first."
            ),
            N_("Start again and sign in. Where a change is needed, Microsoft’s page asks for it."),
        ),
    ),
    "unknown_organization": Message(
        N_("Microsoft does not know this organization"),
        (
            N_("Microsoft finds no organization under this tenant ID or domain."),
            N_("Check how it is spelt, or start again with a work account of your organization."),
        ),
    ),
    "unknown_refusal": Message(
        N_("Microsoft refused, for a reason that we do not know"),
        (
            N_(
                "If Microsoft gave a number, it stands below. Microsoft explains its numbers at "
                "login.microsoftonline.com/error."
            ),
            N_(
                "You can start again. If it happens again, tell support the code below and the time."
            ),
        ),
    ),
}
