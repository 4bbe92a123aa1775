"""The Firebase project, the two apps with keys of their own, and App Check.

An API key of Firebase is not a secret: it names the project. Each key is bound to its app and to the APIs of a phone.
Sources: Firebase, "Learn about using and managing API keys", "Enable App Check enforcement"; App Check REST reference,
projects.services.
"""

from __future__ import annotations

import pulumi_gcp as gcp

from deploy.infrastructure.cloud import Cloud

PHONE_APIS = ("identitytoolkit", "securetoken", "firestore")
ENFORCEMENT = {"monitor": "UNENFORCED", "enforce": "ENFORCED"}
# Not sign-in: that can be enforced only with Identity Platform, which bills each phone.
CHECKED = ("firestore.googleapis.com",)


def make(cloud: Cloud) -> gcp.firebase.Project:
    project = gcp.firebase.Project("firebase", project=cloud.project, opts=cloud.opts(protect=True))
    stack = cloud.config.stack
    if stack.android_package:
        _android(cloud, project)
    if stack.ios_bundle_id:
        _apple(cloud, project)
    for service in CHECKED if stack.app_check in ENFORCEMENT else ():
        gcp.firebase.AppCheckServiceConfig(
            service,
            project=cloud.project,
            service_id=service,
            enforcement_mode=ENFORCEMENT[stack.app_check],
            opts=cloud.opts(project),
        )
    return project


def _targets(cloud: Cloud) -> list[gcp.projects.ApiKeyRestrictionsApiTargetArgs]:
    checked = ("firebaseappcheck",) if cloud.config.stack.app_check in ENFORCEMENT else ()
    return [
        gcp.projects.ApiKeyRestrictionsApiTargetArgs(service=f"{api}.googleapis.com")
        for api in (*PHONE_APIS, *checked)
    ]


def _android(cloud: Cloud, project: gcp.firebase.Project) -> None:
    stack = cloud.config.stack
    key = gcp.projects.ApiKey(
        "android",
        project=cloud.project,
        name="calliente-android",
        display_name="Calliente for Android",
        restrictions=gcp.projects.ApiKeyRestrictionsArgs(
            android_key_restrictions=gcp.projects.ApiKeyRestrictionsAndroidKeyRestrictionsArgs(
                allowed_applications=[
                    gcp.projects.ApiKeyRestrictionsAndroidKeyRestrictionsAllowedApplicationArgs(
                        package_name=stack.android_package, sha1_fingerprint=stack.android_sha1
                    )
                ]
            ),
            api_targets=_targets(cloud),
        ),
        opts=cloud.opts(),
    )
    app = gcp.firebase.AndroidApp(
        "android",
        project=cloud.project,
        display_name="Calliente",
        package_name=stack.android_package,
        sha1_hashes=[stack.android_sha1.replace(":", "").lower()],
        sha256_hashes=[stack.android_sha256.replace(":", "").lower()],
        api_key_id=key.uid,
        deletion_policy="ABANDON",
        opts=cloud.opts(project, key),
    )
    if stack.app_check in ENFORCEMENT:
        gcp.firebase.AppCheckPlayIntegrityConfig(
            "android",
            project=cloud.project,
            app_id=app.app_id,
            token_ttl="3600s",  # noqa: S106  # a duration
            opts=cloud.opts(app),
        )


def _apple(cloud: Cloud, project: gcp.firebase.Project) -> None:
    stack = cloud.config.stack
    key = gcp.projects.ApiKey(
        "ios",
        project=cloud.project,
        name="calliente-ios",
        display_name="Calliente for iOS",
        restrictions=gcp.projects.ApiKeyRestrictionsArgs(
            ios_key_restrictions=gcp.projects.ApiKeyRestrictionsIosKeyRestrictionsArgs(
                allowed_bundle_ids=[stack.ios_bundle_id]
            ),
            api_targets=_targets(cloud),
        ),
        opts=cloud.opts(),
    )
    app = gcp.firebase.AppleApp(
        "ios",
        project=cloud.project,
        display_name="Calliente",
        bundle_id=stack.ios_bundle_id,
        team_id=stack.ios_team_id,
        api_key_id=key.uid,
        deletion_policy="ABANDON",
        opts=cloud.opts(project, key),
    )
    if stack.app_check in ENFORCEMENT:
        gcp.firebase.AppCheckAppAttestConfig(
            "ios",
            project=cloud.project,
            app_id=app.app_id,
            token_ttl="3600s",  # noqa: S106  # a duration
            opts=cloud.opts(app),
        )
