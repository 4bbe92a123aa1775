"""Microsoft's error numbers, grouped by what a person can do about them.

The numbers are those of Microsoft identity platform, "Microsoft Entra authentication and authorization error codes",
and those of UNLISTED, each with its source. Numbers that no sign-in, consent or token of ours can get are in ELSEWHERE.
The meaning of a number in no group is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Group(StrEnum):
    """The groups of refusals."""

    SPREADING = "spreading"
    DECLINED = "declined"
    ADMINISTRATOR = "administrator"
    PROOF = "proof"
    AGAIN = "again"
    PASSWORD = "password"  # noqa: S105 - a group's name
    USED = "used"
    EXPIRED = "expired"
    DEVICE = "device"
    POLICY = "policy"
    SECURITY_DEFAULTS = "security_defaults"
    ASSIGNMENT = "assignment"
    NETWORK = "network"
    CROSS_TENANT = "cross_tenant"
    PARTNER = "partner"
    DISABLED = "disabled"
    SERVICE = "service"
    IDENTITY_PROVIDER = "identity_provider"
    ACCOUNT_BLOCKED = "account_blocked"
    ACCOUNT_UNKNOWN = "account_unknown"
    TENANT_UNKNOWN = "tenant_unknown"
    TENANT_BLOCKED = "tenant_blocked"
    OTHER_CLOUD = "other_cloud"
    CREDENTIAL = "credential"
    REGISTRATION = "registration"
    AWAY = "away"
    MICROSOFT = "microsoft"
    GRAPH = "graph"
    UNCLEAR = "unclear"
    UNKNOWN = "unknown"


NUMBERS: Mapping[Group, frozenset[int]] = {
    # No consent, no application, no service principal: right after a consent, not everywhere yet.
    Group.SPREADING: frozenset({65001, 650051, 70001, 700011, 700016, 7000229}),
    Group.DECLINED: frozenset({65004}),
    Group.ADMINISTRATOR: frozenset({90093, 90094, 90095, 900941}),
    # A second factor, its registration, terms of use, a fresher proof.
    Group.PROOF: frozenset(
        {50072, 50074, 50076, 50078, 50079, 50125, 50158, 53004, 53010, 70043, 700020}
    ),
    Group.AGAIN: frozenset(
        {16001, 16002, 50058, 50089, 50132, 50133, 50136, 50139, 50140, 50143, 50168, 50173}
        | {50192, 50197, 50199, 51005, 51006, 90007, 140000, 140001, 160021, 9002341}
    ),
    Group.PASSWORD: frozenset(
        {50055, 50056, 50064, 50085, 50126, 50135, 50144, 90013}
        | {120000, 120002, 120003, 120004, 120005, 120008, 120011, 120012, 120013, 120014}
        | {120015, 120016, 120018, 120020, 120021, 130004, 130005}
    ),
    Group.USED: frozenset({54005, 70000, 501481, 700005, 900561}),
    Group.EXPIRED: frozenset({70008, 700082, 700084}),
    Group.DEVICE: frozenset(
        {
            50005,
            50097,
            50127,
            50129,
            50155,
            50187,
            53000,
            53001,
            53002,
            53005,
            53009,
            130006,
            130007,
        }
        | {130008, 135010, 135011, 220450, 530003, 530033}
    ),
    Group.POLICY: frozenset({50131, 53003, 530004, 530031, 530032, 1000031}),
    Group.SECURITY_DEFAULTS: frozenset({530035}),
    Group.ASSIGNMENT: frozenset({50105}),
    Group.NETWORK: frozenset({50002, 500021, 500022}),
    Group.CROSS_TENANT: frozenset({500212, 500213}),
    Group.PARTNER: frozenset({90099}),
    Group.DISABLED: frozenset({7000112}),
    Group.SERVICE: frozenset({50001, 51000, 90085, 500011, 500014, 650052, 650054}),
    # The organization's own sign-in service, its agents, its certificates, its claims rules.
    Group.IDENTITY_PROVIDER: frozenset(
        {20001, 20012, 20033, 40008, 40009, 40010, 40015, 50008, 50017, 50099, 50107, 50120}
        | {50124, 50161, 50169, 50170, 50180, 80001, 80002, 80005, 80007, 80010, 80013, 80014}
        | {81004, 81005, 81006, 81007, 81009, 81010, 81011, 90020, 90022, 90081, 90082, 90086}
        | {90087, 90123, 220501, 501241, 501621, 5000819}
    ),
    Group.ACCOUNT_BLOCKED: frozenset({50015, 50053, 50057, 53011, 54000, 80012, 530034}),
    Group.ACCOUNT_UNKNOWN: frozenset(
        {16000, 16003, 50014, 50020, 50034, 50059, 50128, 50177, 50178, 51001, 51004, 81012}
        | {90019, 90072, 90084, 90101, 90125, 90126, 500208, 1000000, 1000002}
    ),
    Group.TENANT_UNKNOWN: frozenset({50029, 90002, 900023}),
    Group.TENANT_BLOCKED: frozenset({5000224, 5000225}),
    Group.OTHER_CLOUD: frozenset({90038, 90043, 90051, 900382, 900432, 1000104}),
    # Secret, certificate, assertion, federated credential.
    Group.CREDENTIAL: frozenset(
        {50012, 50013, 50027, 50048, 70002, 70021, 500133, 700021, 700023, 700024, 700025}
        | {700027, 700030, 700211, 700212, 700213, 700222, 700229, 900384}
        | {7000215, 7000216, 7000218, 7000222, 7002137, 7002138}
    ),
    # What our registration lacks, or our requests get wrong.
    Group.REGISTRATION: frozenset(
        {28000, 28002, 28003, 50003, 50006, 50010, 50011, 50042, 50043, 50050, 50146, 50147}
        | {50194, 50196, 65002, 65005, 67003, 70003, 70004, 70005, 70007, 70011, 90004, 90005}
        | {90008, 90009, 90010, 90014, 90015, 90016, 90023, 90027, 90056, 90100, 90102, 90107}
        | {90114, 90117, 90121, 90124, 90130, 100007, 165900, 240002, 501461, 501491, 650053}
        | {650056, 650057, 700022, 700054, 900144, 900971, 901002, 7000114, 9001023, 9002313}
        | {9002332}
    ),
    Group.AWAY: frozenset({50033, 50087, 50088, 50166, 70012, 90006, 90012, 90024, 90033, 90055})
    | {90090, 90091},
    Group.MICROSOFT: frozenset(
        {17003, 50000, 50007, 50032, 50049, 50086, 90036, 90092, 165004, 230109}
    ),
}
# What the list lacks, and where it was seen: Microsoft's own look-up, and public reports that quote Entra's answer.
_LOOK_UP = "https://login.microsoftonline.com/error"
UNLISTED: Mapping[int, str] = {
    28000: "Azure-Samples/active-directory-aspnetcore-webapp-openidconnect-v2 issue 271",
    53005: "microsoftconnect/ms-intune-app-sdk-android issue 206",
    53009: "microsoftconnect/Taskr-Sample-Intune-Android-App issue 40",
    70021: "Azure/azure-workload-identity issue 616",
    500014: "AzureAD/microsoft-authentication-library-for-dotnet issue 3150",
    530003: "AzureAD/microsoft-authentication-library-for-objc issue 1900",
    530004: _LOOK_UP,
    530031: _LOOK_UP,
    530033: "Azure/azure-cli issue 27919",
    650051: "Veeam, KB4871; Microsoft Q&A 2337285",
    650053: "MicrosoftDocs/azure-docs issue 67211",
    700021: _LOOK_UP,
    700024: "AzureAD/microsoft-authentication-library-for-dotnet issue 4951",
    700211: "Azure/azure-workload-identity issue 1200",
    700212: _LOOK_UP,
    700213: "Azure/login pull request 619",
    700222: _LOOK_UP,
    900023: "microsoft/Analysis-Services issue 194",
    900941: _LOOK_UP,
    5000224: "AzureAD/microsoft-authentication-library-for-dotnet issue 5251",
    5000225: "Azure/azure-cli issue 32031",
    7000216: "MicrosoftDocs/azure-docs issue 30777",
    7000229: "Azure/azure-sdk-for-net issue 46762",
    7002137: "microsoft/Agents issue 202",
    7002138: "Azure/login issue 517",
}
# SAML and WS-Federation requests, signing out, device code, LinkedIn, device registration and device-only tokens.
ELSEWHERE: frozenset[int] = frozenset(
    {50061, 50068, 50070, 50071, 50134, 52004, 70016, 70018, 70019, 75001, 75003, 75005, 75008}
    | {75011, 75016, 76021, 76026, 90119, 90120, 221000, 240001, 750054, 900236, 7500514, 7500529}
)
# "Error validating credentials": the older endpoint puts it before the number that says what is wrong.
UMBRELLA = 70002
BY_NUMBER: Mapping[int, Group] = {
    number: group for group, numbers in NUMBERS.items() for number in numbers
}
# Where no number is known. Source: Microsoft identity platform, "Handle errors and exceptions in MSAL.NET".
BY_SUBERROR: Mapping[str, Group] = {
    "basic_action": Group.PROOF,
    "additional_action": Group.PROOF,
    "consent_required": Group.SPREADING,
    "user_password_expired": Group.PASSWORD,
    "protection_policy_required": Group.DEVICE,
    "device_authentication_failed": Group.DEVICE,
}
# Where there is no number at all. Source: "OAuth 2.0 authorization code flow", error codes; the last four are ours.
BY_WORD: Mapping[str, Group] = {
    "access_denied": Group.DECLINED,
    "consent_required": Group.SPREADING,
    "unauthorized_client": Group.SPREADING,
    "invalid_client": Group.CREDENTIAL,
    "invalid_grant": Group.USED,
    "invalid_resource": Group.SERVICE,
    "invalid_tenant": Group.TENANT_UNKNOWN,
    "interaction_required": Group.PROOF,
    "login_required": Group.AGAIN,
    "server_error": Group.AWAY,
    "temporarily_unavailable": Group.AWAY,
    "graph_refused": Group.GRAPH,
    "graph_no_organization": Group.GRAPH,
    "protocol": Group.UNCLEAR,
    "incomplete_answer": Group.UNCLEAR,
}
