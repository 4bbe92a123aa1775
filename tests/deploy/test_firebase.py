"""The two apps, each with a key that is good for that app and for what a phone calls."""

import pytest

from tests.deploy.stacks import LEFT_OUT, made, of

PHONE = {"identitytoolkit.googleapis.com", "securetoken.googleapis.com", "firestore.googleapis.com"}
CHECK = "firebaseappcheck.googleapis.com"


@pytest.mark.parametrize("platform", ["android", "ios"])
def test_a_key_is_bound_to_its_app(platform: str):
    """A key that is read out of an app is good for that app's calls only."""
    restrictions = of("projects.ApiKey")[platform].inputs["restrictions"]
    assert {one["service"] for one in restrictions["apiTargets"]} == PHONE
    bound = {key for key in restrictions if key != "apiTargets"}
    assert bound == {f"{platform}KeyRestrictions"}
    kind = {"android": "firebase.AndroidApp", "ios": "firebase.AppleApp"}[platform]
    assert of(kind)[platform].inputs["apiKeyId"] == f"key-{platform}"


def test_an_app_that_is_not_named_is_not_made():
    """A deployment can begin with one platform, or none."""
    none = dict.fromkeys(("ANDROID_PACKAGE", "ANDROID_SHA1", "ANDROID_SHA256"), LEFT_OUT)
    assert not of("firebase.AndroidApp", **none)
    assert set(of("projects.ApiKey", **none)) == {"ios"}


@pytest.mark.parametrize(("setting", "mode"), [("monitor", "UNENFORCED"), ("enforce", "ENFORCED")])
def test_app_check_is_what_the_setting_says(setting: str, mode: str):
    """The database follows; the keys may fetch App Check tokens; both apps can prove themselves.

    Sign-in is left out: enforcing it there takes Identity Platform.
    """
    services = of("firebase.AppCheckServiceConfig", APP_CHECK=setting)
    assert {one.inputs["enforcementMode"] for one in services.values()} == {mode}
    assert set(services) == {"firestore.googleapis.com"}
    assert of("firebase.AppCheckPlayIntegrityConfig", APP_CHECK=setting)
    assert of("firebase.AppCheckAppAttestConfig", APP_CHECK=setting)
    for key in of("projects.ApiKey", APP_CHECK=setting).values():
        targets = {one["service"] for one in key.inputs["restrictions"]["apiTargets"]}
        assert targets == {*PHONE, CHECK}


def test_app_check_is_off_by_default():
    """Nothing of it is there."""
    assert not [one.name for one in made() if "AppCheck" in one.kind]


def test_sign_in_is_not_upgraded_to_identity_platform():
    """It would bill each phone; no resource of it is declared."""
    assert not [one.name for one in made() if one.kind.startswith("identityplatform.")]
