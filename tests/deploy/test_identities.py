"""Each identity may do what its function does, and nothing else is granted to anybody."""

import pytest

from tests.deploy.stacks import PROJECT, made, of, walk

READ, LIST, CREATE, UPDATE, DELETE = (
    f"datastore.entities.{verb}" for verb in ("get", "list", "create", "update", "delete")
)
TRANSACTION = "datastore.databases.get"
USERS, DELETE_USERS = "firebaseauth.users.get", "firebaseauth.users.delete"
CALLS = {  # what each function's code asks of Google
    "heartbeat": {UPDATE},
    "device_registration": {TRANSACTION, READ, LIST, CREATE, DELETE, DELETE_USERS},
    "onboarding": {TRANSACTION, READ, CREATE, UPDATE},
    "admin_portal": {TRANSACTION, READ, LIST, CREATE, UPDATE, USERS},
    "tenant_purge": {TRANSACTION, READ, LIST, CREATE, UPDATE, DELETE, USERS, DELETE_USERS},
    "signing": {"iam.serviceAccounts.signBlob"},
}


def account(name: str) -> str:
    return f"serviceAccount:{name}@{PROJECT}.iam.gserviceaccount.com"


def role(name: str) -> str:
    return f"projects/{PROJECT}/roles/calliente_{name}"


AGENT = "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
SECRETS = {  # federated: there is no credential for Entra
    "onboarding": {"onboarding-session-keys"},
    "admin-portal": {"portal-session-keys", "audit-signing-key"},
    "tenant-purge": {"receipt-signing-key", "receipt-fingerprint-key"},
}
GRANTS = {  # (who, what, on what): all there are
    *{
        (account(f"fn-{name.replace('_', '-')}"), role(name), "the project")
        for name in CALLS
        if name != "signing"
    },
    (account("fn-device-registration"), role("signing"), account("fn-device-registration")),
    (account("calliente-builder"), "roles/run.builder", "the project"),
    (account("calliente-trigger"), "roles/run.invoker", "tenant-purge"),
    (AGENT, "roles/pubsub.publisher", "calliente-purge-dead"),
    (AGENT, "roles/pubsub.subscriber", "calliente-purge"),
    *{
        (account(f"fn-{name}"), "roles/secretmanager.secretAccessor", f"calliente-{secret}")
        for name, secrets in SECRETS.items()
        for secret in secrets
    },
}
KINDS = {  # kind of a grant: the input that says on what
    "projects.IAMMember": "",
    "serviceaccount.IAMMember": "serviceAccountId",
    "cloudrunv2.ServiceIamMember": "name",
    "pubsub.TopicIAMMember": "topic",
    "pubsub.SubscriptionIAMMember": "subscription",
    "secretmanager.SecretIamMember": "secretId",
}


def grants(**changes: object) -> set[tuple[str, str, str]]:
    found = set()
    for one in made(**changes):
        if one.kind in KINDS:
            on = one.inputs[KINDS[one.kind]] if KINDS[one.kind] else "the project"
            on = on.replace(f"projects/{PROJECT}/serviceAccounts/", "serviceAccount:")
            found.add((one.inputs["member"], one.inputs["role"], on))
    return found


def test_these_are_all_grants():
    """Whoever is taken over can do what is listed here; a wider role, or one for others, is a change of this list."""
    assert grants() == GRANTS


def test_no_other_resource_gives_rights():
    """Policies and bindings would overwrite what others have been given; there is none."""
    giving = {one.kind for one in made() if "IAM" in one.kind.upper() and one.kind not in KINDS}
    assert giving == {"projects.IAMCustomRole"}


@pytest.mark.parametrize("name", CALLS)
def test_a_role_holds_just_the_calls_of_its_function(name: str):
    """No permission is there for later."""
    held = of("projects.IAMCustomRole")[f"calliente_{name}"].inputs["permissions"]
    assert set(held) == CALLS[name]
    assert len(held) == len(CALLS[name])


def test_no_role_of_googles_reaches_the_data():
    """roles/datastore.user, owner, editor and their like are never granted to an identity of ours."""
    wide = {what for _, what, _ in grants() if what.startswith("roles/")}
    assert wide == {
        *("roles/run.builder", "roles/run.invoker", "roles/secretmanager.secretAccessor"),
        *("roles/pubsub.publisher", "roles/pubsub.subscriber"),
    }


def test_each_function_runs_as_itself():
    """No two share an identity, and none runs as the project's default account."""
    running = {
        name: one.inputs["template"]["serviceAccount"]
        for name, one in of("cloudrunv2.Service").items()
    }
    assert running == {
        name: account(f"fn-{name}").removeprefix("serviceAccount:") for name in running
    }
    assert len(running) == 5


def test_no_key_of_a_service_account_is_made():
    """Identities are used where they are; no key leaves Google."""
    assert not [one for one in made() if one.kind == "serviceaccount.Key"]
    assert not [
        value for one in made() for key, value in walk(dict(one.inputs)) if key == "privateKey"
    ]
